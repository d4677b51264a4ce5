package handlers

import (
	"crypto/sha256"
	"sync"
)

const (
	// keptBytes is the size limit of the row cache in bytes, about ten thousand rows.
	keptBytes = 24 << 20
	// keptMessages is the size limit of the message cache in bytes, about fifty long conversations.
	keptMessages = 16 << 20
	// keptNumbers is the size limit in bytes of the cache of numbers found in messages.
	keptNumbers = 4 << 20
)

// rowName is a cache key: a hash of everything that the cached value was made from.
type rowName [sha256.Size]byte

// kept is a cache for values that are slow to make, such as rendered rows. It keeps the most recently used values. It
// has two generations: a hit moves a value to the young one. When the young generation reaches half of the limit, it
// becomes the old one and the previous old one is dropped.
type kept[V sized] struct {
	limit      int
	mu         sync.Mutex
	young, old map[rowName]V
	bytes      int // the size of the young generation
}

// sized reports the approximate memory size of a cached value in bytes.
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
