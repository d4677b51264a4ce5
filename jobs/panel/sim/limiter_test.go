package sim

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// handClock is a wall clock that a test moves.
type handClock struct{ now time.Time }

func (c *handClock) Now() time.Time { return c.now }

func limited(rate int, v Variants) (*Panel, *handClock) {
	clock := &handClock{now: start}
	o := quiet(0)
	o.RateLimit, o.WallClock, o.Variants = rate, clock.Now, v
	return New(o), clock
}

func TestNeverMoreThanTheLimitInAnySecond(t *testing.T) {
	p, clock := limited(0, Variants{})
	for range 400 {
		ask(t, p, "/tickets", nil)
		clock.now = clock.now.Add(37 * time.Millisecond)
	}
	var answered []time.Time
	for _, c := range p.Calls() {
		if c.Status == http.StatusOK {
			answered = append(answered, c.At)
		}
	}
	for i := defaultRate; i < len(answered); i++ {
		if gap := answered[i].Sub(answered[i-defaultRate]); gap < time.Second {
			t.Fatalf("%d answers within %v", defaultRate+1, gap)
		}
	}
	if total := len(answered); total < 70 || total+p.Limited() != 400 {
		t.Errorf("answered %d, limited %d of 400 in 14.8 s", total, p.Limited())
	}
}

func TestTheLimitIsAnEnvelopeAndCountsAllKeys(t *testing.T) {
	p, clock := limited(2, Variants{})
	serve(t, p, "GET", adminBase+"/orders", "wrong", "")
	ask(t, p, "/orders", nil)
	refusedWith(t, ask(t, p, "/orders", nil), http.StatusTooManyRequests, codeLimit)
	if got := userCall(t, p, "balance"); got == "" || p.Limited() != 1 {
		t.Errorf("the User API is limited too: %s", got)
	}
	clock.now = clock.now.Add(time.Second)
	if got := ask(t, p, "/orders", nil); got.status != http.StatusOK {
		t.Errorf("a second later: got %d", got.status)
	}
	p.ResetCounters()
	if p.Limited() != 0 || len(p.Calls()) != 0 {
		t.Error("the counters are not reset")
	}
}

func TestLimitVariants(t *testing.T) {
	p, _ := limited(1, Variants{HTML429: true, LimitUserAPI: true})
	userCall(t, p, "balance")
	w := httptest.NewRecorder()
	p.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/api/v2", nil))
	if w.Code != http.StatusTooManyRequests || w.Header().Get("Content-Type") != "text/html; charset=UTF-8" {
		t.Errorf("got %d %v", w.Code, w.Header())
	}
}
