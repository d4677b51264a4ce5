package handlers

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

func TestAnOrderShowsTheTicketsThatNameIt(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 12)
	now := modelstest.Now(t).Truncate(time.Second)
	for id, words := range map[int64]string{1: "please refill order 12, thanks", 2: "orders 112 and 120", 3: "<div><b>Order ID</b>: 12</div>"} {
		ticket := models.Ticket{Key: models.Key{PanelID: panel.ID, ID: id}, UserName: "anna", Subject: fmt.Sprint("Ticket ", id), Status: "pending",
			CreatedAt: now, UpdatedAt: now, Mirrored: models.Mirrored{Raw: []byte("{}")}}
		if _, err := s.db.PutTickets(t.Context(), panel.ID, []models.Ticket{ticket}, now); err != nil {
			t.Fatal(err)
		}
		message := models.TicketMessage{PanelID: panel.ID, TicketID: id, Sender: "anna", Body: words, CreatedAt: now}
		if _, err := s.db.PutTicket(t.Context(), ticket, []models.TicketMessage{message}, now); err != nil {
			t.Fatal(err)
		}
	}
	link := func(id int) string { return fmt.Sprintf(`<a href="/tickets/%d/%d">`, panel.ID, id) }
	page := s.get(fmt.Sprintf("/orders/%d/12", panel.ID))
	page.expect(t, 200, "Tickets about this order", link(1), link(3))
	if strings.Contains(page.Body, link(2)) {
		t.Error("orders 112 and 120 are taken for order 12")
	}
}

func TestAPaymentSaysInWordsWhyItDeservesALook(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 0)
	var payments []models.Payment
	for id := int64(1); id <= 5; id++ {
		payments = append(payments, models.Payment{Key: models.Key{PanelID: panel.ID, ID: id}, UserName: "anna", Memo: "TX-829144", Amount: decimal.NewNullDecimal(decimal.NewFromInt(5)),
			Currency: "USD", Status: "completed", CreatedAt: modelstest.Now(t), Mirrored: models.Mirrored{Raw: []byte("{}")}})
	}
	if _, err := s.db.PutPayments(t.Context(), panel.ID, payments, modelstest.Now(t)); err != nil {
		t.Fatal(err)
	}
	s.get(fmt.Sprintf("/payments/%d/5", panel.ID)).expect(t, 200, "Same reference as 4 other payments", "5 tries within an hour", fmt.Sprintf(`<a href="/payments/%d/1">`, panel.ID))
}
