package jobs

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

// How calls are counted.
const (
	// CountBucket is the time that one count stands for.
	CountBucket = 10 * time.Second
	// CountBuckets is how many counts of each lane a page gets: five minutes.
	CountBuckets = 30
	countLife    = CountBucket * (CountBuckets + 6)
)

// LaneUse is how much of a panel's budget one lane used lately.
type LaneUse struct {
	Lane Lane
	// Calls has one count for each CountBucket, the oldest first; the last is of the bucket that is still running.
	Calls []int
}

// Total is the number of calls in all buckets.
func (u LaneUse) Total() int {
	total := 0
	for _, n := range u.Calls {
		total += n
	}
	return total
}

// CallCounts tells who used the calls that panels allow. The counts are Redis's only: they are for a picture, and an
// emptied Redis begins a new one.
type CallCounts struct {
	redis redis.UniversalClient
	now   func() time.Time
}

// NewCallCounts reads counts from the given Redis. now nil is time.Now.
func NewCallCounts(r redis.UniversalClient, now func() time.Time) *CallCounts {
	if now == nil {
		now = time.Now
	}
	return &CallCounts{redis: r, now: now}
}

// Budget returns the calls to a panel in the last five minutes: one LaneUse for each of Lanes, in that order, each with
// CountBuckets counts. Whether the caller may see the panel is theirs to ask first. Calls of workers without a limit
// are not counted.
func (c *CallCounts) Budget(ctx context.Context, panelID int64) ([]LaneUse, error) {
	now := c.now()
	pipe := c.redis.Pipeline()
	counts := make([]*redis.MapStringStringCmd, CountBuckets)
	for i := range counts {
		counts[i] = pipe.HGetAll(ctx, countKey(panelID, now.Add(-CountBucket*time.Duration(CountBuckets-1-i))))
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return nil, fmt.Errorf("reading the calls to panel %d: %w", panelID, err)
	}
	uses := make([]LaneUse, len(Lanes))
	for i, lane := range Lanes {
		uses[i] = LaneUse{Lane: lane, Calls: make([]int, CountBuckets)}
		for j, count := range counts {
			n, err := strconv.Atoi(count.Val()[string(lane)])
			if err == nil {
				uses[i].Calls[j] = n
			}
		}
	}
	return uses, nil
}

// countKey is where calls at a moment are counted, near the panel's window.
func countKey(panelID int64, at time.Time) string {
	return windowKey(panelID) + ":calls:" + strconv.FormatInt(at.UnixNano()/int64(CountBucket), 10)
}
