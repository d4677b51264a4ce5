package sim

import (
	"sync"
	"time"
)

// defaultRate is the published limit of the Admin API, in calls per second and panel.
const defaultRate = 5

// limiter allows at most rate calls in any window of one second, regardless of their key. A refused call does not
// count, so a client always gets through once a second has passed since its fifth-last allowed call (at the default
// rate).
type limiter struct {
	mu   sync.Mutex
	last []time.Time // ring buffer with the times of the last len(last) allowed calls
	next int
}

// newLimiter takes the calls per second; 0 means the published limit, negative means no limit.
func newLimiter(rate int) *limiter {
	if rate == 0 {
		rate = defaultRate
	}
	return &limiter{last: make([]time.Time, max(rate, 0))}
}

// allow reports whether a call at now may pass, and counts it if so.
func (l *limiter) allow(now time.Time) bool {
	if len(l.last) == 0 {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	oldest := l.last[l.next]
	if !oldest.IsZero() && now.Sub(oldest) < time.Second {
		return false
	}
	l.last[l.next] = now
	l.next = (l.next + 1) % len(l.last)
	return true
}
