package jobs

import (
	"context"
	"slices"
	"time"

	"masterpanel/jobs/panel"
	"masterpanel/models"
)

// The loops over what is over.
const (
	day = 24 * time.Hour
	// usersEvery is how long a walk through all users takes: their balances move without any list telling.
	usersEvery = 4 * time.Hour
	// usersPause is the least time between two pages of it.
	usersPause = 10 * time.Second
	// paymentsEvery is how often payments are read again that were made within paymentsBack.
	paymentsEvery = time.Hour
	paymentsBack  = 3 * day
	// tailWaits is how often it looks whether the history is read: before, every row would seem to have been missing.
	tailWaits = 10 * time.Minute
	// tailPause is the time between two pages of a walk, for others to go between.
	tailPause = time.Second
)

// tail reads again what is over, once the history is read.
func (r *run) tail(ctx context.Context, l *models.StreamLoop) error {
	if backfill := r.find(models.LoopBackfill); backfill != nil && !backfill.DueAt.IsZero() {
		r.again(l, tailWaits, "it waits until the history is read")
		return r.save(ctx, l)
	}
	return r.resource.tail(r, ctx, l)
}

// tailCursor is where the walk through a list is.
type tailCursor struct {
	Offset int `json:"offset,omitempty"`
}

// tailUsers reads all users again, page by page and evenly spread, oldest first so that arrivals shift nothing.
func (r *run) tailUsers(ctx context.Context, l *models.StreamLoop) error {
	c := readCursor[tailCursor](r, l)
	b, err := r.resource.read(r, ctx, page{ascending: true, limit: panel.MaxLimit, offset: c.Offset})
	if err != nil {
		return err
	}
	pages := r.stream.Cached/panel.MaxLimit + 1
	wait := max(usersEvery/time.Duration(pages), usersPause)
	c.Offset += b.size - b.size/backfillOverlap
	if !b.more {
		c.Offset = 0
	}
	setCursor(l, c)
	r.again(l, wait, "all users once in 4 hours")
	_, err = r.keep(ctx, b, l)
	return err
}

// tailPayments reads the payments of the last days again: one that is older than the first page may still be completed
// or cancelled.
func (r *run) tailPayments(ctx context.Context, l *models.StreamLoop) error {
	c := readCursor[tailCursor](r, l)
	b, err := r.resource.read(r, ctx, page{limit: panel.MaxLimit, offset: c.Offset})
	if err != nil {
		return err
	}
	c.Offset += b.size
	dated := b.dated()
	n := len(dated)
	if !b.more || n > 0 && dated[n-1].created.Before(r.Now().Add(-paymentsBack)) {
		c.Offset = 0
	}
	setCursor(l, c)
	if c.Offset == 0 {
		r.again(l, paymentsEvery, "payments of the last 3 days")
	} else {
		r.again(l, tailPause, "payments of the last 3 days")
	}
	_, err = r.keep(ctx, b, l)
	return err
}

// dayCursor is which day is compared, 0 before the first, in unix seconds, and what was found of it so far.
type dayCursor struct {
	Day     int64 `json:"day,omitempty"`
	Offset  int   `json:"offset,omitempty"`
	Seen    int   `json:"seen,omitempty"`
	Last    int64 `json:"last,omitempty"` // id of the last row of the page before
	Missing int   `json:"missing,omitempty"`
	Changed int   `json:"changed,omitempty"`
	// Kept says that all days have been compared and the orders come that stay past their retention, after the one that
	// Last names.
	Kept bool `json:"kept,omitempty"`
}

// tailOrders reads one past day of orders after the other again, back to where the settings say and then from yesterday
// anew, about once a day each: final orders may be refilled or cancelled late. By the way it compares how many there are.
// Days are read by their time of creation, in pages of a thousand, which takes a tenth of the calls that ids would. A day
// that is past the retention is not read, only those of its orders that stay all the same.
func (r *run) tailOrders(ctx context.Context, l *models.StreamLoop) error {
	c := readCursor[dayCursor](r, l)
	from := r.dayToCompare(&c)
	if c.Kept {
		return r.tailKept(ctx, l, c)
	}
	b, err := r.resource.read(r, ctx, page{ascending: true, limit: panel.MaxLimit, offset: c.Offset,
		from: from.Add(-time.Second), to: from.Add(day)}) // whether bounds are included is not known
	if err != nil {
		return err
	}
	for _, m := range b.dated() {
		if m.created.Before(from.Add(-time.Second)) || m.created.After(from.Add(day)) {
			return r.tailUnfiltered(ctx, l, b)
		}
	}
	c.count(b, from)
	written, err := r.keep(ctx, b)
	if err != nil {
		return err
	}
	c.Missing, c.Changed = c.Missing+written.New, c.Changed+written.Changed
	if b.more {
		setCursor(l, c)
		r.again(l, tailPause, "orders of a past day")
		return r.save(ctx, l)
	}
	setCursor(l, dayCursor{Day: from.Add(-day).Unix()})
	r.again(l, r.betweenDays(), "each past day of orders about once a day")
	return r.DB.Tx(ctx, func(db *models.DB) error {
		found := models.Drift{PanelID: r.stream.PanelID, Day: from, Seen: c.Seen, Missing: c.Missing, Changed: c.Changed}
		if err := db.PutDrift(ctx, found); err != nil {
			return err
		}
		return db.SaveLoop(ctx, r.stream, *l)
	})
}

