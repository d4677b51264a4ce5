package sim

import (
	"net/http"
	"slices"
	"sync"
	"time"
)

// keptCalls limits the call log, because a demo may run for days.
const keptCalls = 1 << 16

// Call is one request, as the panel received it. Status 0 means that the connection ended without an answer.
type Call struct {
	At     time.Time // wall clock
	Method string
	Path   string
	Query  string // raw, as sent
	Status int
}

type callLog struct {
	mu      sync.Mutex
	calls   []Call
	limited int
}

func (l *callLog) add(c Call) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if c.Status == http.StatusTooManyRequests {
		l.limited++
	}
	if len(l.calls) == keptCalls {
		l.calls = append(l.calls[:0], l.calls[keptCalls/2:]...)
	}
	l.calls = append(l.calls, c)
}

// Calls returns a copy of the log, oldest call first. When the log holds 65,536 calls, its older half is dropped.
func (p *Panel) Calls() []Call {
	p.log.mu.Lock()
	defer p.log.mu.Unlock()
	return slices.Clone(p.log.calls)
}

// Limited returns how many calls were answered with 429 since New or the last ResetCounters.
func (p *Panel) Limited() int {
	p.log.mu.Lock()
	defer p.log.mu.Unlock()
	return p.log.limited
}

// ResetCounters empties the call log and sets Limited to zero.
func (p *Panel) ResetCounters() {
	p.log.mu.Lock()
	defer p.log.mu.Unlock()
	p.log.calls, p.log.limited = nil, 0
}
