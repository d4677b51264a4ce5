package models_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

func payment(panelID, id int64, user, memo, amount string, at time.Time) models.Payment {
	return models.Payment{Key: models.Key{PanelID: panelID, ID: id}, UserName: user, Memo: memo, Amount: decimal.RequireFromString(amount), Currency: "USD",
		Method: "card", Status: "completed", CreatedAt: at, Mirrored: models.Mirrored{Raw: fmt.Appendf(nil, `{"id":%d}`, id)}}
}

func TestAPaymentSaysWhatIsUnusualAboutIt(t *testing.T) {
	db := modelstest.New(t)
	owner := modelstest.Owner(t, db)
	a := modelstest.Panel(t, db, owner, "Alpha", "https://alpha.example").ID
	b := modelstest.Panel(t, db, owner, "Beta", "https://beta.example").ID
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	put := func(panelID int64, payments ...models.Payment) {
		t.Helper()
		if _, err := db.PutPayments(t.Context(), panelID, payments, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	for id := int64(1); id <= 30; id++ { // what is usual
		put(a, payment(a, id, fmt.Sprint("user", id), "thank you, 5% bonus", "10", at.Add(-time.Duration(id)*time.Hour)))
	}
	put(a, payment(a, 100, "anna", "TX-829144", "30", at), payment(a, 101, "old", "thank you", "30", at), payment(a, 102, "anna2", "", "29", at))
	put(b, payment(b, 7, "carl", "TX-829144", "10", at))
	for id := int64(200); id < 205; id++ {
		put(a, payment(a, id, "hasty", "", "10", at.Add(time.Duration(id)*time.Minute)))
	}
	for i, name := range []string{"anna", "anna2", "old"} {
		u := models.User{Key: models.Key{PanelID: a, ID: int64(i + 1)}, Username: name, CreatedAt: at.Add(-time.Hour), Mirrored: models.Mirrored{Raw: []byte("{}")}}
		if name == "old" {
			u.CreatedAt = at.AddDate(-1, 0, 0)
		}
		if _, err := db.PutUsers(t.Context(), a, []models.User{u}, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	viewer := modelstest.Viewer(t, db, "owner")
	flags := func(v models.Viewer, id int64) string {
		t.Helper()
		p, err := db.Payment(t.Context(), v, models.Key{PanelID: a, ID: id})
		if err != nil {
			t.Fatal(err)
		}
		f, err := db.PaymentFlags(t.Context(), v, p)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("%d same, large %t, %d tries", len(f.SameMemo), f.LargeFirst, f.Tries)
	}
	for id, want := range map[int64]string{
		100: "1 same, large true, 0 tries", 101: "0 same, large false, 0 tries", 102: "0 same, large false, 0 tries",
		203: "0 same, large false, 0 tries", 204: "0 same, large false, 5 tries",
	} {
		if got := flags(viewer, id); got != want {
			t.Errorf("%d: got %s, want %s", id, got, want)
		}
	}
	narrow := viewer
	narrow.Role, narrow.Taken, narrow.Panels = models.RoleAgent, []models.Permission{models.PermSeeMoney}, viewer.Panels[:1]
	if got := flags(narrow, 100); got != "0 same, large false, 0 tries" {
		t.Errorf("who sees neither the other panel nor money is told %s", got)
	}
}

func TestPaymentsAreFoundByWhatIsUnusualAboutThem(t *testing.T) {
	db := modelstest.New(t)
	owner := modelstest.Owner(t, db)
	a := modelstest.Panel(t, db, owner, "Alpha", "https://alpha.example").ID
	b := modelstest.Panel(t, db, owner, "Beta", "https://beta.example").ID
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	put := func(panelID int64, payments ...models.Payment) {
		t.Helper()
		if _, err := db.PutPayments(t.Context(), panelID, payments, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	for id := int64(1); id <= 30; id++ { // what is usual
		put(a, payment(a, id, fmt.Sprint("user", id), "thank you, 5% bonus", "10", at.Add(-time.Duration(id)*time.Hour)))
	}
	put(a, payment(a, 100, "anna", "TX-829144", "30", at))
	put(b, payment(b, 7, "carl", "TX-829144", "10", at))
	for id := int64(205); id > 200; id-- { // as a backfill reads them, the latest first
		put(a, payment(a, id, "hasty", "", "10", at.Add(time.Duration(id)*time.Minute)))
	}
	u := models.User{Key: models.Key{PanelID: a, ID: 1}, Username: "anna", CreatedAt: at.Add(-time.Hour), Mirrored: models.Mirrored{Raw: []byte("{}")}}
	if _, err := db.PutUsers(t.Context(), a, []models.User{u}, time.Now()); err != nil { // the customer comes after the payment
		t.Fatal(err)
	}
	viewer := modelstest.Viewer(t, db, "owner")
	narrow := viewer
	narrow.Role, narrow.Taken, narrow.Panels = models.RoleAgent, []models.Permission{models.PermSeeMoney}, viewer.Panels[:1]
	find := func(v models.Viewer, query string) string {
		t.Helper()
		page, err := db.Payments(t.Context(), v, parse(t, models.PaymentList, query))
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
		if got := find(viewer, query); got != want {
			t.Errorf("%s: got %s, want %s", query, got, want)
		}
	}
	if got := find(narrow, "review=same_reference&review=large_first_payment"); got != "" {
		t.Errorf("who sees neither the other panel nor money finds %s", got)
	}
	if got := parse(t, models.PaymentList, "review=nonsense").Notices; len(got) == 0 {
		t.Error("a review that there is not is taken for one")
	}
	f, _ := models.PaymentList.Filter("review")
	options, err := db.Options(t.Context(), viewer, models.PaymentList, parse(t, models.PaymentList, ""), f, "")
	if err != nil || len(options) != 3 || options[0].Count != 2 || options[2].Count != 1 {
		t.Errorf("got %+v (%v)", options, err)
	}
	put(a, payment(a, 99, "anna", "", "1", at.AddDate(0, 0, -1))) // an earlier one after all
	if got := find(viewer, "review=large_first_payment"); got != "" {
		t.Errorf("got %s, though it was not the first", got)
	}
}
