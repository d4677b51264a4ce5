package jobs

import (
	"database/sql"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"testing"
	"time"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

const benchOrders = 100_000

// recorder records a panel's answers in files. When replays is set, it serves them from there, so that a measurement
// can exclude the panel's own work.
type recorder struct {
	dir     string
	replays bool
}

func (r *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	name := filepath.Join(r.dir, url.PathEscape(req.URL.RawQuery))
	if !r.replays {
		return http.DefaultTransport.RoundTrip(req)
	}
	if _, err := os.Stat(name); err != nil {
		if err := r.record(req, name); err != nil {
			return nil, err
		}
	}
	body, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	size, err := body.Seek(0, io.SeekEnd)
	if err == nil {
		_, err = body.Seek(0, io.SeekStart)
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: body, ContentLength: size, Request: req}, err
}

func (r *recorder) record(req *http.Request, name string) error {
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	return os.WriteFile(name, body, 0o600)
}

// benchShop returns a panel with 100,000 orders and no limit, on a PostgreSQL with fsync.
func benchShop(b *testing.B) (*bench, shop, *recorder) {
	answers := &recorder{dir: b.TempDir()}
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
	// The benchmark measures only the orders' backfill, in pages of 1,000.
	must(w.sql.Exec("UPDATE stream_loops SET due_at = NULL WHERE NOT (resource = 'orders' AND loop = 'backfill')"))(b)
	must(w.sql.Exec("CHECKPOINT"))(b)
	return w, s, answers
}

// readAll runs the orders' backfill to its end, in as many slices as a worker would need, and returns the time that
// it took.
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

// wal returns the position of the write-ahead log, in bytes.
func (b *bench) wal() int {
	return b.count("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint")
}

// watchMemory samples the memory that Go holds from the system. stop ends it and returns the peak in the first half
// of the time and in the second half, in MB.
func watchMemory() (stop func() (first, second float64)) {
	var samples []uint64
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		ticker := time.NewTicker(10 * time.Millisecond)
		defer ticker.Stop()
		for {
			samples = append(samples, held())
			select {
			case <-done:
				return
			case <-ticker.C:
			}
		}
	}()
	return func() (first, second float64) {
		close(done)
		<-ended
		half := len(samples) / 2
		return float64(slices.Max(samples[:half])) / (1 << 20), float64(slices.Max(samples[half:])) / (1 << 20)
	}
}

// held returns the memory that Go holds from the system, without released pages.
func held() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64() - sample[1].Value.Uint64()
}

// BenchmarkFirstSync reads a panel's orders for the first time, with calls, decoding and writing, and compares the
// time with one COPY of the same rows. One run uses the simulated panel, which takes CPU time of the same machine.
// The other uses its recorded answers: it shows our own share, and the target applies to it. The memory is the peak
// of the process, including the simulated panel, in the first half of the sync and in the second half.
func BenchmarkFirstSync(b *testing.B) {
	for _, replays := range []bool{false, true} {
		b.Run(sourceName(replays), func(b *testing.B) { benchFirstSync(b, replays) })
	}
}

// sourceName names the source of the answers.
func sourceName(replays bool) string {
	if replays {
		return "recorded"
	}
	return "panel"
}

func benchFirstSync(b *testing.B, replays bool) {
	var took, copied time.Duration
	var first, second float64
	for b.Loop() {
		b.StopTimer()
		w, s, answers := benchShop(b)
		if answers.replays = replays; replays {
			w.rehearse(s)
		}
		debug.FreeOSMemory() // excludes the memory of the set-up
		stop := watchMemory()
		b.StartTimer()
		took += w.readAll(s)
		b.StopTimer()
		inFirst, inSecond := stop()
		first, second = max(first, inFirst), max(second, inSecond)
		if n := w.count("SELECT count(*) FROM orders"); n != benchOrders {
			b.Fatalf("got %d orders, want %d", n, benchOrders)
		}
		copied += modelstest.TimeCopy(b, w.url, "orders")
		b.StartTimer()
	}
	b.ReportMetric(float64(benchOrders*b.N)/took.Seconds(), "rows/s")
	b.ReportMetric(float64(benchOrders*b.N)/copied.Seconds(), "copy-rows/s")
	b.ReportMetric(copied.Seconds()/took.Seconds(), "x-copy")
	b.ReportMetric(first, "peak-MB-1st-half")
	b.ReportMetric(second, "peak-MB-2nd-half")
}

// rehearse reads every page of the backfill, so that the answers are recorded.
func (b *bench) rehearse(s shop) {
	stream := must(b.db.ClaimStream(b.Context(), s.key(models.Orders), leaseFor))(b)
	r := must(b.worker.newRun(b.Context(), stream))(b)
	for c := (backfillCursor{}); ; {
		page := must(r.resource.read(r, b.Context(), c.page(nil)))(b)
		if !c.advance(page, map[int64]bool{}, b.clock.Now(), r.rules.HistoryMax) {
			break
		}
	}
	if err := b.db.YieldStream(b.Context(), stream); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkReread reads all orders again without a change. One run uses the simulated panel, which then works about
// as much as we do. The other uses its recorded answers: it shows our own share, and the target applies to it. The
// first sync, with which both are compared, uses the simulated panel.
func BenchmarkReread(b *testing.B) {
	w, s, answers := benchShop(b)
	before := w.wal()
	first, firstWAL := w.readAll(s), w.wal()-before
	rows := w.versions()
	for _, replays := range []bool{false, true} {
		b.Run(sourceName(replays), func(b *testing.B) {
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
