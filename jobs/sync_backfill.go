package jobs

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"masterpanel/jobs/panel"
	"masterpanel/models"
)

// backfillOverlap is the part of a page that the next one reads again, so that a few rows that vanish from a list
// meanwhile, and pull the others up, hide none.
const backfillOverlap = 100 // one in so many

// backfillCursor is how far the history has been read.
type backfillCursor struct {
	Offset int   `json:"offset"`
	Read   int   `json:"read"`
	Last   int64 `json:"last,omitempty"` // id of the last row of the page before
	// Ascending says that the panel does list the oldest first. First and At are the times of creation of the very
	// first row and of the last one read, Until is when the walk began; all in unix seconds.
	Ascending bool  `json:"ascending,omitempty"`
	First     int64 `json:"first,omitempty"`
	At        int64 `json:"at,omitempty"`
	Until     int64 `json:"until,omitempty"`
	// From is where the retention cut the history off when the walk began, in unix seconds; 0 is all of it. It stays for
	// the whole walk, or offsets would shift.
	From int64 `json:"from,omitempty"`
	// Bad is how many records were set aside, the first because of Reason; Repeats how many ids came twice.
	Bad     int    `json:"bad,omitempty"`
	Reason  string `json:"reason,omitempty"`
	Repeats int    `json:"repeats,omitempty"`
	// Whole says that pages do not overlap, for a panel that counts in whole pages. Again says that this walk reads the list
	// a second time, newest first and in other pages, because ids came twice; Partial that it began in the middle.
	Whole   bool `json:"whole,omitempty"`
	Again   bool `json:"again,omitempty"`
	Partial bool `json:"partial,omitempty"`
	// Ended is when the walk ended, in unix seconds. Stopped is why it ended before the list did.
	Ended   int64  `json:"ended,omitempty"`
	Stopped string `json:"stopped,omitempty"`
	// These tell whether the list is plausible, see doubt. Newest is the largest id when the walk began.
	Newest  int64 `json:"newest,omitempty"`
	Low     int64 `json:"low,omitempty"`
	High    int   `json:"high,omitempty"`
	Beyond  int   `json:"beyond,omitempty"`
	Stuck   int   `json:"stuck,omitempty"`
	Same    int   `json:"same,omitempty"`
	Future  int   `json:"future,omitempty"`
	Allowed int   `json:"allowed,omitempty"` // so many records are not doubted
}

// backfill reads everything there ever was, in large pages, oldest first where the panel can: arrivals are then at the
// end and shift nothing. In a list that comes newest first all the same they push rows down, from where they are read
// to where they will be read, so that none is missed either. It ends with the first page that is not full, and goes on
// after an interruption where its cursor says.
//
// While a page is written the next one is read, and never more than that one: then the panel, we and PostgreSQL work at
// the same time. The cursor moves with what is written only, so a page in hand may be lost at any moment. The backfill
// makes way for the head after every page, once the one that is already on its way is written.
func (r *run) backfill(ctx context.Context, l *models.StreamLoop) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	c := readCursor[backfillCursor](r, l)
	if err := r.beginBackfill(ctx, &c); err != nil {
		return err
	}
	walked := map[int64]bool{}
	for next := r.readAhead(ctx, c.page(nil)); next != nil; {
		b, err := next()
		if err != nil {
			return err
		}
		more := c.advance(b, walked, r.Now(), r.rules.HistoryMax)
		l.IntervalSeconds, l.IntervalReason, l.LastSuccessAt = 0, "everything there ever was", r.Now()
		l.DueAt = r.Now()
		if !more {
			r.endBackfill(&c, l)
		}
		l.Trouble = c.trouble(r.stream.Resource)
		setCursor(l, c)
		next = nil
		if more && r.mayGoOn() {
			next = r.readAhead(ctx, c.page(b.marks))
		}
		if _, err := r.keep(ctx, b, append(r.wakeOpen(), l)...); err != nil {
			cancel()
			if next != nil {
				_, _ = next() // its call counts all the same
			}
			return err
		}
		if !more && c.Stopped == "" && !c.Partial {
			return r.DB.ForgetNameless(ctx, r.stream.StreamKey, time.Unix(c.Until, 0))
		}
	}
	return nil
}

// beginBackfill fills in what a walk has to know from its beginning.
func (r *run) beginBackfill(ctx context.Context, c *backfillCursor) (err error) {
	if c.Offset > 0 {
		return nil
	}
	if cutoff := r.settings.Cutoff(r.Now()); !cutoff.IsZero() {
		c.From = cutoff.Unix()
	}
	if c.Newest == 0 {
		c.Newest, err = r.DB.NewestID(ctx, r.stream.StreamKey)
	}
	return err
}

// endBackfill ends a walk, or begins the second one of a list in which ids came twice: a panel whose order is not firm may
// have left other records out, which show in other pages.
func (r *run) endBackfill(c *backfillCursor, l *models.StreamLoop) {
	if c.Repeats > 0 && !c.Again && c.Stopped == "" {
		*c = backfillCursor{Again: true, Repeats: c.Repeats, From: c.From, Newest: c.Newest, Allowed: c.Allowed}
		return
	}
	c.Ended, l.DueAt = r.Now().Unix(), time.Time{}
}

