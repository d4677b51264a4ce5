package handlers

import (
	"sync/atomic"
	"testing"
	"time"

	"masterpanel/jobs"
	"masterpanel/models"
	"masterpanel/models/modelstest"
)

func TestAPanelThatNobodyReadsAnyMoreIsSaidToBeBehind(t *testing.T) {
	t.Parallel()
	var late atomic.Int64 // seconds
	s := newSite(t, func(c *Config) {
		c.Now = func() time.Time { return modelstest.Now(t).Add(time.Duration(late.Load()) * time.Second) }
	})
	panel := modelstest.Panel(t, s.db, modelstest.Owner(t, s.db), "MTP", "https://mtp.example")
	s.as("owner")
	key := models.StreamKey{PanelID: panel.ID, Resource: models.Orders}
	stream, err := s.db.ClaimStream(t.Context(), key, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.db.ReleaseStream(t.Context(), stream); err != nil {
		t.Fatal(err)
	}
	fresh := s.poll("/freshness?section=orders", "span#freshness", "")
	fresh.expect(t, 200, "Synced")
	table := s.poll("/settings/sync", "section#sync-table", "")
	late.Store(60) // the worker is dead: no version changes
	s.poll("/freshness?section=orders", "span#freshness", fresh.Header.Get("HX-PTag")).expect(t, 200, "Behind: MTP",
		`title="MTP orders: Not read since`, "no worker has read it")
	s.poll("/settings/sync", "section#sync-table", table.Header.Get("HX-PTag")).expect(t, 200, "Behind")
}

func TestTheOverviewFollowsTheSync(t *testing.T) {
	t.Parallel()
	s, _ := ownersSite(t, 1)
	tag := s.poll("/", "section#home-overview", "").Header.Get("HX-PTag")
	if err := s.versions.Bump(t.Context(), jobs.SyncVersion); err != nil {
		t.Fatal(err)
	}
	s.feed.Reread(t.Context())
	s.poll("/", "section#home-overview", tag).expect(t, 200, "Orders synced")
}
