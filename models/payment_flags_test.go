package models_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

func payment(panelID, id int64, user, memo, amount string, at time.Time) models.Payment {
	return models.Payment{Key: models.Key{PanelID: panelID, ID: id}, UserName: user, Memo: memo, Amount: modelstest.Amount(amount), Currency: "USD",
		Method: "card", Status: "completed", CreatedAt: at, Mirrored: models.Mirrored{Raw: fmt.Appendf(nil, `{"id":%d}`, id)}}
}

// ledger has two panels. The first has thirty payments of usual amounts. The viewer narrow sees only that panel, and no
// money.
type ledger struct {
	*archive
	a, b   int64
	at     time.Time
	narrow models.Viewer
}

func newLedger(t testing.TB) *ledger {
	t.Helper()
	l := &ledger{archive: newArchive(t), at: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	l.a, l.b = l.panel.ID, modelstest.Panel(t, l.db, l.owner, "Beta", "https://beta.example").ID
	l.owner = modelstest.Viewer(t, l.db, "owner")
	l.narrow = l.owner
	l.narrow.Role, l.narrow.Taken, l.narrow.Panels = models.RoleAgent, []models.Permission{models.PermSeeMoney}, l.owner.Panels[:1]
	for id := int64(1); id <= 30; id++ {
		l.put(l.a, payment(l.a, id, fmt.Sprint("user", id), "thank you, 5% bonus", "10", l.at.Add(-time.Duration(id)*time.Hour)))
	}
	return l
}

func (l *ledger) put(panelID int64, payments ...models.Payment) {
	l.Helper()
	if _, err := l.db.PutPayments(l.Context(), panelID, payments, modelstest.Now(l)); err != nil {
		l.Fatal(err)
	}
}

// customer adds a customer to the first panel.
func (l *ledger) customer(id int64, name string, created time.Time) {
	l.Helper()
	u := models.User{Key: models.Key{PanelID: l.a, ID: id}, Username: name, CreatedAt: created, Mirrored: models.Mirrored{Raw: []byte("{}")}}
	if _, err := l.db.PutUsers(l.Context(), l.a, []models.User{u}, modelstest.Now(l)); err != nil {
		l.Fatal(err)
	}
}

func TestAPaymentSaysWhatIsUnusualAboutIt(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	l.put(l.a, payment(l.a, 100, "anna", "TX-829144", "30", l.at), payment(l.a, 101, "old", "thank you", "30", l.at), payment(l.a, 102, "anna2", "", "29", l.at))
	l.put(l.b, payment(l.b, 7, "carl", "TX-829144", "10", l.at))
	for id := int64(200); id < 205; id++ {
		l.put(l.a, payment(l.a, id, "hasty", "", "10", l.at.Add(time.Duration(id)*time.Minute)))
	}
	l.customer(1, "anna", l.at.Add(-time.Hour))
	l.customer(2, "anna2", l.at.Add(-time.Hour))
	l.customer(3, "old", l.at.AddDate(-1, 0, 0))
	flags := func(v models.Viewer, id int64) string {
		t.Helper()
		p, err := l.db.Payment(t.Context(), v, models.Key{PanelID: l.a, ID: id})
		if err != nil {
			t.Fatal(err)
		}
		f, err := l.db.PaymentFlags(t.Context(), v, p)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("%d same, large %t, %d tries", len(f.SameMemo), f.LargeFirst, f.Tries)
	}
	for id, want := range map[int64]string{
		100: "1 same, large true, 0 tries", 101: "0 same, large false, 0 tries", 102: "0 same, large false, 0 tries",
		203: "0 same, large false, 0 tries", 204: "0 same, large false, 5 tries",
	} {
		if got := flags(l.owner, id); got != want {
			t.Errorf("%d: got %s, want %s", id, got, want)
		}
	}
	if got := flags(l.narrow, 100); got != "0 same, large false, 0 tries" {
		t.Errorf("who sees neither the other panel nor money is told %s", got)
	}
}

func TestTheSameReferenceIsFlaggedOnBothHoweverItIsWritten(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	l.put(l.a, payment(l.a, 100, "anna", "ABCD-112233", "30", l.at), payment(l.a, 101, "bert", "PAY 445566", "10", l.at))
	l.put(l.b, payment(l.b, 7, "carl", "abcd-112233", "10", l.at), payment(l.b, 8, "dora", "PAY 445566 ", "10", l.at))
	page, err := l.db.Payments(t.Context(), l.owner, parse(t, models.PaymentList, "review=same_reference"))
	if err != nil || len(page.Rows) != 4 {
		t.Errorf("got %d payments (%v), want both pairs", len(page.Rows), err)
	}
}

func TestPaymentsAreFoundByWhatIsUnusualAboutThem(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	l.put(l.a, payment(l.a, 100, "anna", "TX-829144", "30", l.at))
	l.put(l.b, payment(l.b, 7, "carl", "TX-829144", "10", l.at))
	for id := int64(205); id > 200; id-- { // in the order of a backfill, the latest first
		l.put(l.a, payment(l.a, id, "hasty", "", "10", l.at.Add(time.Duration(id)*time.Minute)))
	}
	l.customer(1, "anna", l.at.Add(-time.Hour)) // after the payment
	find := func(v models.Viewer, query string) string {
		t.Helper()
		page, err := l.db.Payments(t.Context(), v, parse(t, models.PaymentList, query))
		if err != nil {
			t.Fatal(err)
		}
		var words []string
		for _, p := range page.Rows {
			words = append(words, fmt.Sprintf("%d%v", p.ID, p.Reviews))
		}
		return strings.Join(words, " ")
	}
	for query, want := range map[string]string{
		"review=same_reference":                            "7[same_reference] 100[same_reference large_first_payment]",
		"review=large_first_payment":                       "100[same_reference large_first_payment]",
		"review=many_tries":                                "205[many_tries]",
		"review=many_tries&review=same_reference&sort=-id": "205[many_tries] 100[same_reference large_first_payment] 7[same_reference]",
	} {
		if got := find(l.owner, query); got != want {
			t.Errorf("%s: got %s, want %s", query, got, want)
		}
	}
	if got := find(l.narrow, "review=same_reference&review=large_first_payment"); got != "" {
		t.Errorf("who sees neither the other panel nor money finds %s", got)
	}
	if got := parse(t, models.PaymentList, "review=nonsense").Notices; len(got) == 0 {
		t.Error("a review that there is not is taken for one")
	}
	f, _ := models.PaymentList.Filter("review")
	options, err := l.db.Options(t.Context(), l.owner, models.PaymentList, parse(t, models.PaymentList, ""), f, "")
	if err != nil || len(options) != 3 || options[0].Count != 2 || options[2].Count != 1 {
		t.Errorf("got %+v (%v)", options, err)
	}
	l.put(l.a, payment(l.a, 99, "anna", "", "1", l.at.AddDate(0, 0, -1))) // an earlier one arrives later
	if got := find(l.owner, "review=large_first_payment"); got != "" {
		t.Errorf("got %s, though it was not the first", got)
	}
}
