package handlers

import (
	"crypto/sha256"
	"sync"
)

const (
	// keptBytes bounds what the written rows may take, in bytes: some ten thousand rows.
	keptBytes = 24 << 20
	// keptMessages bounds what written messages may take: those of some fifty long conversations.
	keptMessages = 16 << 20
	// keptNumbers bounds what the numbers may take that messages name.
	keptNumbers = 4 << 20
)

// rowName names what something looks like: it is a fingerprint of all that its look is made from.
type rowName [sha256.Size]byte

// kept remembers what took long to make, such as rows as they were written, by such a name: what is looked at for longest.
// It has two generations: what is looked at moves to the young one, and when that has half of the limit it becomes the old
// one, and what was old is forgotten.
type kept[V sized] struct {
	limit      int
	mu         sync.Mutex
	young, old map[rowName]V
	bytes      int // of the young ones
}

// sized tells about how many bytes of memory it takes here.
type sized interface{ size() int }

func newKept[V sized](limit int) *kept[V] {
	return &kept[V]{limit: limit, young: map[rowName]V{}}
}

func (k *kept[V]) get(name rowName) (V, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if value, ok := k.young[name]; ok {
		return value, true
	}
	value, ok := k.old[name]
	if ok {
		k.add(name, value)
	}
	return value, ok
}

func (k *kept[V]) put(name rowName, value V) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.add(name, value)
}

func (k *kept[V]) add(name rowName, value V) {
	size := value.size()
	if k.bytes+size > k.limit/2 {
		k.old, k.young, k.bytes = k.young, map[rowName]V{}, 0
	}
	if _, there := k.young[name]; !there && size <= k.limit/2 {
		k.young[name] = value
		k.bytes += size
	}
}
