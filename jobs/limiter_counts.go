package jobs

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

// Sizes of the call counts.
const (
	// CountBucket is the time span of one count.
	CountBucket = 10 * time.Second
	// CountBuckets is how many counts of each lane a page shows: five minutes.
	CountBuckets = 30
	countLife    = CountBucket * (CountBuckets + 6)
)

// LaneUse is how many calls of a panel's budget one lane used recently.
type LaneUse struct {
	Lane Lane
	// Calls has one count for each CountBucket, the oldest first. The last bucket is still running.
	Calls []int
}

// Total returns the number of calls in all buckets.
func (u LaneUse) Total() int {
	total := 0
	for _, n := range u.Calls {
		total += n
	}
	return total
}

// CallCounts reads how many calls each lane made to a panel. The counts exist in Redis only: they are for a chart,
// and start again from zero if Redis is emptied.
type CallCounts struct {
	redis redis.UniversalClient
	now   func() time.Time
}

// NewCallCounts reads counts from the given Redis. If now is nil, it uses time.Now.
func NewCallCounts(r redis.UniversalClient, now func() time.Time) *CallCounts {
	if now == nil {
		now = time.Now
	}
	return &CallCounts{redis: r, now: now}
}

// Budget returns the calls to a panel in the last five minutes: one LaneUse for each of Lanes, in that order, each
// with CountBuckets counts. The caller checks first that the viewer may see the panel. Calls of workers without a
// limit are not counted.
func (c *CallCounts) Budget(ctx context.Context, panelID int64) ([]LaneUse, error) {
	now := c.now()
	pipe := c.redis.Pipeline()
	counts := make([]*redis.MapStringStringCmd, CountBuckets)
	for i := range counts {
		counts[i] = pipe.HGetAll(ctx, countKey(panelID, now.Add(-CountBucket*time.Duration(CountBuckets-1-i))))
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return nil, fmt.Errorf("reading the number of calls to panel %d: %w", panelID, err)
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

// countKey returns the key of the counts at a moment. It is on the same Redis node as the panel's window.
func countKey(panelID int64, at time.Time) string {
	return windowKey(panelID) + ":calls:" + strconv.FormatInt(at.UnixNano()/int64(CountBucket), 10)
}
