package handlers

import (
	"context"
	"sync"
	"time"

	"masterpanel/jobs"
	"masterpanel/models"
)

// viewCountAge is how old the number on a view's tab may be.
const viewCountAge = 30 * time.Second

// mostCachedViews bounds each part of the cache; a full one begins anew.
const mostCachedViews = 10_000

// viewCache remembers people's saved views, so that an unchanged poll needs no database, and the numbers on their tabs,
// so that a page with many views costs little more than one with none.
type viewCache struct {
	now    func() time.Time
	mu     sync.Mutex
	views  map[viewsKey]heldViews
	counts map[countKey]heldCount
}

type viewsKey struct {
	staffID int64
	list    string
}

type heldViews struct {
	views []models.SavedView
	tag   string
}

// countKey is a view with all that its number depends on beside the rows.
type countKey struct {
	staffID, viewID int64
	query           string
}

type heldCount struct {
	n  models.Count
	at time.Time
}

func newViewCache(now func() time.Time) *viewCache {
	return &viewCache{now: now, views: map[viewsKey]heldViews{}, counts: map[countKey]heldCount{}}
}

// savedViews are the viewer's views of a list, and a tag that moves when they may have changed, taken before they were
// read.
func (a *app) savedViews(ctx context.Context, v models.Viewer, l *models.List) (views []models.SavedView, tag string, err error) {
	key := viewsKey{v.StaffID, l.Noun}
	tag, known := a.Feed.Tag(jobs.ViewsVersion, jobs.StaffVersion)
	if views, ok := a.saved.get(key, tag); ok && known {
		return views, tag, nil
	}
	views, err = a.DB.SavedViews(ctx, v, l)
	if err == nil && known {
		a.saved.put(key, heldViews{views, tag})
	}
	return views, tag, err
}

func (s *viewCache) get(key viewsKey, tag string) ([]models.SavedView, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	held, ok := s.views[key]
	return held.views, ok && held.tag == tag
}

func (s *viewCache) put(key viewsKey, held heldViews) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.views) >= mostCachedViews {
		clear(s.views)
	}
	s.views[key] = held
}

// drop forgets all views: one was changed here, and the word of it may still be on its way.
func (s *viewCache) drop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.views)
}

func (s *viewCache) count(key countKey) (models.Count, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	held, ok := s.counts[key]
	return held.n, ok && s.now().Sub(held.at) < viewCountAge
}

func (s *viewCache) putCount(key countKey, n models.Count) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.counts) >= mostCachedViews {
		clear(s.counts)
	}
	s.counts[key] = heldCount{n, s.now()}
}
