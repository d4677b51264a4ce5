package jobs

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"masterpanel/jobs/panel/sim"
)

func TestAWalkFromTheTopThatWasInterruptedMissesNothing(t *testing.T) {
	t.Parallel()
	faulty := &failsAt{}
	b := newBench(t, func(o *Options) { o.Transport = faulty })
	s := b.shop("alpha", 300)
	b.sync()
	for range 250 {
		s.AddOrder(sim.OrderSpec{User: "before", Status: sim.Completed})
	}
	faulty.query = "offset=100&"
	b.later(time.Minute)
	faulty.query = ""
	for range 100 { // one page of new orders: the rows read before the interruption are now on the next page
		s.AddOrder(sim.OrderSpec{User: "meanwhile", Status: sim.Completed})
	}
	b.exec("UPDATE stream_loops SET due_at = NULL WHERE loop IN ('backfill', 'tail')")
	b.later(10 * time.Minute)
	for user, want := range map[string]int{"before": 250, "meanwhile": 100} {
		if got := b.count("SELECT count(*) FROM orders WHERE user_name = $1 AND panel_id = $2", user, s.id); got != want {
			t.Errorf("ordered %s the interruption: got %d, want %d", user, got, want)
		}
	}
}

// failsAt answers 502 to calls whose query contains query, and to none while query is empty.
type failsAt struct{ query string }

func (f *failsAt) RoundTrip(r *http.Request) (*http.Response, error) {
	if f.query == "" || !strings.Contains(r.URL.RawQuery+"&", f.query) {
		return http.DefaultTransport.RoundTrip(r)
	}
	return answerWith(http.StatusBadGateway, "<html>Bad gateway</html>"), nil
}
