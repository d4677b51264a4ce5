package jobs

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"os/exec"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"masterpanel/jobs/embedredis"
)

// redises runs a test on the embedded Redis and on a real one. make test installs redis-server if it is missing.
func redises(t *testing.T, test func(*testing.T, *redis.Client)) {
	t.Run("embedded", func(t *testing.T) {
		t.Parallel()
		server := must(embedredis.Start(embedredis.Options{}))(t)
		t.Cleanup(server.Close)
		test(t, redisClient(t, server.URL()))
	})
	t.Run("redis-server", func(t *testing.T) {
		t.Parallel()
		test(t, redisClient(t, realRedis(t)))
	})
}

func realRedis(t testing.TB) (url string) {
	t.Helper()
	free := must(net.Listen("tcp", "127.0.0.1:0"))(t)
	port := free.Addr().(*net.TCPAddr).Port
	free.Close()
	server := exec.Command("redis-server", "--port", strconv.Itoa(port), "--bind", "127.0.0.1", "--save", "", "--dir", t.TempDir())
	if err := server.Start(); err != nil {
		t.Fatalf("this test needs redis-server: %v", err)
	}
	t.Cleanup(func() {
		server.Process.Kill()
		server.Wait()
	})
	url = "redis://127.0.0.1:" + strconv.Itoa(port)
	client := redisClient(t, url)
	eventually(t, "redis-server answers", func() bool { return client.Ping(t.Context()).Err() == nil })
	return url
}

// newLimiter uses the default limit without a reserve for staff, unless other rules are given.
func newLimiter(r redis.UniversalClient, rules ...Rules) *Limiter {
	rules = append(rules, Rules{Limit: DefaultCallsPerSecond})
	return NewLimiter(r, func(context.Context) (Rules, error) { return rules[0], nil }, 10*time.Second, rand.Float64)
}

// staff returns a caller that waits without a limit.
func staff(panelID int64) Caller {
	return Caller{PanelID: panelID, Lane: LaneStaff, Name: "somebody", Patient: true}
}

// counted records when each call reached the panel.
type counted struct {
	mu  sync.Mutex
	ats []time.Time
}

func (c *counted) call() {
	c.mu.Lock()
	defer c.mu.Unlock()
	began := time.Now()
	c.ats = append(c.ats, began)
}

// worst returns the largest number of calls within one second.
func (c *counted) worst() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	slices.SortFunc(c.ats, time.Time.Compare)
	worst := 0
	for i, at := range c.ats {
		n := 0
		for j := i; j < len(c.ats) && c.ats[j].Sub(at) < time.Second; j++ {
			n++
		}
		worst = max(worst, n)
	}
	return worst
}

func TestNoSecondSeesMoreThanTheLimitWhateverTheJitter(t *testing.T) {
	t.Parallel()
	redises(t, func(t *testing.T, client *redis.Client) {
		seen := &counted{}
		var calls sync.WaitGroup
		for range 2 { // two processes
			l := newLimiter(client)
			for range 5 {
				calls.Go(func() {
					for range 2 {
						turn, err := l.Wait(t.Context(), staff(1))
						if err != nil {
							t.Error(err)
							return
						}
						sleep(t.Context(), time.Duration(rand.IntN(300))*time.Millisecond) // the way to the panel
						seen.call()
						sleep(t.Context(), time.Duration(rand.IntN(50))*time.Millisecond) // the way back
						if err := turn.Done(t.Context()); err != nil {
							t.Error(err)
						}
					}
				})
			}
		}
		calls.Wait()
		if got := seen.worst(); got > DefaultCallsPerSecond {
			t.Errorf("%d calls came within a second, want at most %d", got, DefaultCallsPerSecond)
		}
		if len(seen.ats) != 20 {
			t.Errorf("got %d calls, want 20", len(seen.ats))
		}
	})
}

// enters tries to take a slot without waiting. It returns false if no slot is free.
func enters(t testing.TB, l *Limiter, panelID int64, token string) (Turn, bool) {
	t.Helper()
	return entersAs(t, l, staff(panelID), token)
}

