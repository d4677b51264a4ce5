package jobs

import (
	"context"
	"slices"
	"time"

	"masterpanel/jobs/panel"
	"masterpanel/models"
)

// Intervals of the loops over closed records.
const (
	day = 24 * time.Hour
	// usersEvery is how long a walk through all users takes. It is needed because balances change without a trace in
	// any list.
	usersEvery = 4 * time.Hour
	// usersPause is the shortest time between two pages of that walk.
	usersPause = 10 * time.Second
	// paymentsEvery is how often the payments of the time span paymentsBack are read again.
	paymentsEvery = time.Hour
	paymentsBack  = 3 * day
	// tailWaits is how often a tail checks whether the history has been read. Before that, it would count every row
	// as missing.
	tailWaits = 10 * time.Minute
	// tailPause is the time between two pages of a walk, in which other loops can run.
	tailPause = time.Second
)

// tail reads closed records again, once the backfill has read the history.
func (r *run) tail(ctx context.Context, l *models.StreamLoop) error {
	if backfill := r.find(models.LoopBackfill); backfill != nil && !backfill.DueAt.IsZero() {
		r.again(l, tailWaits, "it waits until the history is read")
		return r.save(ctx, l)
	}
	return r.resource.tail(r, ctx, l)
}

// tailCursor is the position of the walk in the list.
type tailCursor struct {
	Offset int `json:"offset,omitempty"`
}

// tailUsers reads all users again, page by page and evenly spread. It reads the oldest first, so that new users shift
// no row.
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

// tailPayments reads the payments of the last days again: a payment that is no longer on the first page may still be
// completed or cancelled.
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

// dayCursor is the day to compare, in unix seconds, 0 before the first one, and the counts of that day so far.
type dayCursor struct {
	Day     int64 `json:"day,omitempty"`
	Offset  int   `json:"offset,omitempty"`
	Seen    int   `json:"seen,omitempty"`
	Last    int64 `json:"last,omitempty"` // id of the last row of the previous page
	Missing int   `json:"missing,omitempty"`
	Changed int   `json:"changed,omitempty"`
	// Kept means that all days have been compared. The loop now reads the orders that stay past their retention,
	// starting after the id in Last.
	Kept bool `json:"kept,omitempty"`
}

// tailOrders reads past orders again, one day at a time, from yesterday back to the limit in the settings and then
// from yesterday again. Each day comes about once a day, because final orders may be refilled or cancelled late. It
// also compares the number of orders. It reads a day by creation time, in pages of 1000, which takes a tenth of the
// calls that ids would take. It does not read a day past the retention, but only the orders of such days that are
// kept.
func (r *run) tailOrders(ctx context.Context, l *models.StreamLoop) error {
	c := readCursor[dayCursor](r, l)
	from := r.dayToCompare(&c)
	if c.Kept {
		return r.tailKept(ctx, l, c)
	}
	b, err := r.resource.read(r, ctx, page{ascending: true, limit: panel.MaxLimit, offset: c.Offset,
		from: from.Add(-time.Second), to: from.Add(day)}) // whether the panel includes the bounds is unknown
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

// dayToCompare moves a cursor that is past the oldest day, and returns the start of its day. At midnight the oldest
// day can move past the cursor. The round then continues with the kept orders, otherwise these would wait for another
// round.
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

// retains reports whether old orders are deleted, so that only some of them stay.
func (r *run) retains() bool { return !r.settings.Cutoff(r.Now()).IsZero() }

// daysToCompare returns the starts of the first and the last day to compare: the days within the lookback, without
// days that are past the retention.
func (r *run) daysToCompare() (oldest, yesterday time.Time) {
	yesterday = r.Now().UTC().Truncate(day).Add(-day)
	oldest = yesterday.Add(-r.rules.Lookback() + day)
	if cutoff := r.settings.Cutoff(r.Now()); cutoff.After(oldest) {
		oldest = cutoff
	}
	return oldest, yesterday
}

// betweenDays returns the time from one day's comparison to the next, so that all days and the kept orders take one
// day together.
func (r *run) betweenDays() time.Duration {
	oldest, yesterday := r.daysToCompare()
	steps := yesterday.Sub(oldest)/day + 1
	if r.retains() {
		steps++
	}
	return day / steps
}

// tailKept reads orders that are past their retention again, by id. They are kept because an open record needs them.
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

// count counts the day's rows of a page and moves the cursor past it. Pages overlap by a few rows; it skips the rows
// up to the last one of the previous page.
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

// tailUnfiltered handles a panel that ignores dates and returns any orders: the backfill reads the whole list again
// once a day.
func (r *run) tailUnfiltered(ctx context.Context, l *models.StreamLoop, b batch) error {
	setCursor(l, dayCursor{})
	r.again(l, day, "the panel ignores dates, so all orders are read again")
	_, err := r.keep(ctx, b, append(r.backfillAnew(), l)...)
	return err
}
