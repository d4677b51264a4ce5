package panel

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
)

// The lanes of a Budget. An answer of an ordinary page of a hundred records passes without asking, so answers that are
// large hold up no small one.
const (
	smallBody  = 256 << 10 // asks for nothing
	middleBody = 2 << 20   // takes one of middleRoom places
	middleRoom = 12
	largeRoom  = 1 // a place for an answer of up to MaxBody
	roomWait   = 3 * time.Second
)

// errNoRoom means that too many large answers are being read: the caller asks for fewer records.
var errNoRoom = errors.New("too many large answers are being read at this time")

// Budget bounds the memory of all answers that a process reads and works on. An answer that grows goes from lane to lane
// and never back, and waits a few seconds at most, so none waits for another that waits for it.
type Budget struct{ middle, large *semaphore.Weighted }

// NewBudget returns the budget of a process, of about 40 MiB beside the small answers.
func NewBudget() *Budget {
	return &Budget{middle: semaphore.NewWeighted(middleRoom), large: semaphore.NewWeighted(largeRoom)}
}

// Hold is the place that one answer takes in a budget. It must be released when the answer is no longer needed. A nil Hold
// takes none.
type Hold struct {
	budget        *Budget
	mu            sync.Mutex
	middle, large bool
}

// Hold returns a hold that takes nothing yet; nil of a nil budget.
func (b *Budget) Hold() *Hold {
	if b == nil {
		return nil
	}
	return &Hold{budget: b}
}

// Release gives the place back. It may be called twice.
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

// grow takes the place for an answer of the given size, or fails with errNoRoom or ctx's error.
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

// WithHold lets the call that is made with the context keep its place in the budget until the hold is released, for an
// answer that is worked on after the call.
func WithHold(ctx context.Context, h *Hold) context.Context {
	return context.WithValue(ctx, holdKey{}, h)
}

// holdOf is the context's hold, or one of the client's budget that the call itself gives back.
func (c *Client) holdOf(ctx context.Context) (h *Hold, done func()) {
	if h, ok := ctx.Value(holdKey{}).(*Hold); ok {
		return h, func() {}
	}
	h = c.budget.Hold()
	return h, h.Release
}
