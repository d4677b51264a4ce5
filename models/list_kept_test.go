package models_test

import (
	"testing"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

func TestRowsThatAreKeptAreNotReadAgain(t *testing.T) {
	t.Parallel()
	db := modelstest.New(t)
	owner := modelstest.Owner(t, db)
	ours := modelstest.Panel(t, db, owner, "Alpha", "https://alpha.example")
	theirs := modelstest.Panel(t, db, owner, "Beta", "https://beta.example")
	for id := int64(1); id <= 60; id++ {
		modelstest.PutOrders(t, db, ours.ID, modelstest.Order(ours.ID, id))
		modelstest.PutOrders(t, db, theirs.ID, modelstest.Order(theirs.ID, id))
	}
	owner = modelstest.Viewer(t, db, "owner")
	staff := modelstest.Staff(t, db, "anna", models.RoleAgent, false)
	if err := db.ChangeMember(t.Context(), owner, staff.ID, models.MemberInput{Role: models.RoleAgent, Panels: []int64{ours.ID}}); err != nil {
		t.Fatal(err)
	}
	anna := modelstest.Viewer(t, db, "anna")
	for _, query := range []string{"", "sort=charge", "status=in_progress&per=25"} {
		q := parse(t, models.OrderList, query)
		whole, err := db.Orders(t.Context(), anna, q)
		if err != nil {
			t.Fatal(err)
		}
		hashes := map[models.Key]int64{}
		for i := range whole.Rows {
			key, hash, _ := whole.Rows[i].Record()
			hashes[key] = hash
		}
		q.Kept = func(key models.Key, hash int64) bool {
			if key.PanelID != ours.ID {
				t.Errorf("%q: a row of another panel was found", query)
			}
			return key.ID%3 > 0 && hash == hashes[key]
		}
		page, err := db.Orders(t.Context(), anna, q)
		if err != nil {
			t.Fatal(err)
		}
		if page.Next != whole.Next || page.Prev != whole.Prev || page.Matching != whole.Matching || len(page.Rows) != len(whole.Rows) {
			t.Fatalf("%q: it is another page", query)
		}
		for i, row := range page.Rows {
			want := whole.Rows[i]
			switch {
			case row.Key != want.Key || row.Hash != want.Hash:
				t.Errorf("%q: row %d is %v, want %v", query, i, row.Key, want.Key)
			case row.ID%3 > 0 && row.Link != "":
				t.Errorf("%q: row %v was read though it is kept", query, row.Key)
			case row.ID%3 == 0 && (row.Link != want.Link || !row.Charge.Decimal.Equal(want.Charge.Decimal) || !row.CreatedAt.Equal(want.CreatedAt)):
				t.Errorf("%q: row %v is %+v, want %+v", query, row.Key, row, want)
			}
		}
	}
}
