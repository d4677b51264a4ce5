package jobs

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"masterpanel/jobs/embedredis"
	"masterpanel/models/modelstest"
)

func TestAFeedTellsWhetherAnythingHasChanged(t *testing.T) {
	t.Parallel()
	server := must(embedredis.Start(embedredis.Options{}))(t)
	t.Cleanup(server.Close)
	client := redisClient(t, server.URL())
	c := &clock{now: modelstest.Start()}
	feed, versions := NewFeed(client, slog.New(slog.DiscardHandler), c.Now), NewVersions(client)
	tag := func(keys ...string) string {
		got, ok := feed.Tag(keys...)
		if !ok {
			t.Fatal("the feed knows nothing")
		}
		return got
	}
	if _, ok := feed.Tag(PanelsVersion); ok {
		t.Error("a feed that has read nothing says that nothing has changed")
	}
	feed.Reread(t.Context())
	panels, sync := tag(PanelsVersion), tag(SyncVersion)
	if err := versions.Bump(t.Context(), PanelsVersion); err != nil {
		t.Fatal(err)
	}
	feed.Reread(t.Context())
	if tag(PanelsVersion) == panels {
		t.Error("the tag of a key that was bumped is the same")
	}
	if tag(SyncVersion) != sync {
		t.Error("the tag of another key has changed")
	}
	other := NewFeed(client, slog.New(slog.DiscardHandler), c.Now)
	other.Reread(t.Context())
	if got, _ := other.Tag(PanelsVersion); got != tag(PanelsVersion) {
		t.Error("two processes give one state two tags")
	}
	before, untouched := tag(PanelsVersion), tag(StaffVersion)
	server.FlushAll()
	feed.Reread(t.Context())
	if tag(PanelsVersion) == before || tag(StaffVersion) == untouched {
		t.Error("after a flush a tag is the same")
	}
	c.turn(feedStale + time.Second)
	if _, ok := feed.Tag(PanelsVersion); ok {
		t.Error("a feed that is stale says that nothing has changed")
	}
}

func TestABumpThatFailedIsMadeWithTheNext(t *testing.T) {
	t.Parallel()
	server := must(embedredis.Start(embedredis.Options{}))(t)
	t.Cleanup(server.Close)
	client := redisClient(t, server.URL())
	feed, versions := NewFeed(client, slog.New(slog.DiscardHandler), nil), NewVersions(client)
	feed.Reread(t.Context())
	before, _ := feed.Tag(StaffVersion)

	ended, end := context.WithCancel(t.Context())
	end()
	if err := versions.Bump(ended, StaffVersion); err == nil {
		t.Fatal("a bump without Redis succeeds")
	}
	if err := versions.Bump(t.Context()); err != nil {
		t.Fatal(err)
	}
	feed.Reread(t.Context())
	if after, _ := feed.Tag(StaffVersion); after == before {
		t.Error("the change was never announced")
	}
}

func TestAFeedLearnsOfABumpByAMessage(t *testing.T) {
	t.Parallel()
	server := must(embedredis.Start(embedredis.Options{}))(t)
	t.Cleanup(server.Close)
	client := redisClient(t, server.URL())
	feed := NewFeed(client, slog.New(slog.DiscardHandler), nil)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		feed.Run(ctx)
	}()
	eventually(t, "the feed is ready", func() bool { _, ok := feed.Tag(StaffVersion); return ok })
	before, _ := feed.Tag(StaffVersion)
	if err := NewVersions(client).Bump(t.Context(), StaffVersion); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the tag changes", func() bool { now, ok := feed.Tag(StaffVersion); return ok && now != before })
	cancel()
	<-ended
}
