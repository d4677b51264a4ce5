package handlers

import (
	"context"
	"sync"
	"time"

	"masterpanel/jobs"
	"masterpanel/models"
)

// viewCountAge is the maximum age of the count on a view's tab.
const viewCountAge = 30 * time.Second

// mostCachedViews limits the entries in each part of the cache. A full part is cleared.
const mostCachedViews = 10_000

// viewCache caches people's saved views, so that an unchanged poll needs no database. It also caches the counts on
// their tabs, so that a page with many views costs little more than a page without views.
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

// countKey identifies a view and every input of its count except the rows.
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

// savedViews returns the viewer's views of a list, and a tag that changes when they may have changed. It takes the tag
// before it reads the views.
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

// drop clears all cached views after a change in this process, because the announcement of the change may arrive later.
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
