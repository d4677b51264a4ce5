package handlers

import "sync"

// keptBytes bounds what the written rows may take, in bytes: some ten thousand rows.
const keptBytes = 24 << 20

// keptRows remembers rows as they were written, those that are looked at for longest. It has two generations: what is
// looked at moves to the young one, and when that has half of the limit it becomes the old one, and what was old is
// forgotten.
type keptRows struct {
	limit      int
	mu         sync.Mutex
	young, old map[rowName]writtenRow
	size       int // of the young ones
}

func newKeptRows(limit int) *keptRows {
	return &keptRows{limit: limit, young: map[rowName]writtenRow{}}
}

func (k *keptRows) get(name rowName) (writtenRow, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if row, ok := k.young[name]; ok {
		return row, true
	}
	row, ok := k.old[name]
	if ok {
		k.add(name, row)
	}
	return row, ok
}

func (k *keptRows) put(name rowName, row writtenRow) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.add(name, row)
}

func (k *keptRows) add(name rowName, row writtenRow) {
	size := row.size()
	if k.size+size > k.limit/2 {
		k.old, k.young, k.size = k.young, map[rowName]writtenRow{}, 0
	}
	if _, there := k.young[name]; !there && size <= k.limit/2 {
		k.young[name] = row
		k.size += size
	}
}

// size is about how many bytes of memory a row takes here.
func (r writtenRow) size() int {
	const perRow, perCell = 200, 16
	size := perRow + len(r.open) + perCell*len(r.cells)
	for _, cell := range r.cells {
		size += len(cell)
	}
	return size
}
