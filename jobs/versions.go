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

// Names in Redis. Everything under them can be rebuilt: losing it makes pages render once more than needed.
const (
	versionsKey     = "masterpanel:versions"
	versionsChannel = "masterpanel:versions"
)

// Version keys that concern no single panel.
const (
	// StaffVersion moves when a staff member, their rights or their sessions change.
	StaffVersion = "staff"
	// PanelsVersion moves when a panel is added, changed, tested, paused or removed.
	PanelsVersion = "panels"
	// SyncVersion moves when a stream's state changes.
	SyncVersion = "sync"
	// ViewsVersion moves when a saved view changes, or which one somebody's list begins with.
	ViewsVersion = "views"
)

// ResourceVersion is the key that moves when a panel's resource changes in the mirror.
func ResourceVersion(panelID int64, r models.Resource) string {
	return string(r) + ":" + strconv.FormatInt(panelID, 10)
}

// Versions tells every web process that something has changed. A version is an opaque word, only good for comparing.
// A move that failed is owed and made with the next one, so that an interruption of Redis hides no change for long.
type Versions struct {
	redis redis.UniversalClient
	mu    sync.Mutex
	owed  map[string]bool
}

// NewVersions moves versions in the given Redis.
func NewVersions(r redis.UniversalClient) *Versions {
	return &Versions{redis: r, owed: map[string]bool{}}
}

// Bump gives each key, and each that is owed, a version that it never had. Call it after the commit of what changed;
// without keys it pays what is owed.
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
		return fmt.Errorf("moving versions: %w", err)
	}
	return nil
}

// epochKey is a version that is drawn when there is none: it tells that Redis was emptied, and everything in it that
// was compared with is gone. All processes see the same one.
const epochKey = "epoch"

// How a Feed stays right.
const (
	// feedReread is how often everything is read again, for what a lost message did not tell.
	feedReread = time.Second
	// feedStale is the age at which what is in memory is no longer trusted.
	feedStale = 3 * time.Second
	// feedBucket makes every tag change now and then, which bounds the harm of a bump that was lost for good.
	feedBucket = 5 * time.Minute
)

// Feed is a web process's copy of all versions, so that "has anything changed?" is answered from memory.
type Feed struct {
	redis redis.UniversalClient
	log   *slog.Logger
	now   func() time.Time

	mu       sync.RWMutex
	versions map[string]string
	readAt   time.Time
	lost     bool // the last read failed
}

// NewFeed makes a feed; it knows nothing until Run has read Redis. now nil is time.Now.
func NewFeed(r redis.UniversalClient, log *slog.Logger, now func() time.Time) *Feed {
	if now == nil {
		now = time.Now
	}
	return &Feed{redis: r, log: log, now: now, versions: map[string]string{}}
}

// Tag is a word that differs from an earlier one if any of the keys has moved since. ok is false while Redis does not
// answer: then nothing may be taken as unchanged.
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

// Lost tells whether Redis, and the queue in it, did not answer when it was last read, at most a few seconds ago.
func (f *Feed) Lost() bool {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.lost
}

// Run keeps the feed until ctx ends: by messages as they come, and by reading all every second.
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

// Reread reads all versions now.
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
			f.log.Warn("versions are unknown: pages are rendered in full", "error", err)
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
