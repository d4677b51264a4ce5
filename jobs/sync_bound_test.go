package jobs

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"masterpanel/models"
)

// endless answers every page of orders with a full page of invented ones.
type endless struct {
	// invent returns the id and the creation time of the record at a place in the list.
	invent func(place int, ascending bool) (id, created int64)
}

func (e endless) RoundTrip(r *http.Request) (*http.Response, error) {
	q := r.URL.Query()
	if r.URL.Path != "/adminapi/v2/orders" || q.Has("ids") {
		return http.DefaultTransport.RoundTrip(r)
	}
	limit, _ := strconv.Atoi(q.Get("limit"))
	offset, _ := strconv.Atoi(q.Get("offset"))
	var list []string
	for i := range limit {
		id, created := e.invent(offset+i, q.Get("sort") == "date-asc")
		list = append(list, fmt.Sprintf(`{"id":%d,"user":"u","charge":{"value":"1","currency_code":"USD"},"link":"x","quantity":1,"service_id":1,
			"service_name":"s","status":"completed","mode":"auto","created":"2026-01-01 00:00:00","created_timestamp":%d}`, id, created))
	}
	return answerWith(http.StatusOK, `{"data":{"count":`+strconv.Itoa(limit)+`,"list":[`+strings.Join(list, ",")+`]},"error_message":"","error_code":0}`), nil
}

func TestAHistoryThatNeverEndsIsStoppedWithWords(t *testing.T) {
	t.Parallel()
	const now = 1_770_000_000
	for name, c := range map[string]struct {
		invent func(place int, ascending bool) (int64, int64)
		want   string
	}{
		"newer than the newest": {func(place int, ascending bool) (int64, int64) {
			if ascending {
				return int64(place) + 1, now - 10_000_000 + int64(place)
			}
			return max(1, 5000-int64(place)), now - int64(place)
		}, "newer than its newest one"},
		"the same again and again": {func(place int, _ bool) (int64, int64) { return int64(place%3000) + 1, now - 3000 + int64(place%3000) }, "more records than its largest id"},
		"one second":               {func(place int, _ bool) (int64, int64) { return int64(1_000_000_000 - place), now }, "have the same second"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, func(o *Options) { o.Transport = endless{c.invent} })
			s := b.shop("alpha", 10)
			b.sync()
			rows := b.count("SELECT count(*) FROM orders")
			if got := b.trouble(s.key(models.Orders)); !strings.Contains(got, "The worker stopped reading the history after") || !strings.Contains(got, c.want) {
				t.Errorf("got %q, want that the worker stopped, because of %q", got, c.want)
			}
			if rows > 60_000 {
				t.Errorf("got %d rows, want at most 60,000", rows)
			}
			for range 12 { // two minutes of reads of the head
				b.later(10 * time.Second)
			}
			if more := b.count("SELECT count(*) FROM orders") - rows; more > 12*100 {
				t.Errorf("got %d more rows in two minutes, want a page for each look at most", more)
			}
			if name != "one second" {
				return
			}
			if err := b.db.ReadOn(t.Context(), b.owner, []int64{s.id}, []models.Resource{models.Orders}); err != nil {
				t.Fatal(err)
			}
			b.sync()
			if now := b.count("SELECT count(*) FROM orders"); now < rows+100_000 {
				t.Errorf("read on: got %d rows after %d, want 100,000 more", now, rows)
			}
		})
	}
}

func TestAHistoryIsNotReadBeyondTheLimitOfTheSettings(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	set := must(b.db.SyncSettings(t.Context()))(t)
	set.HistoryMax = 1000
	if err := b.db.SetSyncSettings(t.Context(), b.owner, set); err != nil {
		t.Fatal(err)
	}
	s := b.shop("alpha", 3500)
	b.sync()
	if got := b.trouble(s.key(models.Orders)); !strings.Contains(got, "longer than the 1000 records") {
		t.Errorf("got %q, want that the limit stopped it", got)
	}
	if err := b.db.ReadOn(t.Context(), b.owner, nil, []models.Resource{models.Orders}); err != nil {
		t.Fatal(err)
	}
	b.sync()
	b.wantMirror(s)
}
