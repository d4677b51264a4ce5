package jobs

import (
	"context"
	"fmt"
	"slices"
	"time"

	"masterpanel/jobs/panel"
	"masterpanel/models"
)

// The loop over open orders.
const (
	// openChunks is how many calls it makes before others get their turn.
	openChunks = 5
	// openEveryUnfiltered is for panels that ignore ids, whose every order must be read to see the open ones.
	openEveryUnfiltered = 5 * time.Minute
)

// tier is a part of the open orders: those that last changed less than quiet ago, but not so lately that they are in the
// tier before; quiet 0 has no bound. Each is read every so often.
type tier struct{ quiet, every time.Duration }

// openTiers are the parts of the open orders, the liveliest first. An order that changes is in the first again by itself.
func openTiers(set models.SyncSettings) []tier {
	if !set.Adaptive {
		return []tier{{0, set.MinInterval()}}
	}
	tiers := []tier{{10 * time.Minute, 0}, {time.Hour, time.Minute}, {6 * time.Hour, 5 * time.Minute},
		{24 * time.Hour, 15 * time.Minute}, {0, time.Hour}}
	for i, t := range tiers {
		tiers[i].every = min(max(t.every, set.MinInterval()), set.MaxInterval())
	}
	return tiers
}

// openCursor is how far the walks through the tiers have come.
type openCursor struct {
	Tiers []tierCursor `json:"tiers,omitempty"`
	// Watched is when the orders that staff look at were last read, in unix microseconds.
	Watched int64 `json:"watched,omitempty"`
}

// tierCursor is the last order of a tier that was read, 0 between two walks, and when the next walk begins, in unix
// microseconds.
type tierCursor struct {
	After int64 `json:"after,omitempty"`
	Due   int64 `json:"due,omitempty"`
}

// fit makes the cursor one of the given tiers, which other settings may have changed.
func (c *openCursor) fit(tiers []tier, now time.Time) {
	if len(c.Tiers) != len(tiers) {
		c.Tiers = make([]tierCursor, len(tiers))
	}
	for i, t := range tiers {
		c.Tiers[i].Due = min(c.Tiers[i].Due, now.Add(t.every).UnixMicro())
	}
}

// next is the first tier that is due, or -1, and the moment at which one will be.
func (c *openCursor) next(now time.Time) (i int, due time.Time) {
	due = now.Add(24 * time.Hour)
	for i, t := range c.Tiers {
		at := time.UnixMicro(t.Due)
		if t.After > 0 || !at.After(now) {
			return i, now
		}
		if at.Before(due) {
			due = at
		}
	}
	return -1, due
}

// openOrders reads the orders that are not final again, by their ids in hundreds, because a panel has no list of what
// changed: those that staff look at first, then the tiers. An order that does not come back is not taken as deleted.
func (r *run) openOrders(ctx context.Context, l *models.StreamLoop) error {
	tiers := openTiers(r.rules)
	c := readCursor[openCursor](r, l)
	c.fit(tiers, r.Now())
	l.DueAt = r.Now()
	ids, err := r.watchedOrders(ctx, &c)
	if err != nil {
		return err
	}
	if goOn, err := r.readOpen(ctx, l, c, ids); err != nil || !goOn {
		return err
	}
	for range openChunks {
		i, _ := c.next(r.Now())
		if i < 0 {
			break
		}
		ids, err := r.walkTier(ctx, &c.Tiers[i], tiers, i)
		if err != nil {
			return err
		}
		if goOn, err := r.readOpen(ctx, l, c, ids); err != nil || !goOn {
			return err
		}
	}
	if i, due := c.next(r.Now()); i < 0 {
		r.again(l, due.Sub(r.Now()), openReason(tiers))
	}
	setCursor(l, c)
	return r.save(ctx, l)
}

func openReason(tiers []tier) string {
	if len(tiers) == 1 {
		return "every open order as often as set"
	}
	return fmt.Sprintf("open orders: every %v after a change, every %v when quiet for a day", tiers[0].every, tiers[len(tiers)-1].every)
}

// watchedOrders are the orders that staff look at and that are due: every minimum, and at once when somebody begins to.
func (r *run) watchedOrders(ctx context.Context, c *openCursor) ([]int64, error) {
	last := time.UnixMicro(c.Watched)
	after := last
	if r.Now().Sub(last) >= r.rules.MinInterval() {
		after = time.Time{}
	}
	ids, err := r.DB.Watched(ctx, r.stream.StreamKey, after, panel.MaxIDs)
	if len(ids) > 0 {
		c.Watched = r.Now().UnixMicro()
	}
	return ids, err
}

// walkTier is the next slice of a tier, and moves its cursor past it. The time between two walks counts from their
// beginnings.
func (r *run) walkTier(ctx context.Context, at *tierCursor, tiers []tier, i int) ([]int64, error) {
	now := r.Now()
	var from, to time.Time
	if quiet := tiers[i].quiet; quiet > 0 {
		from = now.Add(-quiet)
	}
	if i > 0 {
		to = now.Add(-tiers[i-1].quiet)
	}
	ids, err := r.DB.OpenOrders(ctx, r.stream.PanelID, from, to, at.After, panel.MaxIDs)
	if err != nil {
		return nil, err
	}
	if at.After == 0 {
		at.Due = now.Add(tiers[i].every).UnixMicro()
	}
	at.After = 0
	if len(ids) == panel.MaxIDs {
		at.After = ids[len(ids)-1]
	}
	return ids, nil
}

// readOpen reads orders by their ids and stores them with the cursor. goOn says that the loop may make another call.
func (r *run) readOpen(ctx context.Context, l *models.StreamLoop, c openCursor, ids []int64) (goOn bool, err error) {
	if len(ids) == 0 {
		return true, nil
	}
	b, err := r.resource.read(r, ctx, page{ids: ids, limit: len(ids)})
	if tooBig(err) != nil && len(ids) == 1 {
		return true, nil // the list sets it aside
	}
	if tooBig(err) != nil {
		half := len(ids) / 2
		if goOn, err := r.readOpen(ctx, l, c, ids[:half]); err != nil || !goOn {
			return goOn, err
		}
		return r.readOpen(ctx, l, c, ids[half:])
	}
	if err != nil {
		return false, err
	}
	if slices.ContainsFunc(b.marks, func(m mark) bool { return !slices.Contains(ids, m.id) }) {
		return false, r.openUnfiltered(ctx, l, b)
	}
	setCursor(l, c)
	_, err = r.keep(ctx, b, l)
	return r.mayGoOn(), err
}

// openUnfiltered is for a panel that ignores ids and answers with anything: everything is read again, now and then.
func (r *run) openUnfiltered(ctx context.Context, l *models.StreamLoop, b batch) error {
	setCursor(l, openCursor{})
	r.again(l, openEveryUnfiltered, "the panel ignores ids, so all orders are read again")
	_, err := r.keep(ctx, b, append(r.backfillAnew(), l)...)
	return err
}
