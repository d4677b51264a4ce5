package jobs

import (
	"database/sql"
	"net/http"
	"strings"
	"testing"
	"time"

	"masterpanel/jobs/panel"
	"masterpanel/models"
)

// onBackfill holds functions by offset. It calls the function before the backfill's call for that offset.
type onBackfill map[string]func() *http.Response

func (o onBackfill) RoundTrip(r *http.Request) (*http.Response, error) {
	q := r.URL.Query()
	if do := o[q.Get("offset")]; do != nil && strings.HasSuffix(r.URL.Path, "/orders") && q.Get("sort") == "date-asc" {
		if answer := do(); answer != nil {
			return answer, nil
		}
	}
	return http.DefaultTransport.RoundTrip(r)
}

func TestAPageThatFailsWhileTheOneBeforeIsWrittenHarmsItNot(t *testing.T) {
	t.Parallel()
	calls := onBackfill{}
	b := newBench(t, func(o *Options) { o.Transport = calls })
	s := b.shop("alpha", 2500)
	calls["990"] = func() *http.Response { return answerWith(http.StatusBadGateway, "<html>Bad gateway</html>") }
	b.run(s.key(models.Orders))
	if got, want := b.count("SELECT count(*) FROM orders"), headPagesAtFirst*100+1000; got != want {
		t.Errorf("got %d orders, want %d", got, want)
	}
	if got := b.state(s.key(models.Orders)); !strings.Contains(got, "(502)") {
		t.Errorf("got %q, want the failure of the second page", got)
	}
	if got := b.text("SELECT calls || ' calls, ' || pages || ' page, ' || outcome FROM sync_runs WHERE loop = 'backfill'"); got != "2 calls, 1 page, failed" {
		t.Errorf("got %q, want 2 calls, 1 page, failed", got)
	}
	delete(calls, "990")
	b.later(time.Hour)
	b.wantMirror(s)
}

func TestAPageInHandIsLostWithTheLeaseAndReadAgain(t *testing.T) {
	t.Parallel()
	calls := onBackfill{}
	b := newBench(t, func(o *Options) { o.Transport = calls })
	s := b.shop("alpha", 2500)
	var tx *sql.Tx
	calls["0"] = func() *http.Response { // from here on, no page can be written
		tx = must(b.sql.BeginTx(t.Context(), nil))(t)
		must(tx.Exec("LOCK TABLE streams IN SHARE ROW EXCLUSIVE MODE"))(t)
		return nil
	}
	calls["990"] = func() *http.Response { // another worker takes over the stream
		must(tx.Exec("UPDATE streams SET lease_token = gen_random_uuid() WHERE resource = 'orders'"))(t)
		if err := tx.Commit(); err != nil {
			t.Error(err)
		}
		return nil
	}
	b.run(s.key(models.Orders))
	if got, want := b.count("SELECT count(*) FROM orders"), headPagesAtFirst*100; got != want {
		t.Errorf("got %d orders without the lease, want the head's %d", got, want)
	}
	if got := b.count("SELECT calls FROM sync_runs WHERE loop = 'backfill'"); got != 2 {
		t.Errorf("got %d calls in the history, want 2", got)
	}
	clear(calls)
	b.later(leaseFor + time.Second)
	b.wantMirror(s)
}

func TestWhatThePageBeforeIsAboutToChangeIsNotHeld(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.shop("alpha", 100)
	b.sync()
	stream := must(b.db.ClaimStream(t.Context(), s.key(models.Orders), leaseFor))(t)
	r := must(b.worker.newRun(t.Context(), stream))(t)
	p := must(r.panel.Orders(t.Context(), panel.OrderQuery{Limit: 100}))(t)
	id := p.IDs()[7]
	for raw, want := range map[string]bool{string(p.Records[7]): true, `{"id":7}`: false} {
		held := must(orderRows.held(r, t.Context(), p, []mark{{id: id, raw: []byte(raw)}}))(t)
		if _, got := held[7]; got != want || len(held) < 99 {
			t.Errorf("%.20s…: got %d held, among them the one of both pages: %v, want %v", raw, len(held), got, want)
		}
	}
}
