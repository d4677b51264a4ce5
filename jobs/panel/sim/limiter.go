package sim

import (
	"sync"
	"time"
)

// defaultRate is the Admin API's published limit, calls per second and panel.
const defaultRate = 5

// limiter lets at most rate calls through in any window of one second, whichever key they carry. A refused call does not count,
// so a client that waits until a second after its fifth-last answered call always gets through.
type limiter struct {
	mu   sync.Mutex
	last []time.Time // ring of the moments of the last len(last) calls that were let through
	next int
}

// newLimiter takes calls per second; 0 means the published limit, negative none.
func newLimiter(rate int) *limiter {
	if rate == 0 {
		rate = defaultRate
	}
	return &limiter{last: make([]time.Time, max(rate, 0))}
}

// allow tells whether a call at now may pass, and counts it if so.
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