// page is the part of the list to read now, after a page with the given rows, which are just being written.
func (c backfillCursor) page(before []mark) page {
	q := page{ascending: true, limit: panel.MaxLimit, offset: c.Offset, before: before}
	if c.Again {
		q.ascending, q.limit = false, panel.MaxLimit*7/10
	}
	if c.From > 0 { // only orders can be asked for so; what is too old of the others is read and not stored
		q.from = time.Unix(c.From-1, 0) // whether bounds are included is not known
	}
	return q
}

// advance moves the cursor past a page and tells whether the walk goes on behind it. most is how many records a history
// may have.
func (c *backfillCursor) advance(b batch, walked map[int64]bool, now time.Time, most int) (more bool) {
	if c.Until == 0 {
		c.Until = now.Unix()
	}
	overlap := max(0, c.Read-c.Offset)
	for _, at := range b.wrong {
		if at >= overlap { // or it is counted already
			c.Bad++
		}
	}
	if c.Reason == "" {
		c.Reason = b.reason
	}
	c.Repeats += b.repeats
	if over := repeated(b, walked, overlap); c.Ascending && !c.Again {
		c.Repeats += over
	}
	same := b.more && len(b.marks) > 0 && b.marks[len(b.marks)-1].id == c.Last
	if same && !c.Whole && c.Read > c.Offset {
		c.Whole, c.Offset = true, c.Read // it may count in whole pages, of which ours is a part
		return true
	}
	c.Read = c.Offset + b.size
	switch {
	case same:
		c.Stopped = "it gives the same page for every offset"
	case b.more:
		c.Stopped = c.doubt(b, most)
	}
	if n := len(b.marks); n > 0 {
		c.Last = b.marks[n-1].id
	}
	if dated := b.dated(); len(dated) > 0 {
		first, last := dated[0], dated[len(dated)-1]
		if c.Offset == 0 {
			c.First = first.created.Unix()
			c.Ascending = first.created.Before(last.created)
		}
		c.At = last.created.Unix()
	}
	c.Offset += b.size
	if b.more && !c.Whole && b.size > 1 {
		c.Offset -= max(1, b.size/backfillOverlap)
	}
	return b.more && c.Stopped == ""
}

// backfillAgain makes a finished backfill due: nothing while it is still under way.
func (r *run) backfillAgain() []*models.StreamLoop {
	l := r.find(models.LoopBackfill)
	if l == nil || !l.DueAt.IsZero() {
		return nil
	}
	var again backfillCursor
	switch c := readCursor[backfillCursor](r, l); {
	case c.Stopped != "":
		return nil // until a person lets it read on
	case c.Ascending:
		again = backfillCursor{Offset: max(0, c.Offset-panel.MaxLimit), Ascending: true, First: c.First, From: c.From,
			Newest: c.Newest, Bad: c.Bad, Reason: c.Reason, Partial: true, Allowed: c.Read + max(c.Read/10, newerMost)}
	}
	setCursor(l, again)
	l.DueAt = r.Now()
	return []*models.StreamLoop{l}
}

// backfillAnew makes a finished backfill due from the beginning: nothing while it is still under way.
func (r *run) backfillAnew() []*models.StreamLoop {
	l := r.find(models.LoopBackfill)
	if l == nil || !l.DueAt.IsZero() || readCursor[backfillCursor](r, l).Stopped != "" {
		return nil
	}
	setCursor(l, backfillCursor{})
	l.DueAt = r.Now()
	return []*models.StreamLoop{l}
}

// backfillForAside makes a finished backfill due from the beginning when it set records aside: as soon as the list's head
// has healed, else once a day.
func (r *run) backfillForAside(healed bool) []*models.StreamLoop {
	l := r.find(models.LoopBackfill)
	if l == nil {
		return nil
	}
	c := readCursor[backfillCursor](r, l)
	if c.Bad == 0 || !healed && r.Now().Sub(time.Unix(c.Ended, 0)) < day {
		return nil
	}
	return r.backfillAnew()
}

// historyStopped tells whether the history was stopped because it did not seem to end.
func (r *run) historyStopped() bool {
	l := r.find(models.LoopBackfill)
	return l != nil && readCursor[backfillCursor](r, l).Stopped != ""
}

// BackfillStopped tells whether a backfill, by its cursor, was stopped because the list did not seem to end.
func BackfillStopped(cursor []byte) bool {
	var c backfillCursor
	return json.Unmarshal(cursor, &c) == nil && c.Stopped != ""
}

// BackfillWords tells how far a backfill is, for its cursor as models.SyncStatus has it: "backfill 62 %" where the
// panel lists the oldest first, else "backfill: 4000 read".
func BackfillWords(cursor []byte) string {
	var c backfillCursor
	if err := json.Unmarshal(cursor, &c); err != nil || c.Read == 0 {
		return "backfill waits"
	}
	if c.Ascending && c.First < c.Until {
		percent := (c.At - c.First) * 100 / (c.Until - c.First)
		return fmt.Sprintf("backfill %d %%", min(max(percent, 0), 99))
	}
	return fmt.Sprintf("backfill: %d read", c.Read)
}
