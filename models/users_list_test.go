package models_test

import (
	"slices"
	"testing"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

func TestUsersAreSortedByWhatTheirDiscountSays(t *testing.T) {
	t.Parallel()
	db := modelstest.New(t)
	p := modelstest.Panel(t, db, modelstest.Owner(t, db), "Alpha", "https://alpha.example")
	var rows []models.User
	for id, discount := range []string{"", "12.5 %", "5%", "none", "9.9.9"} {
		rows = append(rows, models.User{Key: models.Key{PanelID: p.ID, ID: int64(id)}, Username: "u", Discount: discount,
			Mirrored: models.Mirrored{Raw: []byte(`{}`)}})
	}
	if _, err := db.PutUsers(t.Context(), p.ID, rows, modelstest.Now(t)); err != nil {
		t.Fatal(err)
	}
	page, err := db.Users(t.Context(), modelstest.Viewer(t, db, "owner"), parse(t, models.UserList, "sort=-discount"))
	if err != nil {
		t.Fatal(err)
	}
	var got []int64
	for _, u := range page.Rows {
		got = append(got, u.ID)
	}
	if want := []int64{1, 4, 2, 3, 0}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
