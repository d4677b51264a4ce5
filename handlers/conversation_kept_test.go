package handlers

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

func TestAMessageThatWasWrittenBeforeShowsWhatIsSoNow(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 0)
	path := fmt.Sprintf("/tickets/%d/7", panel.ID)
	order := modelsOrder(panel.ID, 550039)
	said := models.TicketMessage{Sender: "anna", Body: "refill order 550039", CreatedAt: modelstest.Now(t).Truncate(time.Second).Add(-time.Minute)}
	s.talk(panel, "pending", said)
	s.get(path).expect(t, 200, "refill order 550039</div>")

	s.putOrders(panel.ID, order)
	s.get(path).expect(t, 200, `data-order="1-550039" title="In progress">550039</a>`)
	order.Status, order.Raw = "completed", []byte(`{"status":"completed"}`)
	s.putOrders(panel.ID, order)
	s.get(path).expect(t, 200, `data-order="1-550039" title="Completed">550039</a>`)
	order.UserName, order.Raw = "bob", []byte(`{"user":"bob"}`)
	s.putOrders(panel.ID, order)
	s.get(path).expect(t, 200, `title="Completed, belongs to bob">550039</a>`)

	said.Body = "cancel order 550039"
	s.talk(panel, "pending", said)
	page := s.get(path)
	page.expect(t, 200, `cancel order <a class="order-ref`)
	if strings.Contains(page.Body, "refill order <a") {
		t.Error("a message that the panel has changed is still there")
	}
}

func TestAMessageThatWasWrittenForOneIsShownToAnotherInTheirZone(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 0)
	path := fmt.Sprintf("/tickets/%d/7", panel.ID)
	at := modelstest.Now(t).UTC().Truncate(time.Second)
	s.talk(panel, "pending", models.TicketMessage{Sender: "anna", Body: "hello", CreatedAt: at})
	shownIn := func(zone string) {
		t.Helper()
		page := s.get(path)
		page.expect(t, 200)
		_, after, _ := strings.Cut(page.Body, `id="tickets-message-0"`)
		message, _, _ := strings.Cut(after, "</section>")
		in, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		if want := at.In(in).Format(" 15:04:05 "); !strings.Contains(message, want) {
			t.Errorf("in %s the message does not hold %q: %s", zone, want, message)
		}
	}
	shownIn("UTC")
	modelstest.Staff(t, s.db, "ayse", models.RoleAgent, true)
	s.as("ayse")
	s.post("/account/time-zone", url.Values{"time_zone": {"Europe/Istanbul"}}).expect(t, 303)
	shownIn("Europe/Istanbul")
	s.as("owner")
	shownIn("UTC")
}
