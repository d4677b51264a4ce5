package handlers

import (
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"masterpanel/models"
)

const (
	// watchAgain is the interval in which an open record is reported once, however many people view it and poll it.
	watchAgain = 10 * time.Second
	// watchedAtMost limits the entries in memory. Beyond it, due deletes expired entries.
	watchedAtMost = 1000
)

// watching remembers which events were recorded lately, so that repeated ones, as from unchanged polls, cost no SQL
// statement. After the interval again, an event is recorded once more.
type watching struct {
	again time.Duration
	mu    sync.Mutex
	told  map[string]time.Time
}

func newWatching(again time.Duration) *watching {
	return &watching{again: again, told: map[string]time.Time{}}
}

// due reports whether an event must be recorded now, and marks it as recorded.
func (w *watching) due(path string, now time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if now.Sub(w.told[path]) < w.again {
		return false
	}
	if len(w.told) >= watchedAtMost {
		for other, at := range w.told {
			if now.Sub(at) >= w.again {
				delete(w.told, other)
			}
		}
	}
	w.told[path] = now
	return true
}

// watch tells the worker that a person has an order or a ticket open. The worker then reads it often, and immediately
// when the first person opens it. The page does not depend on this, so an error is only logged.
func (a *app) watch(c *fiber.Ctx, d detailRequest) {
	r := models.Resource(d.noun)
	if r != models.Orders && r != models.Tickets || !a.watching.due(pathOf(d.noun, d.key), a.Now()) {
		return
	}
	begun, err := a.DB.Watch(c.UserContext(), d.viewer, r, d.key)
	if begun {
		err = a.WakeSync(c.UserContext(), models.StreamKey{PanelID: d.key.PanelID, Resource: r})
	}
	if err != nil {
		a.Log.Warn("watch: cannot record open page, the worker reads it less often", "path", pathOf(d.noun, d.key), "error", err)
	}
}
