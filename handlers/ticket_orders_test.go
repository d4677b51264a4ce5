package handlers

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

func TestNumbersThatMayBeOrdersAreFoundInWhatCustomersWrite(t *testing.T) {
	t.Parallel()
	numbers := orderNumbers{low: 1200, high: 98000}
	for text, want := range map[string][]int64{
		"please refill 550039":                                 {550039},
		"orders 550039,550040 and #550041.":                    {550039, 550040, 550041},
		"550039\n550040\n550039":                               {550039, 550040},
		"my order 1300 and 999 of 120000000000":                {1300},
		"quantity 100 for 12":                                  nil,
		"https://insta.example/p/5500391 and insta/5500391":    nil,
		"pid=550039 a550039 550039b @550039":                   nil,
		"I paid $550039 or 550039.50 or 550039%":               nil,
		"Заказ 550039, طلب 550040!":                            {550039, 550040},
		"0550039":                                              nil,
		"<a href=x>550039</a> <b>550040</b><script>1</script>": {550040},
	} {
		got := idsIn(numbers.in(models.Ticket{}, []models.TicketMessage{{Body: text}}, numbersIn))
		if !slices.Equal(got, want) {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
	form := `<div><b>Payments - PayPal</b></div><div><b>%s</b>: 550039</div><hr>where is 550040`
	for label, want := range map[string][]int64{"Transaction ID": {550040}, "Payment ID": {550040}, "Order ID": {550039, 550040}} {
		if got := idsIn(numbers.in(models.Ticket{}, []models.TicketMessage{{Body: fmt.Sprintf(form, label)}}, numbersIn)); !slices.Equal(got, want) {
			t.Errorf("asked for as %s: got %v, want %v", label, got, want)
		}
	}
	var many strings.Builder
	for i := range 200 {
		fmt.Fprintf(&many, "%d\n", 600000+i)
	}
	if got := numbers.in(models.Ticket{Subject: "599999"}, []models.TicketMessage{{Body: many.String()}}, numbersIn); len(got) != mostNamed || got[0].id != 599999 {
		t.Errorf("of a list of 200: got %d, want %d", len(got), mostNamed)
	}
}

// idsIn returns only the numbers.
func idsIn(numbers namedNumbers) (ids []int64) {
	for _, n := range numbers {
		ids = append(ids, n.id)
	}
	return ids
}

func TestTheNumbersOfTicketsAreReadAsTheirCustomersMeanThem(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 0)
	var orders []models.Order
	for id := int64(101401); id <= 101403; id++ {
		orders = append(orders, modelsOrder(panel.ID, id))
	}
	s.putOrders(panel.ID, orders...)
	for message, want := range map[string][]int64{
		"101403/101402/101401": {101403, 101402, 101401}, "Order ID101403": {101403}, "id101403 not done": {101403}, "101403+101402": {101403, 101402},
		"101403.101402": {101403, 101402}, "I paid 101403 TL": nil, "I paid 101403$": nil,
	} {
		s.talk(panel, "pending", models.TicketMessage{Sender: "anna", Body: message})
		page := s.get(fmt.Sprintf("/tickets/%d/7", panel.ID))
		for _, o := range orders {
			chip := fmt.Sprintf(`badge-moving" href="/orders/%d/%d"`, panel.ID, o.ID)
			if is := strings.Contains(page.Body, chip); is != slices.Contains(want, o.ID) {
				t.Errorf("%q: %d is a chip: %v", message, o.ID, is)
			}
		}
	}
}

func TestAFormsHeaderIsTakenOffAndNothingElse(t *testing.T) {
	t.Parallel()
	header, rest, ok := cutHeader(`<div><b>Orders - Refill</b></div><div><b>Order ID</b>: 550039, &lt;b&gt;</div><hr>please <i>refill</i>`)
	if !ok || header.Title != "Orders - Refill" || len(header.Facts) != 1 || header.Facts[0] != (headerFact{"Order ID", "550039, <b>"}) || rest != "please <i>refill</i>" {
		t.Errorf("got %+v, %q, %v", header, rest, ok)
	}
	for _, body := range []string{"", "please", "<div><b>Bold</b> words</div><hr>x", "<div><b>Title</b></div>no rule", "<div><b>T</b></div><p>x</p><hr>y",
		"<div><b></b></div><hr>x", "<div><b>T</b></div><div><b>U</b></div><hr>x", "<div><b>T</b></div>" + strings.Repeat("<div><b>a</b>: b</div>", 20) + "<hr>x"} {
		if _, rest, ok := cutHeader(body); ok || rest != body {
			t.Errorf("%q was taken for a header", body)
		}
	}
}

func TestNoHeaderOrChipLetsACustomersCodeThrough(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 12)
	hostile := `<img src=x onerror=alert(1)>`
	s.talk(panel, "pending", models.TicketMessage{Sender: hostile,
		Body: `<div><b>` + hostile + `T</b></div><div><b>Order ID</b>: 12 ` + hostile + `</div><hr><a class="order-ref" data-order="1-1" href="/logout">550039</a> ` + hostile})
	page := s.get(fmt.Sprintf("/tickets/%d/7", panel.ID))
	page.expect(t, 200, `<dt>Category</dt><dd>T</dd>`)
	for _, bad := range []string{"<img", `href="/logout">550039`, `data-order="1-1"`} {
		if strings.Contains(page.Body, bad) {
			t.Errorf("the page holds %q", bad)
		}
	}
}

