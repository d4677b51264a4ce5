package jobs

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"masterpanel/models"
)

// Names in Redis. All data under them can be rebuilt: its loss makes pages render once more than needed.
const (
	versionsKey     = "masterpanel:versions"
	versionsChannel = "masterpanel:versions"
)

// Version keys that belong to no single panel.
const (
	// StaffVersion changes when a staff member, their rights or their sessions change.
	StaffVersion = "staff"
	// PanelsVersion changes when a panel is added, changed, tested, paused or removed.
	PanelsVersion = "panels"
	// SyncVersion changes when a stream's state changes.
	SyncVersion = "sync"
	// ViewsVersion changes when a saved view changes, or when a person chooses another default view for a list.
	ViewsVersion = "views"
)

// ResourceVersion is the version key that changes when a panel's resource changes in the mirror.
func ResourceVersion(panelID int64, r models.Resource) string {
	return string(r) + ":" + strconv.FormatInt(panelID, 10)
}

// Versions tells every web process that data has changed. A version is an opaque word, useful only for comparison.
// Versions remembers a bump that failed and repeats it with the next one, so that a short outage of Redis hides no
// change for long.
type Versions struct {
	redis redis.UniversalClient
	mu    sync.Mutex
	owed  map[string]bool
}

// NewVersions changes versions in the given Redis.
func NewVersions(r redis.UniversalClient) *Versions {
	return &Versions{redis: r, owed: map[string]bool{}}
}

// Bump gives a new, unique version to each key, and to each key whose last bump failed. Call it after the commit of
// the change. Without keys it only repeats failed bumps.
func (v *Versions) Bump(ctx context.Context, keys ...string) error {
	v.mu.Lock()
	for _, key := range keys {
		v.owed[key] = true
	}
	keys = slices.Collect(maps.Keys(v.owed))
	clear(v.owed)
	v.mu.Unlock()
	if len(keys) == 0 {
		return nil
	}
	version := rand.Text()[:10]
	fields := make([]any, 0, 2*len(keys))
	for _, key := range keys {
		fields = append(fields, key, version)
	}
	pipe := v.redis.Pipeline()
	pipe.HSet(ctx, versionsKey, fields...)
	pipe.Publish(ctx, versionsChannel, version+" "+strings.Join(keys, " "))
	if _, err := pipe.Exec(ctx); err != nil {
		v.mu.Lock()
		defer v.mu.Unlock()
		for _, key := range keys {
			v.owed[key] = true
		}
		return fmt.Errorf("raising versions: %w", err)
	}
	return nil
}

// epochKey is a random version that is set if Redis has none. A change of it shows that Redis was emptied, together
// with the versions that tags were compared with. All processes see the same epoch.
const epochKey = "epoch"

// Limits that keep a Feed correct.
const (
	// feedReread is how often all versions are read again, in case a message was lost.
	feedReread = time.Second
	// feedStale is the age at which the copy in memory is no longer trusted.
	feedStale = 3 * time.Second
	// feedBucket makes every tag change at this interval, which limits the effect of a bump that was lost for good.
	feedBucket = 5 * time.Minute
)

// Feed is a web process's copy of all versions, so that it can detect changes without a call to Redis.
type Feed struct {
	redis redis.UniversalClient
	log   *slog.Logger
	now   func() time.Time

	mu       sync.RWMutex
	versions map[string]string
	readAt   time.Time
	lost     bool // the last read failed
}

// NewFeed makes a feed. It is empty until Run has read Redis. If now is nil, it uses time.Now.
func NewFeed(r redis.UniversalClient, log *slog.Logger, now func() time.Time) *Feed {
	if now == nil {
		now = time.Now
	}
	return &Feed{redis: r, log: log, now: now, versions: map[string]string{}}
}

// Tag returns a word that differs from an earlier one if any of the keys has changed since. ok is false while Redis
// does not answer; the caller must then treat all data as changed.
func (f *Feed) Tag(keys ...string) (tag string, ok bool) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	now := f.now()
	if now.Sub(f.readAt) > feedStale {
		return "", false
	}
	var b strings.Builder
	b.WriteString(f.versions[epochKey])
	b.WriteByte('.')
	b.WriteString(strconv.FormatInt(now.UnixNano()/int64(feedBucket), 36))
	for _, key := range keys {
		b.WriteByte('.')
		b.WriteString(f.versions[key])
	}
	return b.String(), true
}

// Lost reports whether the last read of Redis, at most a few seconds ago, failed. The queue is in the same Redis.
func (f *Feed) Lost() bool {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.lost
}

// Run updates the feed until ctx ends: from messages as they arrive, and with a full read every second.
func (f *Feed) Run(ctx context.Context) {
	messages := f.redis.Subscribe(ctx, versionsChannel)
	defer messages.Close()
	ticker := time.NewTicker(feedReread)
	defer ticker.Stop()
	f.Reread(ctx)
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			f.Reread(ctx)
		case m, open := <-messages.Channel():
			if !open {
				return
			}
			f.apply(m.Payload)
		}
	}
}

// Reread reads all versions immediately.
func (f *Feed) Reread(ctx context.Context) {
	pipe := f.redis.TxPipeline()
	pipe.HSetNX(ctx, versionsKey, epochKey, rand.Text()[:10])
	all := pipe.HGetAll(ctx, versionsKey)
	_, err := pipe.Exec(ctx)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lost = err != nil && ctx.Err() == nil
	if err != nil {
		if ctx.Err() == nil && !f.readAt.IsZero() {
			f.log.Warn("versions: cannot read, every poll renders its page in full", "error", err)
			f.readAt = time.Time{}
		}
		return
	}
	f.versions, f.readAt = all.Val(), f.now()
}

func (f *Feed) apply(message string) {
	words := strings.Fields(message)
	if len(words) < 2 {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, key := range words[1:] {
		f.versions[key] = words[0]
	}
}
