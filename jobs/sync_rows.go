package jobs

import (
	"bytes"
	"context"
	"slices"
	"time"

	"masterpanel/jobs/panel"
	"masterpanel/models"
)

// page is the part of a list to read.
type page struct {
	ascending     bool
	limit, offset int
	ids           []int64
	from, to      time.Time // creation time in whole seconds; zero means no bound. Only orders have this filter
	before        []mark    // rows of the page that is being written while this one is read
}

// reader reads one page of a resource's list.
type reader func(*run, context.Context, page) (batch, error)

// rows describes how the records P of a panel become rows M of the mirror.
type rows[P, M any] struct {
	get       func(context.Context, *panel.Client, page) (panel.Page[P], error)
	mark      func(P) mark
	translate func(models.Key, P) M
	place     func(row *M, position int) // stores the row's position in the list; nil if the position has no meaning
	// put writes a batch. missing is how many rows of the list the batch lacks.
	put func(db *models.DB, ctx context.Context, panelID int64, rows []M, missing int, fetchedAt time.Time) (models.Written, error)
}

// read reads a page, or as much of it as fits. If an answer is too large, it asks again for half as many records. If
// a single record is too large, it quarantines that record.
func (k rows[P, M]) read(r *run, ctx context.Context, q page) (batch, error) {
	most := q.limit
	if k.place == nil && len(q.ids) == 0 {
		q.limit = r.limits.of(r.stream.StreamKey, most)
	}
	for {
		b, err := k.readOnce(r, ctx, q)
		e := tooBig(err)
		switch {
		case err == nil:
			r.holds.fits()
			r.limits.fits(r.stream.StreamKey, q.limit, most)
			return b, nil
		case e == nil || k.place != nil || len(q.ids) > 0:
			return batch{}, err
		case q.limit <= 1 && e.NoRoom:
			return batch{}, err // its size is unknown; a later read may find enough memory
		case q.limit <= 1:
			return r.oversized(e, q.offset)
		}
		q.limit /= 2
	}
}

// readOnce makes the call, and translates the records that differ from the mirror.
func (k rows[P, M]) readOnce(r *run, ctx context.Context, q page) (b batch, err error) {
	var p panel.Page[P]
	hold := r.holds.add(r.budget.Hold())
	defer func() {
		if b.hold = hold; err != nil {
			hold.Release()
		}
	}()
	fetchedAt, err := r.ask(ctx, func(ctx context.Context) (err error) {
		p, err = k.get(panel.WithHold(ctx, hold), r.panel, q)
		return err
	})
	if err != nil {
		return batch{}, err
	}
	held, err := k.held(r, ctx, p, q.before)
	if err != nil {
		return batch{}, err
	}
	return k.translated(r, p, held, fetchedAt), nil
}

// held returns the marks of the records that the mirror holds byte for byte, by their place on the page. It leaves
// out records that the previous page, which is being written, changes.
func (k rows[P, M]) held(r *run, ctx context.Context, p panel.Page[P], before []mark) (map[int]mark, error) {
	if k.place != nil { // these rows also store the position, which the record lacks
		return nil, nil
	}
	ids := p.IDs()
	created, err := r.DB.Unchanged(ctx, r.stream.StreamKey, ids, p.Records)
	if err != nil {
		return nil, err
	}
	written := make(map[int64][]byte, len(before))
	for _, m := range before {
		written[m.id] = m.raw
	}
	held := make(map[int]mark, len(created))
	for i, at := range created {
		if raw, again := written[ids[i]]; !again || bytes.Equal(raw, p.Records[i]) {
			held[i] = mark{ids[i], at, p.Records[i]}
		}
	}
	return held, nil
}

// translated builds the batch of a page: a record in held needs only a mark, all others are decoded.
func (k rows[P, M]) translated(r *run, p panel.Page[P], held map[int]mark, fetchedAt time.Time) batch {
	b := batch{more: p.More, size: len(p.Records), marks: make([]mark, 0, len(p.Records))}
	var changed []M  // the rows that held lacks
	var places []int // the place of each among the marks
	var bad []panel.BadRecord
	first := make(map[int64]int, len(p.Records)) // the first place of each id on the page
	for i := range p.Records {
		m, unchanged := held[i]
		var item P
		if !unchanged {
			var unreadable *panel.BadRecord
			if item, unreadable = p.Decode(i); unreadable != nil {
				bad, b.wrong = append(bad, *unreadable), append(b.wrong, i)
				continue
			}
			m = k.mark(item)
		}
		if at, again := first[m.id]; again {
			if b.repeats++; !bytes.Equal(p.Records[at], p.Records[i]) {
				bad, b.wrong = append(bad, panel.BadRecord{Raw: p.Records[i], Err: errRepeated}), append(b.wrong, i)
			}
			continue
		}
		first[m.id] = i
		if !unchanged && r.refused(m) {
			if b.wrong = append(b.wrong, i); b.reason == "" {
				b.reason = "the database cannot store it"
			}
			continue
		}
		if unchanged {
			b.marks = append(b.marks, m)
			continue
		}
		row := k.translate(models.Key{PanelID: r.stream.PanelID, ID: m.id}, item)
		if k.place != nil {
			k.place(&row, len(b.marks))
		}
		changed, places, b.marks = append(changed, row), append(places, len(b.marks)), append(b.marks, m)
	}
	if len(bad) > 0 {
		b.bad, b.reason = r.unreadable(bad), bad[0].Err.Error()
	}
	b.put = func(ctx context.Context, db *models.DB, from, to int) (models.Written, error) {
		missing := len(b.wrong) + len(b.marks) - (to - from)
		first, _ := slices.BinarySearch(places, from)
		end, _ := slices.BinarySearch(places, to)
		written, err := k.put(db, ctx, r.stream.PanelID, changed[first:end], missing, fetchedAt)
		written.Unchanged += to - from - (end - first)
		return written, err
	}
	return b
}

// partly adapts a Put method that has no parameter missing.
func partly[M any](put func(*models.DB, context.Context, int64, []M, time.Time) (models.Written, error)) func(
	*models.DB, context.Context, int64, []M, int, time.Time) (models.Written, error) {
	return func(db *models.DB, ctx context.Context, panelID int64, rows []M, _ int, fetchedAt time.Time) (models.Written, error) {
		return put(db, ctx, panelID, rows, fetchedAt)
	}
}