// entersAs is like enters, for any caller.
func entersAs(t testing.TB, l *Limiter, c Caller, token string) (Turn, bool) {
	t.Helper()
	turn := Turn{limiter: l, panelID: c.PanelID, token: strconv.Itoa(c.Lane.rank()) + ":" + token}
	wait := must(l.enter(t.Context(), must(l.rules(t.Context()))(t), c, turn.token))(t)
	return turn, wait <= 0
}

// settled returns a limiter whose panel 1 has a known, empty window.
func settled(t testing.TB, client *redis.Client, rules ...Rules) *Limiter {
	t.Helper()
	opened(t, client, 1)
	return newLimiter(client, rules...)
}

// opened makes a panel's window known and empty.
func opened(t testing.TB, client *redis.Client, panelID int64) {
	t.Helper()
	if err := client.ZAdd(t.Context(), windowKey(panelID), redis.Z{Score: 1e15, Member: "open"}).Err(); err != nil {
		t.Fatal(err)
	}
}

func TestAFullWindowHasRoomASecondAfterACallHasEnded(t *testing.T) {
	t.Parallel()
	redises(t, func(t *testing.T, client *redis.Client) {
		l := settled(t, client)
		var turns []Turn
		for i := range DefaultCallsPerSecond {
			turn, ok := enters(t, l, 1, strconv.Itoa(i))
			if !ok {
				t.Fatalf("call %d has no room", i)
			}
			turns = append(turns, turn)
		}
		if _, ok := enters(t, l, 1, "too many"); ok {
			t.Fatal("a call more than the limit entered")
		}
		if _, ok := enters(t, l, 2, "another panel"); ok {
			t.Error("an unknown window has room, want it to count as full")
		}
		ended := time.Now()
		if err := turns[0].Done(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := l.Wait(t.Context(), staff(1)); err != nil {
			t.Fatal(err)
		}
		if after := time.Since(ended); after < window {
			t.Errorf("there was room %v after a call had ended, want a second", after)
		}
	})
}

func TestAnEmptiedRedisCountsAsFull(t *testing.T) {
	t.Parallel()
	redises(t, func(t *testing.T, client *redis.Client) {
		l := settled(t, client)
		turn, _ := enters(t, l, 1, "before")
		if err := client.FlushAll(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
		// The end of a call must not make the window look known.
		if err := turn.Done(t.Context()); err != nil {
			t.Fatal(err)
		}
		ended := time.Now()
		if _, err := l.Wait(t.Context(), staff(1)); err != nil {
			t.Fatal(err)
		}
		if after := time.Since(ended); after < window {
			t.Errorf("a call was let through %v after the flush, want more than a second", after)
		}
	})
}

func TestAPanelThatAnswers429IsLeftAlone(t *testing.T) {
	t.Parallel()
	redises(t, func(t *testing.T, client *redis.Client) {
		l := settled(t, client)
		for i, want := range []time.Duration{pause, 2 * pause, 3 * pause} {
			if got := must(l.Block(t.Context(), 1, 0))(t); got != want {
				t.Errorf("after the 429 number %d: got %v, want %v", i+1, got, want)
			}
		}
		if got := must(l.Block(t.Context(), 1, 7*time.Second))(t); got != 7*time.Second {
			t.Errorf("with Retry-After: got %v, want 7s", got)
		}
		rules := must(l.rules(t.Context()))(t)
		if wait := must(l.enter(t.Context(), rules, staff(1), "0:early"))(t); wait < 6*time.Second {
			t.Errorf("a call may come after %v, want nearly 7s", wait)
		}
	})
}

func TestWaitingEndsWithItsContext(t *testing.T) {
	t.Parallel()
	server := must(embedredis.Start(embedredis.Options{}))(t)
	t.Cleanup(server.Close)
	client := redisClient(t, server.URL())
	l := newLimiter(client)
	ctx, cancel := context.WithCancel(t.Context())
	l.sleep = func(ctx context.Context, _ time.Duration) error {
		cancel()
		return ctx.Err()
	}
	if _, err := l.Wait(ctx, staff(1)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}
