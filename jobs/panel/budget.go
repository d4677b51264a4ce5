package panel

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
)

// The lanes of a Budget. The answer for an ordinary page of 100 records needs no reservation, so large answers do not
// delay small ones.
const (
	smallBody  = 256 << 10 // needs no reservation
	middleBody = 2 << 20   // takes one of middleRoom slots
	middleRoom = 12
	largeRoom  = 1 // a slot for an answer of up to MaxBody
	roomWait   = 3 * time.Second
)

// errNoRoom means that too many large answers are being read; the caller should ask for fewer records.
var errNoRoom = errors.New("too many large answers are being read at this time")

// Budget limits the memory of all answers that a process reads and works on. An answer that grows moves only to
// larger lanes, and waits at most a few seconds for a slot, so answers cannot deadlock.
type Budget struct{ middle, large *semaphore.Weighted }

// NewBudget returns the budget of a process: about 40 MiB in addition to the small answers.
func NewBudget() *Budget {
	return &Budget{middle: semaphore.NewWeighted(middleRoom), large: semaphore.NewWeighted(largeRoom)}
}

// Hold is one answer's reservation in a budget. Release it when the answer is no longer needed. A nil Hold reserves
// nothing.
type Hold struct {
	budget        *Budget
	mu            sync.Mutex
	middle, large bool
}

// Hold returns a hold without a reservation. It returns nil for a nil budget.
func (b *Budget) Hold() *Hold {
	if b == nil {
		return nil
	}
	return &Hold{budget: b}
}

// Release returns the reservation to the budget. It may be called twice.
func (h *Hold) Release() {
	if h == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.middle {
		h.budget.middle.Release(1)
	}
	if h.large {
		h.budget.large.Release(1)
	}
	h.middle, h.large = false, false
}

// grow reserves memory for an answer of the given size. It returns errNoRoom or ctx's error if that fails.
func (h *Hold) grow(ctx context.Context, size int) error {
	if h == nil || size <= smallBody {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := take(ctx, h.budget.middle, &h.middle); err != nil || size <= middleBody {
		return err
	}
	return take(ctx, h.budget.large, &h.large)
}

func take(ctx context.Context, room *semaphore.Weighted, held *bool) error {
	if *held {
		return nil
	}
	limited, cancel := context.WithTimeoutCause(ctx, roomWait, errNoRoom)
	defer cancel()
	if err := room.Acquire(limited, 1); err != nil {
		return context.Cause(limited)
	}
	*held = true
	return nil
}

type holdKey struct{}

// WithHold makes a call with the context keep its reservation until the hold is released, for an answer that is used
// after the call.
func WithHold(ctx context.Context, h *Hold) context.Context {
	return context.WithValue(ctx, holdKey{}, h)
}

// holdOf returns the context's hold. Without one, it returns a new hold of the client's budget, and done releases it.
func (c *Client) holdOf(ctx context.Context) (h *Hold, done func()) {
	if h, ok := ctx.Value(holdKey{}).(*Hold); ok {
		return h, func() {}
	}
	h = c.budget.Hold()
	return h, h.Release
}
