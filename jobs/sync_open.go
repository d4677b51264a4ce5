package jobs

import (
	"context"
	"fmt"
	"slices"
	"time"

	"masterpanel/jobs/panel"
	"masterpanel/models"
)

// Limits of the loop over open orders.
const (
	// openChunks is how many calls one run makes before other loops get their turn.
	openChunks = 5
	// openEveryUnfiltered is the interval for panels that ignore the filter by id: the loop must read every order to
	// see the open ones.
	openEveryUnfiltered = 5 * time.Minute
)

// tier is a group of open orders, by the time since their last change: shorter than quiet, but too long for the
// previous tier. quiet 0 means no upper bound. every is the interval between two reads of the tier.
type tier struct{ quiet, every time.Duration }

// openTiers returns the tiers, from the most to the least recently changed orders. An order that changes returns to
// the first tier.
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
	// Watched is when the orders that staff have open were last read, in unix microseconds.
	Watched int64 `json:"watched,omitempty"`
}

// tierCursor holds the id of the tier's last order that was read, 0 between two walks, and the start of the next walk
// in unix microseconds.
type tierCursor struct {
	After int64 `json:"after,omitempty"`
	Due   int64 `json:"due,omitempty"`
}

// fit adapts the cursor to the tiers, because the settings may have changed since it was stored.
func (c *openCursor) fit(tiers []tier, now time.Time) {
	if len(c.Tiers) != len(tiers) {
		c.Tiers = make([]tierCursor, len(tiers))
	}
	for i, t := range tiers {
		c.Tiers[i].Due = min(c.Tiers[i].Due, now.Add(t.every).UnixMicro())
	}
}

// next returns the first tier that is due and the current time. If no tier is due, it returns -1 and the time when
// one will be.
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

// openOrders reads the orders that are not final again, by id, up to 100 per call, because a panel has no list of
// changes: first the orders that staff have open, then the tiers. If the panel leaves an order out, that does not
// count as a deletion.
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

// watchedOrders returns the due orders that staff have open: all of them once per minimum interval, and in between
// the ones opened since the last read.
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

// walkTier returns the next ids of a tier and moves its cursor past them. The interval between two walks counts from
// start to start.
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

// readOpen reads orders by id and stores them with the cursor. goOn means that the loop may make another call.
func (r *run) readOpen(ctx context.Context, l *models.StreamLoop, c openCursor, ids []int64) (goOn bool, err error) {
	if len(ids) == 0 {
		return true, nil
	}
	b, err := r.resource.read(r, ctx, page{ids: ids, limit: len(ids)})
	if tooBig(err) != nil && len(ids) == 1 {
		return true, nil // the loops that read the list quarantine it
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

// openUnfiltered handles a panel that ignores the filter by id and returns any orders: the backfill reads the whole
// list again from time to time.
func (r *run) openUnfiltered(ctx context.Context, l *models.StreamLoop, b batch) error {
	setCursor(l, openCursor{})
	r.again(l, openEveryUnfiltered, "the panel ignores ids, so all orders are read again")
	_, err := r.keep(ctx, b, append(r.backfillAnew(), l)...)
	return err
}
