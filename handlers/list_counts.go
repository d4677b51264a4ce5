package handlers

import (
	"context"
	"crypto/sha256"
	"time"

	"masterpanel/models"
)

const (
	// keptCounts is the size limit of the count cache in bytes, about a thousand filter combinations.
	keptCounts = 2 << 20
	// countAge is the maximum age of a cached count, even if the versions are unchanged. If the announcement of a
	// change is lost, a reload of the page still shows the correct count.
	countAge = time.Second
)

// counted holds the counts of a list and the time when counting began.
type counted struct {
	shown, whole models.Count
	tabs         []models.Tab
	parts        []models.PartCount
	at           time.Time
}

// size is the approximate memory size in bytes.
func (c counted) size() int {
	const itself, each = 300, 100
	return itself + each*(len(c.tabs)+len(c.parts))
}

// listCounts returns the counts of a list. When a row changes, every open list polls within seconds, mostly for the
// same counts. So equal counts are computed once and shared, until a version of these panels changes. The cache key
// contains the versions as they were before any data was read.
func (a *app) listCounts(ctx context.Context, db *models.DB, l listing) (counted, error) {
	key := l.def.CountKey(l.viewer, l.query)
	if key == "" || l.versions == "" {
		return countList(ctx, db, a.Now(), l)
	}
	name := rowName(sha256.Sum256(texts(nil, "counts", key, l.versions)))
	if held, ok := a.counts.get(name); ok && a.Now().Sub(held.at) < countAge {
		return held, nil
	}
	c, err, _ := a.counting.Do(string(name[:]), func() (any, error) {
		c, err := countList(ctx, db, a.Now(), l)
		if err == nil {
			a.counts.put(name, c)
		}
		return c, err
	})
	return c.(counted), err
}

// countList counts a list and its tabs: one tab per status, or one per part plus one for the whole list.
func countList(ctx context.Context, db *models.DB, now time.Time, l listing) (c counted, err error) {
	c.at = now
	if len(l.def.Parts) == 0 {
		c.shown, c.tabs, err = db.Counts(ctx, l.viewer, l.def, l.query)
	} else {
		c.shown, c.whole, c.parts, err = db.PartCounts(ctx, l.viewer, l.def, l.query)
	}
	return c, err
}
