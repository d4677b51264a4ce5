package handlers

import (
	"context"
	"crypto/sha256"
	"time"

	"masterpanel/models"
)

const (
	// keptCounts bounds what the numbers of lists may take, in bytes: those of some thousand filters.
	keptCounts = 2 << 20
	// countAge is how old a number may be, whatever the versions say: should the word of a change be lost, a page that
	// somebody loads again tells the truth all the same.
	countAge = time.Second
)

// counted is what was counted of a list, and when that began.
type counted struct {
	shown, whole models.Count
	tabs         []models.Tab
	parts        []models.PartCount
	at           time.Time
}

// size is about how many bytes of memory it takes here.
func (c counted) size() int {
	const itself, each = 300, 100
	return itself + each*(len(c.tabs)+len(c.parts))
}

// listCounts are the numbers of a list. When a row changes, all who look at its list ask again within seconds, and nearly all
// of them for the same numbers: so they are counted once for all whose numbers they are, and again as soon as a version of
// these panels moves. The name holds the versions as they were before anything was read.
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

// countList counts a list and its tabs: by status, or its parts and then all of it.
func countList(ctx context.Context, db *models.DB, now time.Time, l listing) (c counted, err error) {
	c.at = now
	if len(l.def.Parts) == 0 {
		c.shown, c.tabs, err = db.Counts(ctx, l.viewer, l.def, l.query)
	} else {
		c.shown, c.whole, c.parts, err = db.PartCounts(ctx, l.viewer, l.def, l.query)
	}
	return c, err
}
