package jobs

import (
	"context"
	"fmt"
	"strings"
	"time"

	"masterpanel/models"
)

// Pages that one run of a head reads at most.
const (
	// headPages is enough for what a busy panel does while we are away for a while; beyond it the backfill goes again.
	headPages = 20
	// headPagesAtFirst makes the newest visible at once while the history is still to be read.
	headPagesAtFirst = 3
)

// headCursor is how far a walk from the top has come; zero when none is under way. At is the last row of the page
// before: the time by which the list is sorted, in unix seconds.
type headCursor struct {
	Pages  int   `json:"pages,omitempty"`
	Offset int   `json:"offset,omitempty"`
	At     int64 `json:"at,omitempty"`
	// Bad of the records that were read could not be, the first because of Reason; Lost is how many whole pages in a row.
	// Repeats is how many ids came twice on a page.
	Bad     int    `json:"bad,omitempty"`
	Reason  string `json:"reason,omitempty"`
	Lost    int    `json:"lost,omitempty"`
	Repeats int    `json:"repeats,omitempty"`
}

// lostPages is how many pages without one readable record a run reads: another may have new ones, but the backfill comes
// there too.
const lostPages = 2

// trouble says what the walk found wrong; "" when nothing is.
func (c headCursor) trouble(r models.Resource) string {
	var said []string
	if c.Bad > 0 {
		said = append(said, fmt.Sprintf("%d of the newest %d %s cannot be read and are set aside, the first because of this: %s.", c.Bad, c.Offset, r, c.Reason))
	}
	if c.Repeats > 0 {
		said = append(said, fmt.Sprintf("%d of the newest ids came twice on a page.", c.Repeats))
	}
	return strings.Join(said, " ")
}

// beyond tells whether a page goes further down the list than the page before. One that does not, because arrivals
// pushed it down while the walk was interrupted, is known only since then.
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

// head reads a list from its top, newest first, until a whole page brings nothing that is new to us: nothing new in a
// list by creation, nothing new or changed in a list by last update. Rows that arrive meanwhile push others down, so
// that some are read twice and none is missed. The cursor is stored with each page that brought something, so that an
// interrupted walk goes on where it was; what arrived above it meanwhile is the next one's.
//
// If there is more that is new than a run may read, the rest is the backfill's: it goes again, from where it ended if
// the panel can list the oldest first, else all the way.
func (r *run) head(ctx context.Context, l *models.StreamLoop) error {
	most := headPages
	if backfill := r.find(models.LoopBackfill); backfill != nil && !backfill.DueAt.IsZero() {
		most = headPagesAtFirst
	}
	if r.historyStopped() {
		most = 1 // the panel may invent records, and would go on here
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

// troubled notes in the loop what a walk found wrong. It returns the backfill if it is due again because of records that
// were set aside.
func (r *run) troubled(l *models.StreamLoop, c headCursor) []*models.StreamLoop {
	before := l.Trouble
	l.Trouble = c.trouble(r.stream.Resource)
	return r.backfillForAside(before != "" && l.Trouble == "")
}

func (r *run) newToUs(w models.Written) bool {
	return w.New > 0 || r.resource.byUpdate && w.Changed > 0
}

// wakeOpen makes the loop over open tickets due: a page of the list says which tickets to read.
func (r *run) wakeOpen() []*models.StreamLoop {
	open := r.find(models.LoopOpen)
	if open == nil || !r.resource.byUpdate {
		return nil
	}
	open.DueAt = r.Now()
	return []*models.StreamLoop{open}
}

// headEnds saves the head's next due time, and other loops with it. A walk that had been interrupted is followed by
// another at once, for what came meanwhile; so is one during which staff asked for another.
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
