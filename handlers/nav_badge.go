package handlers

import (
	"context"
	"sync"

	"masterpanel/models"
)

// needCache remembers how many actions need each person, so that a page costs no query for its badge while no action
// moved.
type needCache struct {
	mu   sync.Mutex
	held map[int64]heldNeed
}

type heldNeed struct {
	tag string
	n   int
}

func newNeedCache() *needCache { return &needCache{held: map[int64]heldNeed{}} }

// needPerson is how many actions ask a person and could be settled by the viewer.
func (a *app) needPerson(ctx context.Context, v models.Viewer) (int, error) {
	tag := a.tag(v, "need", outboxKeys(v)...)
	if n, ok := a.need.get(v.StaffID, tag); ok {
		return n, nil
	}
	n, err := a.DB.NeedPerson(ctx, v)
	if err == nil && tag != "" {
		a.need.put(v.StaffID, heldNeed{tag, n})
	}
	return n, err
}

func (c *needCache) get(staffID int64, tag string) (int, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	held, ok := c.held[staffID]
	return held.n, ok && held.tag == tag && tag != ""
}

func (c *needCache) put(staffID int64, held heldNeed) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.held) >= mostCachedViews {
		clear(c.held)
	}
	c.held[staffID] = held
}

// countNav puts badges on the navigation.
func (a *app) countNav(ctx context.Context, v models.Viewer, nav []navItem) error {
	need, err := a.needPerson(ctx, v)
	if err != nil || need == 0 {
		return err
	}
	for i := range nav {
		if nav[i].Section == models.OutboxList.Noun {
			nav[i].Count, nav[i].CountWords = number(int64(need)), plural(need, "action needs a person", "actions need a person")
		}
	}
	return nil
}
