package jobs

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"masterpanel/jobs/panel"
	"masterpanel/models"
)

// backfillOverlap is the part of a page that the next page reads again. If a few rows vanish from the list in the
// meantime and the others move up, the overlap keeps the walk from missing any.
const backfillOverlap = 100 // one row in so many

// backfillCursor is how far the backfill has read the history.
type backfillCursor struct {
	Offset int   `json:"offset"`
	Read   int   `json:"read"`
	Last   int64 `json:"last,omitempty"` // id of the last row of the previous page
	// Ascending is true if the panel lists the oldest record first. First and At are the creation times of the first
	// row of the list and of the last row read. Until is when the walk began. All are in unix seconds.
	Ascending bool  `json:"ascending,omitempty"`
	First     int64 `json:"first,omitempty"`
	At        int64 `json:"at,omitempty"`
	Until     int64 `json:"until,omitempty"`
	// From is the retention's cutoff when the walk began, in unix seconds; 0 means the whole history. It stays fixed
	// during the walk, because a new cutoff would shift the offsets.
	From int64 `json:"from,omitempty"`
	// Bad is how many records were quarantined, and Reason is the error of the first. Repeats is how many ids came
	// twice.
	Bad     int    `json:"bad,omitempty"`
	Reason  string `json:"reason,omitempty"`
	Repeats int    `json:"repeats,omitempty"`
	// Whole means that pages do not overlap, for a panel that counts in whole pages. Again means that this walk reads
	// the list a second time, newest first and in pages of another size, because ids came twice. Partial means that
	// the walk began in the middle.
	Whole   bool `json:"whole,omitempty"`
	Again   bool `json:"again,omitempty"`
	Partial bool `json:"partial,omitempty"`
	// Ended is when the walk ended, in unix seconds. Stopped is the reason if it ended before the list did.
	Ended   int64  `json:"ended,omitempty"`
	Stopped string `json:"stopped,omitempty"`
	// These fields check that the list is plausible, see doubt. Newest is the largest id when the walk began.
	Newest  int64 `json:"newest,omitempty"`
	Low     int64 `json:"low,omitempty"`
	High    int   `json:"high,omitempty"`
	Beyond  int   `json:"beyond,omitempty"`
	Stuck   int   `json:"stuck,omitempty"`
	Same    int   `json:"same,omitempty"`
	Future  int   `json:"future,omitempty"`
	Allowed int   `json:"allowed,omitempty"` // up to this many records are not checked
}

// backfill reads the whole history in large pages, oldest first if the panel supports that: new records are then at
// the end and shift no row. If the list comes newest first all the same, new records push rows down, from places
// already read to places still to read, so the walk misses none either. It ends with the first page that is not full.
// After an interruption it continues from its cursor.
//
// While a page is being written, the next one is being read, and never more than one: so the panel, this process and
// PostgreSQL work in parallel. The cursor moves only with rows that are written, so a page in memory may be lost at
// any moment. The backfill makes way for the head after every page, once the page that is already being read is
// written.
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
		l.IntervalSeconds, l.IntervalReason, l.LastSuccessAt = 0, "the whole history", r.Now()
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
				_, _ = next() // records its call
			}
			return err
		}
		if !more && c.Stopped == "" && !c.Partial {
			return r.DB.ForgetNameless(ctx, r.stream.StreamKey, time.Unix(c.Until, 0))
		}
	}
	return nil
}

// beginBackfill sets the fields of the cursor that a walk needs from its start.
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

// endBackfill ends a walk. If ids came twice in the list, it starts a second walk instead: a panel whose order is not
// stable may have left other records out, and these appear in other pages.
func (r *run) endBackfill(c *backfillCursor, l *models.StreamLoop) {
	if c.Repeats > 0 && !c.Again && c.Stopped == "" {
		*c = backfillCursor{Again: true, Repeats: c.Repeats, From: c.From, Newest: c.Newest, Allowed: c.Allowed}
		return
	}
	c.Ended, l.DueAt = r.Now().Unix(), time.Time{}
}

// page returns the part of the list to read now. before holds the rows of the previous page, which are being written.
func (c backfillCursor) page(before []mark) page {
	q := page{ascending: true, limit: panel.MaxLimit, offset: c.Offset, before: before}
	if c.Again {
		q.ascending, q.limit = false, panel.MaxLimit*7/10
	}
	if c.From > 0 { // only orders can be filtered by date; of the other resources, records that are too old are read but not stored
		q.from = time.Unix(c.From-1, 0) // whether the panel includes the bounds is unknown
	}
	return q
}

// advance moves the cursor past a page and reports whether the walk continues. most is the largest number of records
// that a history may have.
func (c *backfillCursor) advance(b batch, walked map[int64]bool, now time.Time, most int) (more bool) {
	if c.Until == 0 {
		c.Until = now.Unix()
	}
	overlap := max(0, c.Read-c.Offset)
	for _, at := range b.wrong {
		if at >= overlap { // otherwise the previous page counted it already
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
		c.Whole, c.Offset = true, c.Read // the panel may count in whole pages, of which ours is a part
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

// backfillAgain makes a finished backfill due. It does nothing while a backfill is still running.
func (r *run) backfillAgain() []*models.StreamLoop {
	l := r.find(models.LoopBackfill)
	if l == nil || !l.DueAt.IsZero() {
		return nil
	}
	var again backfillCursor
	switch c := readCursor[backfillCursor](r, l); {
	case c.Stopped != "":
		return nil // a person has to allow it to continue
	case c.Ascending:
		again = backfillCursor{Offset: max(0, c.Offset-panel.MaxLimit), Ascending: true, First: c.First, From: c.From,
			Newest: c.Newest, Bad: c.Bad, Reason: c.Reason, Partial: true, Allowed: c.Read + max(c.Read/10, newerMost)}
	}
	setCursor(l, again)
	l.DueAt = r.Now()
	return []*models.StreamLoop{l}
}

// backfillAnew makes a finished backfill due from the start. It does nothing while a backfill is still running.
func (r *run) backfillAnew() []*models.StreamLoop {
	l := r.find(models.LoopBackfill)
	if l == nil || !l.DueAt.IsZero() || readCursor[backfillCursor](r, l).Stopped != "" {
		return nil
	}
	setCursor(l, backfillCursor{})
	l.DueAt = r.Now()
	return []*models.StreamLoop{l}
}

// backfillForAside makes a finished backfill that quarantined records due from the start: as soon as the head reads
// all records again, otherwise once a day.
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

// historyStopped reports whether the backfill was stopped because the list seemed endless.
func (r *run) historyStopped() bool {
	l := r.find(models.LoopBackfill)
	return l != nil && readCursor[backfillCursor](r, l).Stopped != ""
}

// BackfillStopped reports whether a backfill with this cursor was stopped because the list seemed endless.
func BackfillStopped(cursor []byte) bool {
	var c backfillCursor
	return json.Unmarshal(cursor, &c) == nil && c.Stopped != ""
}

// BackfillWords describes the progress of a backfill from its cursor in models.SyncStatus: "backfill 62 %" if the
// panel lists the oldest first, otherwise "backfill: 4000 read".
func BackfillWords(cursor []byte) string {
	var c backfillCursor
	if err := json.Unmarshal(cursor, &c); err != nil || c.Read == 0 {
		return "backfill not started"
	}
	if c.Ascending && c.First < c.Until {
		percent := (c.At - c.First) * 100 / (c.Until - c.First)
		return fmt.Sprintf("backfill %d %%", min(max(percent, 0), 99))
	}
	return fmt.Sprintf("backfill: %d read", c.Read)
}
