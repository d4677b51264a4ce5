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
	if cutoff := r.settings.Cutoff(r.Now()); c.Offset == 0 && !cutoff.IsZero() {
		c.From = cutoff.Unix()
	}
	for next := r.readAhead(ctx, c.page(nil)); next != nil; {
		b, err := next()
		if err != nil {
			return err
		}
		if err := c.advance(b, r.Now()); err != nil {
			return err
		}
		setCursor(l, c)
		l.IntervalSeconds, l.IntervalReason, l.LastSuccessAt = 0, "everything there ever was", r.Now()
		l.DueAt = r.Now()
		if !b.more {
			l.DueAt = time.Time{}
		}
		next = nil
		if b.more && r.mayGoOn() {
			next = r.readAhead(ctx, c.page(b.marks))
		}
		if _, err := r.keep(ctx, b, append(r.wakeOpen(), l)...); err != nil {
			cancel()
			if next != nil {
				_, _ = next() // its call counts all the same
			}
			return err
		}
	}
	return nil
}

// page is the part of the list to read now, after a page with the given rows, which are just being written.
func (c backfillCursor) page(before []mark) page {
	q := page{ascending: true, limit: panel.MaxLimit, offset: c.Offset, before: before}
	if c.From > 0 { // only orders can be asked for so; what is too old of the others is read and not stored
		q.from = time.Unix(c.From-1, 0) // whether bounds are included is not known
	}
	return q
}

// advance moves the cursor past a page.
func (c *backfillCursor) advance(b batch, now time.Time) error {
	if c.Until == 0 {
		c.Until = now.Unix()
	}
	size := len(b.marks) + len(b.bad)
	if n := len(b.marks); n > 0 {
		first, last := b.marks[0], b.marks[n-1]
		if b.more && last.id == c.Last {
			return &panel.Error{Op: "GET", Class: panel.ErrShape, Sent: true, Words: "it gives the same page for every offset"}
		}
		if c.Offset == 0 {
			c.First = first.created.Unix()
			c.Ascending = first.created.Before(last.created)
		}
		c.Last, c.At = last.id, last.created.Unix()
	}
	c.Read = c.Offset + size
	c.Offset += size
	if b.more {
		c.Offset -= size / backfillOverlap
	}
	return nil
}

// backfillAgain makes a finished backfill due: nothing while it is still under way.
func (r *run) backfillAgain() []*models.StreamLoop {
	l := r.find(models.LoopBackfill)
	if l == nil || !l.DueAt.IsZero() {
		return nil
	}
	var again backfillCursor
	if c := readCursor[backfillCursor](r, l); c.Ascending {
		again = backfillCursor{Offset: max(0, c.Offset-panel.MaxLimit), Ascending: true, First: c.First, From: c.From}
	}
	setCursor(l, again)
	l.DueAt = r.Now()
	return []*models.StreamLoop{l}
}

// backfillAnew makes a finished backfill due from the beginning: nothing while it is still under way.
func (r *run) backfillAnew() []*models.StreamLoop {
	l := r.find(models.LoopBackfill)
	if l == nil || !l.DueAt.IsZero() {
		return nil
	}
	setCursor(l, backfillCursor{})
	l.DueAt = r.Now()
	return []*models.StreamLoop{l}
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
