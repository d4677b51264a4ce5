package jobs

import (
	"bytes"
	"database/sql"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"testing"
	"time"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

const benchOrders = 100_000

// recorder keeps every answer of a panel, and once told to gives them itself, so that a panel's own work can be left
// out of a measurement.
type recorder struct {
	mu      sync.Mutex
	replays bool
	bodies  map[string][]byte
}

func (r *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	r.mu.Lock()
	body, known := r.bodies[req.URL.String()]
	known = known && r.replays
	r.mu.Unlock()
	if !known {
		res, err := http.DefaultTransport.RoundTrip(req)
		if err != nil || !r.replays {
			return res, err
		}
		defer res.Body.Close()
		if body, err = io.ReadAll(res.Body); err != nil {
			return nil, err
		}
		r.mu.Lock()
		r.bodies[req.URL.String()] = body
		r.mu.Unlock()
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(body)), Request: req}, nil
}

// benchShop is a panel with 100,000 orders and no limit, on a PostgreSQL with fsync.
func benchShop(b *testing.B) (*bench, shop, *recorder) {
	answers := &recorder{bodies: map[string][]byte{}}
	w := newBench(b, func(o *Options) { o.Log, o.Transport = slog.New(slog.DiscardHandler), answers })
	w.url = modelstest.Durable(b)
	w.db = openDB(b, w.url, w.clock.Now)
	w.sql = must(sql.Open("pgx", w.url))(b)
	b.Cleanup(func() { w.sql.Close() })
	w.owner = modelstest.Owner(b, w.db)
	o := w.worker.Options
	o.DB = w.db
	w.worker = NewWorker(o)
	s := w.shop("alpha", benchOrders)
	// Only the orders' backfill is measured, in pages of 1,000.
	must(w.sql.Exec("UPDATE stream_loops SET due_at = NULL WHERE NOT (resource = 'orders' AND loop = 'backfill')"))(b)
	must(w.sql.Exec("CHECKPOINT"))(b)
	return w, s, answers
}

// readAll runs the orders' backfill to its end, as often as a worker's slices would, and returns how long that took.
func (b *bench) readAll(s shop) time.Duration {
	began := time.Now()
	for range 100 {
		b.run(s.key(models.Orders))
		if b.count("SELECT count(*) FROM stream_loops WHERE resource = 'orders' AND loop = 'backfill' AND due_at IS NOT NULL") == 0 {
			return time.Since(began)
		}
	}
	b.Fatal("the backfill does not end")
	return 0
}

// readAgain makes the whole backfill due once more and runs it.
func (b *bench) readAgain(s shop) time.Duration {
	b.clock.turn(time.Minute)
	must(b.sql.Exec("UPDATE stream_loops SET cursor = '{}', due_at = $1 WHERE resource = 'orders' AND loop = 'backfill'", b.clock.Now()))(b)
	return b.readAll(s)
}

// wal is how many bytes of write-ahead log there have been.
func (b *bench) wal() int {
	return b.count("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint")
}

// peak samples the memory that Go holds from the system until stop is called, which returns the most of it in MB.
func peak() (stop func() float64) {
	var most uint64
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		ticker := time.NewTicker(10 * time.Millisecond)
		defer ticker.Stop()
		for {
			most = max(most, held())
			select {
			case <-done:
				return
			case <-ticker.C:
			}
		}
	}()
	return func() float64 { close(done); <-ended; return float64(most) / (1 << 20) }
}

// held is the memory that Go holds from the system, released pages left out.
func held() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64() - sample[1].Value.Uint64()
}

// BenchmarkFirstSync reads a panel's orders for the first time, calls, decoding, writing and all, and compares with one
// COPY of the same rows. The memory is that of the process, the simulated panel included.
func BenchmarkFirstSync(b *testing.B) {
	var took, copied time.Duration
	var most float64
	for b.Loop() {
		b.StopTimer()
		w, s, _ := benchShop(b)
		debug.FreeOSMemory() // what came before is not the sync's
		stop := peak()
		b.StartTimer()
		took += w.readAll(s)
		b.StopTimer()
		most = max(most, stop())
		if n := w.count("SELECT count(*) FROM orders"); n != benchOrders {
			b.Fatalf("got %d orders, want %d", n, benchOrders)
		}
		copied += modelstest.TimeCopy(b, w.url, "orders")
		b.StartTimer()
	}
	b.ReportMetric(float64(benchOrders*b.N)/took.Seconds(), "rows/s")
	b.ReportMetric(float64(benchOrders*b.N)/copied.Seconds(), "copy-rows/s")
	b.ReportMetric(copied.Seconds()/took.Seconds(), "x-copy")
	b.ReportMetric(most, "peak-MB")
}

// BenchmarkReread reads all of it again when nothing has changed: once from the simulated panel, and once from its
// recorded answers, which shows our own share.
func BenchmarkReread(b *testing.B) {
	w, s, answers := benchShop(b)
	before := w.wal()
	first, firstWAL := w.readAll(s), w.wal()-before
	rows := w.versions()
	for _, replays := range []bool{false, true} {
		b.Run(map[bool]string{false: "panel", true: "recorded"}[replays], func(b *testing.B) {
			answers.replays = replays
			w.readAgain(s)
			var took time.Duration
			before := w.wal()
			for b.Loop() {
				took += w.readAgain(s)
			}
			again := took.Seconds() / float64(b.N)
			b.ReportMetric(benchOrders/again, "rows/s")
			b.ReportMetric(first.Seconds()/again, "x-first")
			b.ReportMetric(100*float64(w.wal()-before)/float64(b.N)/float64(firstWAL), "%WAL")
			b.ReportMetric(float64(w.count("SELECT coalesce(sum(n_dead_tup), 0) FROM pg_stat_user_tables WHERE relname = 'orders'")), "dead")
		})
	}
	if w.versions() != rows {
		b.Error("rows were rewritten")
	}
}
