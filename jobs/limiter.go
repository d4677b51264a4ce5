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

// Times of the limiter.
const (
	// window is the second in which a panel counts.
	window = time.Second
	// settle is how long nothing is called when Redis knows nothing of a panel, as after FLUSHALL: the window, and a
	// second for calls that were just leaving to reach the panel.
	settle = 2 * time.Second
	// windowLife is how long an unused window is kept, which only has to be longer than a call.
	windowLife = time.Hour
	// pollEvery bounds the wait for a turn, because a call may end, and so make room, earlier than expected.
	pollEvery = 250 * time.Millisecond
	// patience is how long a worker is held by a call that waits for its turn; who must wait longer gives it back.
	patience = 250 * time.Millisecond
	// creep is how long it takes until a limit that is lower than the rules', at first or after a 429, has grown by one.
	creep = 30 * time.Second
	// restEvery is how often a call of the rest goes even though better ones wait all the time.
	restEvery = 10 * time.Second
	// pause is how long a panel that answered 429 without a Retry-After is left alone, times how often that happened
	// within pauseMemory. Public clients do the same.
	pause       = 1200 * time.Millisecond
	maxPause    = 30 * time.Second
	pauseMemory = time.Minute
)

// Limiter keeps all processes together to a number of calls a second at each panel. It is exact as the panel sees it,
// whatever the network does between us:
//
// A panel's window in Redis has a member for each call that the panel may have received within the last second. A
// call enters it before it leaves and may enter only if there are fewer than limit members. While it is under way its
// member stays until the call must have ended, plus a second; when the answer has come, until a second after that.
//
// Proof: take any limit+1 calls and let L be the one that entered last. For every other call C, received at x, its
// member stays at least until x + 1 s, because the answer cannot come before the call was received. L entered, so at
// that moment at least one such C had left: x + 1 s had passed, and L itself is received later still. So no limit+1
// calls are received within a second.
//
// Three things are taken for granted: Redis's clock does not leap forward; if Redis is emptied, the calls that are
// leaving at that moment reach the panel within a second; and a request that net/http sends again, because the panel
// closed a kept connection on it, was not counted the first time.
//
// Within that limit calls go by their lanes. Only staff's may take the last places, as many as Rules keep for them, and
// a call goes only while none of a better rank waits; every ten seconds one of the rest goes before what keeps the
// mirror fresh, so that a panel with more to read than it allows does not hold its history back for ever. None of this
// lets more than limit members in, so the proof holds whatever the lanes.
//
// The limit of the rules is the most that is ever used, not where it begins. A panel of which Redis knows nothing gets
// 90 % of it, rounded down to whole calls and at least one, and a 429 halves what it has; either grows by one every half
// minute. That costs a new panel one call a second in its first half minute. The proof needs none of it: it is for
// panels that count otherwise than they say, or that others call with the same key.
type Limiter struct {
	redis  redis.UniversalClient
	rules  func(context.Context) (Rules, error)
	hold   time.Duration
	now    func() time.Time
	sleep  func(context.Context, time.Duration) error
	random func() float64
}

// NewLimiter keeps to the rules, which are asked for at every call. hold is how long after its turn began a call may
// last at most.
func NewLimiter(r redis.UniversalClient, rules func(context.Context) (Rules, error), hold time.Duration, random func() float64) *Limiter {
	return &Limiter{redis: r, rules: rules, hold: hold, now: time.Now, sleep: sleep, random: random}
}

// Caller is who wants a turn. Name tells those of a panel apart and stays the same when one asks again: until then it
// counts as waiting. One that is Patient waits as long as it takes.
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

// noTurnError says that a call may not be made for a while, so that its worker should do something else.
type noTurnError struct{ wait time.Duration }

// Error says for how long.
func (e *noTurnError) Error() string { return fmt.Sprintf("no call may be made for %v", e.wait) }

// Wait returns when a call may be made, or when ctx ends; a *noTurnError when that takes too long.
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
			return Turn{}, fmt.Errorf("waiting for a turn at panel %d: %w", c.PanelID, err)
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

// enter takes a place in the window, or tells after how long the next one may be free.
func (l *Limiter) enter(ctx context.Context, rules Rules, c Caller, token string) (wait time.Duration, err error) {
	key := windowKey(c.PanelID)
	keys := []string{key, key + ":reduced", key + ":waiting", countKey(c.PanelID, l.now()), key + ":rest"}
	ms, err := enterWindow.Run(ctx, l.redis, keys,
		rules.Limit, settle.Milliseconds(), windowLife.Milliseconds(), creep.Milliseconds(), token,
		(l.hold+window).Milliseconds()+1, c.Lane.rank(), c.Name, rules.StaffShare, string(c.Lane), window.Milliseconds(),
		countLife.Milliseconds(), restEvery.Milliseconds()).Int64()
	return time.Duration(ms) * time.Millisecond, err
}

// Done says that the call has ended, with an answer or without. If it cannot be said, the place stays taken until
// the call must have ended.
func (t Turn) Done(ctx context.Context) error {
	if t.token == "" {
		return nil
	}
	err := leaveWindow.Run(ctx, t.limiter.redis, []string{windowKey(t.panelID)}, t.token, window.Milliseconds()+1).Err()
	if err != nil {
		return fmt.Errorf("ending a turn at panel %d: %w", t.panelID, err)
	}
	return nil
}

// Block leaves a panel that answered 429 alone: for as long as it asks (after), or else longer each time. It returns
// for how long. Its limit is halved.
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
		return pause, fmt.Errorf("leaving panel %d alone: %w", panelID, err)
	}
	return time.Duration(ms) * time.Millisecond, nil
}

// windowKey has braces because a Redis cluster keeps keys with equal braces together.
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
