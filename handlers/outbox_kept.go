package handlers

import (
	"sync"

	"masterpanel/models"
)

// fromOutbox caches one value per person that depends only on the actions they may see. So it costs no query until one
// of these actions changes.
type fromOutbox[V any] struct {
	mu   sync.Mutex
	held map[int64]taggedValue[V]
}

type taggedValue[V any] struct {
	tag   string
	value V
}

func newFromOutbox[V any]() *fromOutbox[V] { return &fromOutbox[V]{held: map[int64]taggedValue[V]{}} }

// whileNoneMoved returns the cached value if no action has changed since; otherwise it calls read. It takes the tag
// before it reads, so the value is at least as new as the tag.
func whileNoneMoved[V any](a *app, k *fromOutbox[V], v models.Viewer, read func() (V, error)) (V, error) {
	tag := a.tag(v, "outbox", outboxKeys(v)...)
	if value, ok := k.get(v.StaffID, tag); ok {
		return value, nil
	}
	value, err := read()
	if err == nil && tag != "" {
		k.put(v.StaffID, taggedValue[V]{tag, value})
	}
	return value, err
}

func (k *fromOutbox[V]) get(staffID int64, tag string) (V, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	held, ok := k.held[staffID]
	return held.value, ok && held.tag == tag && tag != ""
}

func (k *fromOutbox[V]) put(staffID int64, held taggedValue[V]) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.held) >= mostCachedViews {
		clear(k.held)
	}
	k.held[staffID] = held
}