// talk puts anna's ticket 7 on the panel, with these messages.
func (s *site) talk(panel models.Panel, status string, messages ...models.TicketMessage) {
	s.t.Helper()
	now := modelstest.Now(s.t).Truncate(time.Second)
	ticket := models.Ticket{Key: models.Key{PanelID: panel.ID, ID: 7}, UserName: "anna", Subject: "Orders - Refill", Status: status, CreatedAt: now, UpdatedAt: now,
		Mirrored: models.Mirrored{Raw: []byte(`{"status":"` + status + `"}`)}}
	if _, err := s.db.PutTickets(s.t.Context(), panel.ID, []models.Ticket{ticket}, now); err != nil {
		s.t.Fatal(err)
	}
	for i := range messages {
		messages[i].PanelID, messages[i].TicketID, messages[i].Position = panel.ID, 7, i
		if messages[i].CreatedAt.IsZero() {
			messages[i].CreatedAt = now
		}
	}
	if _, err := s.db.PutTicket(s.t.Context(), ticket, messages, modelstest.Now(s.t)); err != nil {
		s.t.Fatal(err)
	}
}

func TestATicketShowsItsOrdersWithTheirStateAndWhoseTheyAre(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 0)
	order := func(id int64, user string) models.Order {
		o := modelsOrder(panel.ID, id)
		o.UserName = user
		return o
	}
	s.putOrders(panel.ID, order(550039, "anna"), order(550040, "bob"), order(550042, "bob"))
	s.talk(panel, "pending", models.TicketMessage{Sender: "anna", Body: "refill 550039 and order 550040, also 550041 or 550042"})
	page := s.get(fmt.Sprintf("/tickets/%d/7", panel.ID))
	page.expect(t, 200, `class="order-ref badge badge-moving" href="/orders/`, "belongs to bob", "Asking the panel for order 550041")
	if strings.Contains(page.Body, fmt.Sprintf("/orders/%d/550042", panel.ID)) {
		t.Error("a bare number that is somebody else's order became a chip")
	}
	card := s.get(fmt.Sprintf("/tickets/%d/7/orders/550039", panel.ID))
	card.expect(t, 200, "Reply with status", "Order 550039: in progress, start count 1,200, remains 400 of 1,000.")
	theirs := s.get(fmt.Sprintf("/tickets/%d/7/orders/550040", panel.ID))
	theirs.expect(t, 200, "Do not tell them about it")
	if strings.Contains(theirs.Body, "Reply with status") {
		t.Error("somebody else's order can be put into the reply")
	}
}
