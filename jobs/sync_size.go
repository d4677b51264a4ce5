package jobs

import (
	"context"
	"errors"
	"strconv"
	"sync"

	"masterpanel/jobs/panel"
	"masterpanel/models"
)

// largeMost is how many records in a row, one per page, may be too large before the panel counts as failing.
const largeMost = 2

// tooBig returns the error of an answer that was too large, for which the caller may ask for fewer records. It
// returns nil for any other error.
func tooBig(err error) *panel.Error {
	var e *panel.Error
	if errors.As(err, &e) && e.TooBig {
		return e
	}
	return nil
}

// oversized returns the page of a single record that is too large: it quarantines the record, and the walk continues
// behind it.
func (r *run) oversized(e *panel.Error, offset int) (batch, error) {
	if r.holds.oversized() > largeMost {
		return batch{}, e
	}
	r.limits.only(r.stream.StreamKey)
	reason := "it is larger than " + strconv.Itoa(panel.MaxBody>>20) + " MiB"
	q := r.quarantined(e.FirstID, nil, reason)
	if e.FirstID == nil {
		q.Record = "place " + strconv.Itoa(offset) + " in the list"
	}
	return batch{more: true, size: 1, large: e, wrong: []int{0}, reason: reason, bad: []models.Quarantined{q},
		put: func(context.Context, *models.DB, int, int) (models.Written, error) { return models.Written{}, nil }}, nil
}

// pageLimits limits the records per page for streams whose answers were too large. The limits exist in memory only:
// after a restart the worker has to find them again, which costs a few calls.
type pageLimits struct {
	mu    sync.Mutex
	known map[models.StreamKey]int
}

// of returns how many records to ask for when the caller wants most.
func (l *pageLimits) of(key models.StreamKey, most int) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n := l.known[key]; n > 0 {
		return min(n, most)
	}
	return most
}

// fits notes that a page of n records was readable where the caller wanted most. The next page may have twice as
// many.
func (l *pageLimits) fits(key models.StreamKey, n, most int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n >= most || 2*n >= panel.MaxLimit {
		if l.known[key] <= 2*n {
			delete(l.known, key)
		}
		return
	}
	if l.known == nil {
		l.known = map[models.StreamKey]int{}
	}
	l.known[key] = 2 * n
}

// only notes that a single record was too large. The next page has one record too.
func (l *pageLimits) only(key models.StreamKey) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.known == nil {
		l.known = map[models.StreamKey]int{}
	}
	l.known[key] = 1
}

// holds is the set of reservations in the memory budget that a run has made.
type holds struct {
	mu    sync.Mutex
	all   []*panel.Hold
	large int // how many records in a row were too large, one per page
}

// oversized counts a record that was too large and returns how many came in a row.
func (h *holds) oversized() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.large++
	return h.large
}

// fits resets the count of records that were too large.
func (h *holds) fits() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.large = 0
}

func (h *holds) add(one *panel.Hold) *panel.Hold {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.all = append(h.all, one)
	return one
}

// release returns all reservations to the budget, including reservations of pages that were never written.
func (h *holds) release() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, one := range h.all {
		one.Release()
	}
	h.all = nil
}
