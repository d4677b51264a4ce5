package handlers

import (
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"masterpanel/models"
)

const (
	// watchAgain is how long a look at a thing is not told again, however many look and however often they poll.
	watchAgain = 10 * time.Second
	// watchedAtMost bounds the memory; beyond it old looks are forgotten.
	watchedAtMost = 1000
)

// watching remembers which looks were lately told, so that the same ones, as of an unchanged poll, cost no statement. A
// look is told again after a while.
type watching struct {
	again time.Duration
	mu    sync.Mutex
	told  map[string]time.Time
}

func newWatching(again time.Duration) *watching {
	return &watching{again: again, told: map[string]time.Time{}}
}

// due tells whether a look is to be told now, and takes it for told.
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

// watch tells the worker that somebody looks at an order or a ticket, which is then read often, and when they begin to,
// at once. The page does not depend on it: what goes wrong here is only logged.
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
		a.Log.Warn("the worker does not know that somebody looks at this", "path", pathOf(d.noun, d.key), "error", err)
	}
}
