package models_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

func TestALookMakesAnOrderWatchedForAWhile(t *testing.T) {
	t.Parallel()
	c := newClock()
	db := modelstest.NewAt(t, c.now)
	p := modelstest.Panel(t, db, modelstest.Owner(t, db), "Alpha", "https://alpha.example")
	owner := modelstest.Viewer(t, db, "owner")
	modelstest.PutOrders(t, db, p.ID, modelstest.Order(p.ID, 1), modelstest.Order(p.ID, 2))
	orders := models.StreamKey{PanelID: p.ID, Resource: models.Orders}
	stream, err := db.ClaimStream(t.Context(), orders, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range stream.Loops { // nothing is due for an hour
		l.DueAt = c.now().Add(time.Hour)
		if err := db.SaveLoop(t.Context(), stream, l); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.ReleaseStream(t.Context(), stream); err != nil {
		t.Fatal(err)
	}
	watched := func(after time.Time, want ...int64) {
		t.Helper()
		got, err := db.Watched(t.Context(), orders, after, 10)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("got %v, %v, want %v", got, err, want)
		}
	}
	look := func(id int64, first bool) {
		t.Helper()
		begun, err := db.Watch(t.Context(), owner, models.Orders, models.Key{PanelID: p.ID, ID: id})
		if err != nil || begun != first {
			t.Fatalf("order %d: got %t, %v, want %t", id, begun, err, first)
		}
	}
	look(7, false) // is not in the mirror
	watched(time.Time{})
	look(2, true)
	watched(time.Time{}, 2)
	if due, err := db.DueStreams(t.Context(), 10); err != nil || !slices.Contains(due, orders) {
		t.Errorf("due: got %v, %v, want the orders at once", due, err)
	}
	began := c.now()
	c.turn(20 * time.Second)
	look(2, false) // has it still open
	watched(began)
	c.turn(20 * time.Second)
	watched(time.Time{}, 2)
	c.turn(20 * time.Second)
	watched(time.Time{})
	look(2, true) // opens it again
	watched(began, 2)

	stranger := models.Viewer{Role: models.RoleAgent}
	if _, err := db.Watch(t.Context(), stranger, models.Orders, models.Key{PanelID: p.ID, ID: 1}); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("a stranger looks: got %v, want ErrNotFound", err)
	}
	c.turn(time.Minute)
	if err := db.PurgeWatches(t.Context()); err != nil {
		t.Error(err)
	}
	watched(time.Time{})
}
