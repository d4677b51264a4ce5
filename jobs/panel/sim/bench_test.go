package sim

import (
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"
	"time"
)

// BenchmarkPage serves a page of 1,000 rows out of 100,000 orders.
func BenchmarkPage(b *testing.B) {
	p := New(quiet(100_000))
	for name, query := range map[string]string{
		"newest":   "limit=1000",
		"middle":   "limit=1000&offset=50000&sort=date-asc",
		"filtered": "limit=1000&order_status=completed&mode=auto&offset=20000",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r := httptest.NewRequest("GET", adminBase+"/orders?"+query, nil)
				r.Header.Set("X-Api-Key", adminKey)
				p.ServeHTTP(&discard{header: http.Header{}}, r)
			}
		})
	}
}

// BenchmarkNew builds a panel with 100,000 orders and reports its memory.
func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		p := New(quiet(100_000))
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/(1<<20), "MiB")
		runtime.KeepAlive(p)
	}
}

// BenchmarkDay runs a panel with 5,000 orders for a simulated day.
func BenchmarkDay(b *testing.B) {
	for b.Loop() {
		p := New(alive(5000))
		p.Advance(24 * time.Hour)
	}
}

// discard is a response writer without any cost.
type discard struct{ header http.Header }

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(b []byte) (int, error) { return len(b), nil }
func (d *discard) WriteHeader(int)             {}
