package jobs

import (
	"context"
	"errors"
	"strconv"
	"sync"

	"masterpanel/jobs/panel"
	"masterpanel/models"
)

// largeMost is how many records in a row may be too large, one a page, until the panel counts as failing.
const largeMost = 2

// tooBig is the error of an answer that was too large, for which fewer records may be asked; nil of any other.
func tooBig(err error) *panel.Error {
	var e *panel.Error
	if errors.As(err, &e) && e.TooBig {
		return e
	}
	return nil
}

// oversized is the page of a single record that is too large: it is set aside and the walk goes on behind it.
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

// pageLimits are how many records a page of a stream may have, for streams whose answers were too large. They are kept in
// memory only: without them a page is asked for a few times more.
type pageLimits struct {
	mu    sync.Mutex
	known map[models.StreamKey]int
}

// of is how many records to ask for where most are wanted.
func (l *pageLimits) of(key models.StreamKey, most int) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n := l.known[key]; n > 0 {
		return min(n, most)
	}
	return most
}

// fits notes that an answer of so many records could be read where most were wanted; the next page may have twice as many.
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

// only notes that not even one record could be read: the next page has one, too.
func (l *pageLimits) only(key models.StreamKey) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.known == nil {
		l.known = map[models.StreamKey]int{}
	}
	l.known[key] = 1
}

// holds are the places in the memory's budget that a run has taken.
type holds struct {
	mu    sync.Mutex
	all   []*panel.Hold
	large int // records in a row that were too large, at one a page
}

// oversized counts a record that was too large and returns how many were in a row.
func (h *holds) oversized() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.large++
	return h.large
}

// fits ends such a row.
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

// release gives all of them back, also those of pages that were never written.
func (h *holds) release() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, one := range h.all {
		one.Release()
	}
	h.all = nil
}
