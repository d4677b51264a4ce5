package jobs

import (
	"context"
	"crypto/rand"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

// DefaultCallsPerSecond is the limit that panels publish (panel-api.md, 2.5).
const DefaultCallsPerSecond = 5

// Durations of the limiter.
const (
	// window is the second over which a panel counts calls.
	window = time.Second
	// settle is how long the limiter allows no call when Redis has no data about a panel, as after FLUSHALL: the
	// window, plus a second in which calls that were just leaving can reach the panel.
	settle = 2 * time.Second
	// windowLife is how long an unused window stays in Redis. It only has to be longer than a call.
	windowLife = time.Hour
	// pollEvery is the longest sleep between two tries to get a slot, because a call may end, and so free its slot,
	// earlier than expected.
	pollEvery = 250 * time.Millisecond
	// patience is how long a call may hold its worker while it waits for a slot. If the wait is longer, the worker
	// does other work.
	patience = 250 * time.Millisecond
	// creep is the time after which a reduced limit grows by one call. A limit is reduced at first and after a 429.
	creep = 30 * time.Second
	// restEvery is how often a call of the lowest rank gets through even though calls of better ranks are always
	// waiting.
	restEvery = 10 * time.Second
	// pause is how long a panel that answered 429 without a Retry-After gets no calls, multiplied by the number of
	// such answers within pauseMemory. Public clients do the same.
	pause       = 1200 * time.Millisecond
	maxPause    = 30 * time.Second
	pauseMemory = time.Minute
)

// Limiter makes all processes together keep to a number of calls per second at each panel. The limit holds exactly at
// the panel, regardless of network delays:
//
// A panel's window in Redis has a member for each call that the panel may have received within the last second. A
// call enters the window before it leaves, and may enter only if the window has fewer than limit members. While the
// call is running, its member stays until the latest time at which the call can end, plus a second; once the answer
// has arrived, the member stays one more second.
//
// Proof: take any limit+1 calls and let L be the one that entered last. For every other call C, received at x, its
// member stays at least until x + 1 s, because the answer cannot arrive before the panel received the call. L
// entered, so at that moment at least one such C had left the window: x + 1 s had passed, and the panel receives L
// even later. So the panel never receives limit+1 calls within a second.
//
// The proof assumes three things: Redis's clock does not leap forward; if Redis is emptied, the calls that are
// leaving at that moment reach the panel within a second; and if net/http sends a request again because the panel
// closed a kept connection, the panel did not count the first one.
//
// Within that limit, lanes set the order of calls. Only staff's calls may take the last slots, as many as Rules
// reserve for them. A call goes only while no call of a better rank waits, with one exception: every ten seconds one
// call of the lowest rank goes before the calls that keep the mirror fresh, so that a panel with more to read than
// its limit allows still makes progress with its history. No lane rule lets in more than limit members, so the proof
// holds for any lanes.
//
// The limit of the rules is the maximum, not the start value. A panel that Redis has no data about starts with 90 %
// of it, rounded down to whole calls and at least one, and a 429 halves its current limit; both grow by one call
// every half minute. A new panel loses one call per second in its first half minute. The proof does not need these
// reductions: they are for panels that count differently than they publish, or that other programs call with the same
// key.
type Limiter struct {
	redis  redis.UniversalClient
	rules  func(context.Context) (Rules, error)
	hold   time.Duration
	now    func() time.Time
	sleep  func(context.Context, time.Duration) error
	random func() float64
}

// NewLimiter keeps to the rules, which it reads at every call. hold is the longest time that a call may take after it
// got its slot.
func NewLimiter(r redis.UniversalClient, rules func(context.Context) (Rules, error), hold time.Duration, random func() float64) *Limiter {
	return &Limiter{redis: r, rules: rules, hold: hold, now: time.Now, sleep: sleep, random: random}
}

// Caller identifies a request for a slot. Name distinguishes the callers of a panel and stays the same when a caller
// asks again; until then the limiter counts it as waiting. A Patient caller waits without a limit.
type Caller struct {
	PanelID int64
	Lane    Lane
	Name    string
	Patient bool
}

// Turn is the right to make one call to a panel before Deadline. Done ends it.
type Turn struct {
	Deadline time.Time
	limiter  *Limiter
	panelID  int64
	token    string // empty where there is no limit
}

// noTurnError says that no call may be made for a while, so its worker should do other work.
type noTurnError struct{ wait time.Duration }

// Error returns the text with the wait.
func (e *noTurnError) Error() string { return fmt.Sprintf("calls are paused for %v", e.wait) }

// Wait returns when a call may be made or when ctx ends. It returns a *noTurnError if the wait is too long.
func (l *Limiter) Wait(ctx context.Context, c Caller) (Turn, error) {
	turn := Turn{limiter: l, panelID: c.PanelID, token: strconv.Itoa(c.Lane.rank()) + ":" + rand.Text()}
	began := l.now()
	for {
		rules, err := l.rules(ctx)
		if err != nil {
			return Turn{}, err
		}
		asked := l.now()
		turn.Deadline = asked.Add(l.hold)
		if rules.Limit < 0 {
			turn.token = ""
			return turn, ctx.Err()
		}
		wait, err := l.enter(ctx, rules, c, turn.token)
		if err != nil {
			return Turn{}, fmt.Errorf("waiting for a slot of panel %d: %w", c.PanelID, err)
		}
		if wait <= 0 {
			return turn, nil
		}
		jitter := time.Duration(l.random() * float64(20*time.Millisecond))
		if !c.Patient && asked.Add(wait).Sub(began) > patience {
			return Turn{}, &noTurnError{wait + jitter}
		}
		if err := l.sleep(ctx, min(wait, pollEvery)+jitter); err != nil {
			return Turn{}, err
		}
	}
}

// enter takes a slot in the window. If none is free, it returns the time until the next one may be.
func (l *Limiter) enter(ctx context.Context, rules Rules, c Caller, token string) (wait time.Duration, err error) {
	key := windowKey(c.PanelID)
	keys := []string{key, key + ":reduced", key + ":waiting", countKey(c.PanelID, l.now()), key + ":rest"}
	ms, err := enterWindow.Run(ctx, l.redis, keys,
		rules.Limit, settle.Milliseconds(), windowLife.Milliseconds(), creep.Milliseconds(), token,
		(l.hold+window).Milliseconds()+1, c.Lane.rank(), c.Name, rules.StaffShare, string(c.Lane), window.Milliseconds(),
		countLife.Milliseconds(), restEvery.Milliseconds()).Int64()
	return time.Duration(ms) * time.Millisecond, err
}

// Done records that the call has ended, with an answer or without. If Redis cannot be reached, the slot stays taken
// until the latest time at which the call can end.
func (t Turn) Done(ctx context.Context) error {
	if t.token == "" {
		return nil
	}
	err := leaveWindow.Run(ctx, t.limiter.redis, []string{windowKey(t.panelID)}, t.token, window.Milliseconds()+1).Err()
	if err != nil {
		return fmt.Errorf("releasing a slot of panel %d: %w", t.panelID, err)
	}
	return nil
}

// Block stops all calls to a panel that answered 429: for as long as the panel asks (after), or for a time that grows
// with each 429 if after is 0. It returns that time. It also halves the panel's limit.
func (l *Limiter) Block(ctx context.Context, panelID int64, after time.Duration) (time.Duration, error) {
	rules, err := l.rules(ctx)
	if err != nil {
		return pause, err
	}
	key := windowKey(panelID)
	ms, err := blockWindow.Run(ctx, l.redis, []string{key, key + ":reduced", key + ":strikes"}, max(rules.Limit, 1),
		settle.Milliseconds(), windowLife.Milliseconds(), creep.Milliseconds(), after.Milliseconds(), pause.Milliseconds(),
		maxPause.Milliseconds(), pauseMemory.Milliseconds(), window.Milliseconds()).Int64()
	if err != nil {
		return pause, fmt.Errorf("pausing calls to panel %d: %w", panelID, err)
	}
	return time.Duration(ms) * time.Millisecond, nil
}

// windowKey has braces because a Redis cluster keeps keys with equal braces on one node.
func windowKey(panelID int64) string {
	return "masterpanel:window:{" + strconv.FormatInt(panelID, 10) + "}"
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
