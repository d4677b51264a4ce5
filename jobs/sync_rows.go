package jobs

import (
	"bytes"
	"context"
	"slices"
	"time"

	"masterpanel/jobs/panel"
	"masterpanel/models"
)

// page is which part of a list is wanted.
type page struct {
	ascending     bool
	limit, offset int
	ids           []int64
	from, to      time.Time // of creation, in whole seconds; zero has no bound. Only orders can be asked for so
	before        []mark    // of the page that is being written while this one is read
}

// reader reads one page of a resource's list.
type reader func(*run, context.Context, page) (batch, error)

// rows describes how the records P of a panel become rows M of the mirror.
type rows[P, M any] struct {
	get       func(context.Context, *panel.Client, page) (panel.Page[P], error)
	mark      func(P) mark
	translate func(models.Key, P) M
	place     func(row *M, position int) // notes the row's place in the list; nil where it means nothing
	// put writes a batch; missing is how many rows of the list are not in it.
	put func(db *models.DB, ctx context.Context, panelID int64, rows []M, missing int, fetchedAt time.Time) (models.Written, error)
}

// read reads a page, or what fits of it: an answer that is too large is asked for again with half as many records, and a
// single record that is too large is set aside.
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
			return batch{}, err // its size is not known; a later read has room
		case q.limit <= 1:
			return r.oversized(e, q.offset)
		}
		q.limit /= 2
	}
}

// readOnce makes the call and translates what its answer changes.
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

// held is which records of a page the mirror holds byte for byte, by their place in the page, with their marks. What
// the page before is about to change is not held.
func (k rows[P, M]) held(r *run, ctx context.Context, p panel.Page[P], before []mark) (map[int]mark, error) {
	if k.place != nil { // the rows hold more than their records
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

// translated makes the batch of a page: what is held needs a mark only, all else is decoded.
func (k rows[P, M]) translated(r *run, p panel.Page[P], held map[int]mark, fetchedAt time.Time) batch {
	b := batch{more: p.More, size: len(p.Records), marks: make([]mark, 0, len(p.Records))}
	var changed []M  // what is not held
	var places []int // of each of these among the marks
	var bad []panel.BadRecord
	first := make(map[int64]int, len(p.Records)) // where each id is on the page
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
				b.reason = "the database cannot hold it"
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

// partly adapts a Put that does not care what is missing.
func partly[M any](put func(*models.DB, context.Context, int64, []M, time.Time) (models.Written, error)) func(
	*models.DB, context.Context, int64, []M, int, time.Time) (models.Written, error) {
	return func(db *models.DB, ctx context.Context, panelID int64, rows []M, _ int, fetchedAt time.Time) (models.Written, error) {
		return put(db, ctx, panelID, rows, fetchedAt)
	}
}