// dayToCompare moves a cursor that is past the oldest day and returns the beginning of its day. Midnight can move the
// oldest day past the cursor: the round then goes on with the orders that stay, or they would wait for another round.
func (r *run) dayToCompare(c *dayCursor) time.Time {
	oldest, yesterday := r.daysToCompare()
	from := time.Unix(c.Day, 0).UTC()
	switch {
	case c.Kept:
	case c.Day != 0 && from.Before(oldest) && r.retains():
		*c = dayCursor{Kept: true}
	case from.Before(oldest) || from.After(yesterday):
		*c, from = dayCursor{Day: yesterday.Unix()}, yesterday
	}
	return from
}

// retains tells whether old orders are deleted, so that only some of them stay.
func (r *run) retains() bool { return !r.settings.Cutoff(r.Now()).IsZero() }

// daysToCompare are the beginnings of the first and the last day that are compared: those within the lookback, but none
// that the retention would delete at once.
func (r *run) daysToCompare() (oldest, yesterday time.Time) {
	yesterday = r.Now().UTC().Truncate(day).Add(-day)
	oldest = yesterday.Add(-r.rules.Lookback() + day)
	if cutoff := r.settings.Cutoff(r.Now()); cutoff.After(oldest) {
		oldest = cutoff
	}
	return oldest, yesterday
}

// betweenDays is the time from one day to the next, so that all of them and the orders that stay take a day.
func (r *run) betweenDays() time.Duration {
	oldest, yesterday := r.daysToCompare()
	steps := yesterday.Sub(oldest)/day + 1
	if r.retains() {
		steps++
	}
	return day / steps
}

// tailKept reads orders again, by their ids, that are past their retention and stay because something open needs them.
func (r *run) tailKept(ctx context.Context, l *models.StreamLoop, c dayCursor) error {
	ids, err := r.DB.OrdersBefore(ctx, r.stream.PanelID, r.settings.Cutoff(r.Now()), c.Last, panel.MaxIDs)
	if err != nil {
		return err
	}
	var b batch
	if len(ids) > 0 {
		if b, err = r.resource.read(r, ctx, page{ids: ids, limit: len(ids)}); err != nil {
			return err
		}
	}
	if len(ids) == panel.MaxIDs {
		setCursor(l, dayCursor{Kept: true, Last: ids[len(ids)-1]})
		r.again(l, tailPause, "orders that stay past their retention")
	} else {
		setCursor(l, dayCursor{})
		r.again(l, r.betweenDays(), "each past day of orders about once a day")
	}
	if len(ids) == 0 {
		return r.save(ctx, l)
	}
	_, err = r.keep(ctx, b, l)
	return err
}

// count counts the day's rows of a page and moves the cursor past it. Pages overlap by a few rows, which end with the
// last row of the page before.
func (c *dayCursor) count(b batch, from time.Time) {
	counted := slices.IndexFunc(b.marks, func(m mark) bool { return m.id == c.Last })
	for _, m := range b.marks[counted+1:] {
		if !m.created.Before(from) && m.created.Before(from.Add(day)) {
			c.Seen++
		}
	}
	if n := len(b.marks); n > 0 {
		c.Last = b.marks[n-1].id
	}
	c.Offset += b.size
	if b.more {
		c.Offset -= b.size / backfillOverlap
	}
}

// tailUnfiltered is for a panel that ignores dates and answers with anything: everything is read again once a day.
func (r *run) tailUnfiltered(ctx context.Context, l *models.StreamLoop, b batch) error {
	setCursor(l, dayCursor{})
	r.again(l, day, "the panel ignores dates, so all orders are read again")
	_, err := r.keep(ctx, b, append(r.backfillAnew(), l)...)
	return err
}
