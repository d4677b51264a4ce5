package models_test

import (
	"slices"
	"strings"
	"testing"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

// pastedTexts maps texts that name orders from 101416 on to the number of orders.
var pastedTexts = map[string]int{
	"Order 101416 and 101417, also 101418 please.": 3, "1) 101416\n2) 101417\n3) 101418": 3, "1. 101416\n2. 101417": 2, "- 101416\n- 101417\n• 101418": 3,
	"[101416, 101417, 101418]": 3, "\"101416\",\"101417\"": 2, "(101416) (101417)": 2, "101416/101417/101418": 3, "101416. 101417. 101418.": 3,
	"101416 | 101417 | 101418": 3, "101416\u00a0101417\u00a0101418": 3, "101416\u2009101417": 2, "\u200b101416\u200b\n\u200b101417\u200b": 2,
	"\ufeff101416\n101417": 2, "\u200f101416\n\u202b101417\u202c": 2, "\u0661\u0660\u0661\u0664\u0661\u0666\n\u0661\u0660\u0661\u0664\u0661\u0667": 2,
	"101416\u060c 101417\u060c 101418": 3, "ID101416 ID:101417": 2, "101416+101417": 2, "101416-101418": 3, "Order 101416": 1, "P1-101416": 1,
	"https://desk.example/orders/1/101416": 1, "https://p1.example/admin/orders/101416": 1, "101,416\n101,417": 0,
}

func TestPastedTextsNameTheSameOrdersInTheWorkbenchListsAndTheGlobalSearch(t *testing.T) {
	t.Parallel()
	db := modelstest.New(t)
	first := modelstest.Owner(t, db)
	p := modelstest.Panel(t, db, first, "P1", "https://p1.example")
	for id := int64(101416); id <= 101418; id++ {
		modelstest.PutOrders(t, db, p.ID, modelstest.Order(p.ID, id))
	}
	owner := modelstest.Viewer(t, db, "owner")
	for text, n := range pastedTexts {
		want := []string{"P1 101416", "P1 101417", "P1 101418"}[:n]
		if got := resolved(t, db, owner, text, 0); !strings.HasPrefix(got, strings.Join(want, ", ")) || strings.Count(got, "P1 ") != n || strings.Contains(got, "no ") {
			t.Errorf("the workbench reads %q as %s", text, got)
		}
		if got := foundOrders(t, db, owner, text); got != strings.Join(want, ", ") {
			t.Errorf("the list finds %s for %q", got, text)
		}
		got, f := found(t, db, owner, text)
		slices.Sort(got)
		if len(got) != n || int(f.Orders.Total.N) != n {
			t.Errorf("the global search finds %v for %q", got, text)
		}
	}
}

func TestAReadingOfIDsSaysWhatWasLeftOut(t *testing.T) {
	t.Parallel()
	db, owner := twoShops(t, modelstest.URL(t))
	r, err := db.ResolveOrders(t.Context(), owner, "Order 594550, 594550 please 2-3 1,500", 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := "1 duplicate ignored; “2-3” read as a range; ignored “please”; “1,500” may be one ID or several: write 1500 or 1 500"
	if got := r.LeftOut.Words(); got != want || r.Given != 3 {
		t.Errorf("got %q of %d, want %q of 3", got, r.Given, want)
	}
	if a := owner.Understand("Order 594550 and 594551 please"); a.Left.Words() != "ignored “please”" || len(a.IDs) != 2 {
		t.Errorf("the global search says %q of %v", a.Left.Words(), a.IDs)
	}
	if a := (models.Asked{}); a.Left.Words() != "" {
		t.Error("nothing was left out and words say so")
	}
}
