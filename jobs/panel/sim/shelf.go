package sim

import (
	"cmp"
	"slices"
)

// record is a row with a place in creation order: an order, user, payment, ticket or service.
type record interface {
	place() (created, id int64)
}

// shelf keeps rows by id and sorted by (created, id), so that a page of a long list is a slice of it, and a binary
// search finds a creation window.
type shelf[T record] struct {
	rows []T
	byID map[int64]T
}

func newShelf[T record]() shelf[T] {
	return shelf[T]{byID: make(map[int64]T)}
}

func before(a record, created, id int64) int {
	c, i := a.place()
	return cmp.Or(cmp.Compare(c, created), cmp.Compare(i, id))
}

// add inserts a row in its place, which is nearly always the end.
func (s *shelf[T]) add(row T) {
	created, id := row.place()
	s.byID[id] = row
	if n := len(s.rows); n == 0 || before(s.rows[n-1], created, id) < 0 {
		s.rows = append(s.rows, row)
		return
	}
	at := s.find(created, id)
	s.rows = slices.Insert(s.rows, at, row)
}

// move moves a row whose creation time has changed to its new place.
func (s *shelf[T]) move(row T, oldCreated int64) {
	_, id := row.place()
	at := slices.IndexFunc(s.rows, func(r T) bool { _, i := r.place(); return i == id })
	if created, _ := row.place(); at < 0 || created == oldCreated {
		return
	}
	s.rows = slices.Delete(s.rows, at, at+1)
	s.add(row)
}

// drop deletes a row.
func (s *shelf[T]) drop(id int64) {
	delete(s.byID, id)
	s.rows = slices.DeleteFunc(s.rows, func(row T) bool { _, i := row.place(); return i == id })
}

// find returns the index of the first row at or after (created, id).
func (s *shelf[T]) find(created, id int64) int {
	at, _ := slices.BinarySearchFunc(s.rows, 0, func(r T, _ int) int { return before(r, created, id) })
	return at
}

// window returns the rows created from..to, both inclusive, oldest first. It shares memory with the shelf.
func (s *shelf[T]) window(from, to int64) []T {
	const first = -1 << 63
	low := s.find(from, first)
	high := len(s.rows)
	if to < 1<<62 {
		high = s.find(to+1, first)
	}
	return s.rows[low:max(low, high)]
}

// some returns the rows with the given ids, each once, in creation order. It skips unknown ids.
func (s *shelf[T]) some(ids []int64) []T {
	var list []T
	seen := make(map[int64]bool, len(ids))
	for _, id := range ids {
		if row, ok := s.byID[id]; ok && !seen[id] {
			seen[id] = true
			list = append(list, row)
		}
	}
	slices.SortFunc(list, func(a, b T) int {
		created, id := b.place()
		return before(a, created, id)
	})
	return list
}
