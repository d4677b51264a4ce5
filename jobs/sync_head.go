package jobs

import (
	"context"
	"fmt"
	"strings"
	"time"

	"masterpanel/models"
)

// How many pages one run of a head reads at most.
const (
	// headPages covers the changes of a busy panel during a short interruption. Beyond it the backfill runs again.
	headPages = 20
	// headPagesAtFirst shows the newest records early while the backfill is still reading the history.
	headPagesAtFirst = 3
)

// headCursor is how far a walk from the top has come; it is zero when no walk is running. At is the time by which the
// list is sorted, in unix seconds, of the last row of the previous page.
type headCursor struct {
	Pages  int   `json:"pages,omitempty"`
	Offset int   `json:"offset,omitempty"`
	At     int64 `json:"at,omitempty"`
	// Bad is how many of the records read were unreadable, and Reason is the error of the first. Lost is how many
	// pages in a row had no readable record. Repeats is how many ids came twice on a page.
	Bad     int    `json:"bad,omitempty"`
	Reason  string `json:"reason,omitempty"`
	Lost    int    `json:"lost,omitempty"`
	Repeats int    `json:"repeats,omitempty"`
}

// lostPages is how many pages in a row without one readable record a run reads. The next page may have new records,
// but the backfill reads it too.
const lostPages = 2

// trouble describes the problems that the walk found, or returns "".
func (c headCursor) trouble(r models.Resource) string {
	var said []string
	if c.Bad > 0 {
		said = append(said, fmt.Sprintf("%d of the newest %d %s cannot be read and are set aside. First reason: %s.", c.Bad, c.Offset, r, c.Reason))
	}
	if c.Repeats > 0 {
		said = append(said, fmt.Sprintf("%d of the newest ids came twice on a page.", c.Repeats))
	}
	return strings.Join(said, " ")
}

// beyond reports whether a page goes further down the list than the previous page. It may not: new records may have
// pushed already known rows down while the walk was interrupted, and such a page must not end the walk.
func (c headCursor) beyond(b batch) bool {
	dated := b.dated()
	if c.Pages == 0 || c.At == 0 || len(dated) == 0 {
		return true
	}
	return dated[len(dated)-1].created.Before(time.Unix(c.At, 0))
}

func (c *headCursor) advance(b batch) {
	c.Pages++
	c.Offset += b.size
	if c.Bad += len(b.wrong); c.Reason == "" {
		c.Reason = b.reason
	}
	c.Repeats += b.repeats
	switch {
	case len(b.marks) > 0:
		c.Lost = 0
	case b.size > 1:
		c.Lost++
	}
	if dated := b.dated(); len(dated) > 0 {
		c.At = dated[len(dated)-1].created.Unix()
	}
}

// head reads a list from its top, newest first, until a whole page brings no change: no new record in a list by
// creation, no new or changed record in a list by last update. New records push rows down during the walk, so it
// reads some rows twice and misses none. The cursor is stored with each page, so that an interrupted walk continues
// where it was. The next walk reads the records that arrived above it in the meantime.
//
// If there are more new records than one run may read, the backfill reads the rest: it runs again, from where it
// ended if the panel can list the oldest first, otherwise through the whole list.
func (r *run) head(ctx context.Context, l *models.StreamLoop) error {
	most := headPages
	if backfill := r.find(models.LoopBackfill); backfill != nil && !backfill.DueAt.IsZero() {
		most = headPagesAtFirst
	}
	if r.historyStopped() {
		most = 1 // the panel may be inventing records, and would do so here too
	}
	resumed := string(l.Cursor) != "{}"
	c := readCursor[headCursor](r, l)
	for {
		b, err := r.resource.read(r, ctx, page{limit: r.settings.RecordsPerFetch, offset: c.Offset})
		if err != nil {
			return err
		}
		beyond := c.beyond(b)
		c.advance(b)
		setCursor(l, c)
		written, err := r.keep(ctx, b, append(r.wakeOpen(), l)...)
		if err != nil {
			return err
		}
		switch {
		case !b.more || len(b.marks) > 0 && beyond && !r.newToUs(written) || c.Lost >= lostPages:
			return r.headEnds(ctx, l, resumed, r.troubled(l, c)...)
		case c.Pages >= most:
			r.troubled(l, c)
			return r.headEnds(ctx, l, resumed, r.backfillAgain()...)
		}
	}
}

// troubled stores the problems of a walk in the loop. It returns the backfill if quarantined records make it due
// again.
func (r *run) troubled(l *models.StreamLoop, c headCursor) []*models.StreamLoop {
	before := l.Trouble
	l.Trouble = c.trouble(r.stream.Resource)
	return r.backfillForAside(before != "" && l.Trouble == "")
}

func (r *run) newToUs(w models.Written) bool {
	return w.New > 0 || r.resource.byUpdate && w.Changed > 0
}

// wakeOpen makes the loop over open tickets due, because a page of the list shows which tickets to read.
func (r *run) wakeOpen() []*models.StreamLoop {
	open := r.find(models.LoopOpen)
	if open == nil || !r.resource.byUpdate {
		return nil
	}
	open.DueAt = r.Now()
	return []*models.StreamLoop{open}
}

// headEnds saves the head's next due time, and other loops with it. The next walk follows immediately if this one had
// been interrupted, to read the records that arrived in the meantime, or if staff asked for a new read while it ran.
func (r *run) headEnds(ctx context.Context, l *models.StreamLoop, resumed bool, others ...*models.StreamLoop) error {
	r.again(l, r.settings.Interval(), "as set for "+string(r.stream.Resource))
	if resumed {
		l.DueAt = r.Now()
	}
	l.Cursor = []byte("{}")
	return r.DB.Tx(ctx, func(db *models.DB) error {
		if err := r.saveLoops(ctx, db, append(others, l)...); err != nil {
			return err
		}
		again, err := db.DoneAsking(ctx, r.stream)
		if err != nil {
			return err
		}
		if r.stream.AskedAt = again; again.IsZero() {
			return nil
		}
		l.DueAt = r.Now()
		return r.saveLoops(ctx, db, l)
	})
}

// save stores loops without rows.
func (r *run) save(ctx context.Context, loops ...*models.StreamLoop) error {
	return r.DB.Tx(ctx, func(db *models.DB) error { return r.saveLoops(ctx, db, loops...) })
}

func (r *run) saveLoops(ctx context.Context, db *models.DB, loops ...*models.StreamLoop) error {
	for _, l := range loops {
		if err := db.SaveLoop(ctx, r.stream, *l); err != nil {
			return err
		}
	}
	return nil
}
