package handlers

import (
	"bytes"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

// watched returns the IDs of a stream that people have open.
func (s *site) watched(key models.StreamKey) string {
	s.t.Helper()
	ids, err := s.db.Watched(s.t.Context(), key, time.Time{}, 10)
	if err != nil {
		s.t.Fatal(err)
	}
	return fmt.Sprint(ids)
}

func TestALookAtAnOrderOrATicketMakesItWatchedAndDueAtOnce(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 2)
	ticket := models.Ticket{Key: models.Key{PanelID: panel.ID, ID: 7}, UserName: "anna", Subject: "Refill", Status: "pending",
		CreatedAt: modelstest.Now(t), UpdatedAt: modelstest.Now(t), Mirrored: models.Mirrored{Raw: []byte(`{"id":7}`)}}
	if _, err := s.db.PutTickets(t.Context(), panel.ID, []models.Ticket{ticket}, modelstest.Now(t)); err != nil {
		t.Fatal(err)
	}
	for r, id := range map[models.Resource]int64{models.Orders: 2, models.Tickets: 7} {
		key := models.StreamKey{PanelID: panel.ID, Resource: r}
		s.finish(key)
		s.get("/"+string(r)).expect(t, 200)
		if got := s.watched(key); got != "[]" {
			t.Errorf("the list of %s makes %s watched, want none", r, got)
		}
		s.get(pathOf(string(r), models.Key{PanelID: panel.ID, ID: id})).expect(t, 200)
		if got, want := s.watched(key), fmt.Sprint([]int64{id}); got != want {
			t.Errorf("watched %s: got %s, want %s", r, got, want)
		}
		due, err := s.db.DueStreams(t.Context(), 100)
		if err != nil || !slices.Contains(due, key) {
			t.Errorf("due: got %v, %v, want the %s among them", due, err, r)
		}
		if !slices.Contains(s.woken, key) {
			t.Errorf("woken: got %v, want the %s among them", s.woken, r)
		}
	}
}

func TestAnUnchangedPollOfAnOrderCostsNoStatementAndIsALookAgainOnlyAfterAWhile(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	var late atomic.Int64 // seconds
	s := newSite(t, func(c *Config) {
		c.Log = slog.New(slog.NewTextHandler(&log, nil))
		c.Now = func() time.Time { return modelstest.Now(t).Add(time.Duration(late.Load()) * time.Second) }
	})
	panel := modelstest.Panel(t, s.db, modelstest.Owner(t, s.db), "MTP", "https://mtp.example")
	modelstest.PutOrders(t, s.db, panel.ID, modelstest.Order(panel.ID, 1))
	path := pathOf("orders", models.Key{PanelID: panel.ID, ID: 1})
	tag := s.as("owner").poll(path, "div#orders-detail", "").Header.Get("HX-PTag")
	if err := s.db.Close(); err != nil { // from here on a statement would fail, and the failed report of a view would be in the log
		t.Fatal(err)
	}
	const told = "watch: cannot record open page"
	for range 3 {
		s.feed.Reread(t.Context()) // as it does every second in production
		s.poll(path, "div#orders-detail", tag).expect(t, 304)
	}
	if strings.Contains(log.String(), told) {
		t.Errorf("the look was told again at once:\n%s", log.String())
	}
	late.Store(int64(watchAgain/time.Second) + 1)
	s.feed.Reread(t.Context())
	s.poll(path, "div#orders-detail", tag)
	if !strings.Contains(log.String(), told) {
		t.Error("the look was not told again after a while, so that the order would no longer be watched")
	}
}

func TestAnOrderOfAForeignPanelCannotBeWatched(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 1)
	modelstest.Staff(t, s.db, "blind", models.RoleAgent, false)
	s.as("blind").get(pathOf("orders", models.Key{PanelID: panel.ID, ID: 1})).expect(t, 404)
	if got := s.watched(models.StreamKey{PanelID: panel.ID, Resource: models.Orders}); got != "[]" {
		t.Errorf("watched: got %s, want none", got)
	}
}

func TestLooksTakeBoundedMemory(t *testing.T) {
	t.Parallel()
	w := newWatching(watchAgain)
	now := modelstest.Now(t)
	for i := range 3 * watchedAtMost {
		if !w.due(fmt.Sprint(i), now.Add(time.Duration(i)*watchAgain/watchedAtMost)) {
			t.Fatalf("look %d is not told although nobody looked before", i)
		}
	}
	if n := len(w.told); n > 2*watchedAtMost {
		t.Errorf("%d looks are remembered, want about %d", n, watchedAtMost)
	}
}
