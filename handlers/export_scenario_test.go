//go:build scenario

package handlers

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"testing"
	"time"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

// TestCSVOfAMillionRows exports a million orders as owner over the network, from a PostgreSQL with fsync. It reports
// rows per second and how much memory the process used beyond its initial size.
func TestCSVOfAMillionRows(t *testing.T) {
	modelstest.RealClock(t)
	const orders = 1_000_000
	const most = 64 << 20
	db, err := models.Open(t.Context(), modelstest.OpenWorlds(t).World(t, orders), models.Options{Box: modelstest.Box(t), Now: modelstest.Clock(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	s := newSite(t, func(c *Config) { c.DB = db })
	s.db = db
	s.as("owner")
	there, err := db.Count(t.Context(), modelstest.Viewer(t, db, "owner"), models.OrderList, models.ListQuery{}) // a world rounds each panel's share
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go s.app.Listener(listener)
	t.Cleanup(func() { s.app.Shutdown() })
	for _, encoding := range []string{"identity", "gzip"} {
		download(t, s, listener.Addr().String(), "/orders.csv?q=1", encoding) // a first download, so that one-time allocations are done
		debug.FreeOSMemory()
		rest, stop := resident(t), make(chan struct{})
		peak := make(chan int64)
		go func() { peak <- watchResident(t, stop) }()
		start := time.Now()
		lines, size := download(t, s, listener.Addr().String(), "/orders.csv", encoding)
		took := time.Since(start)
		close(stop)
		above := <-peak - rest
		t.Logf("%-8s %d lines, %.0f MB in %v: %.0f rows/s; %.0f MB at rest, at most %.1f MB above", encoding, lines, float64(size)/1e6,
			took.Round(time.Millisecond), float64(there.N)/took.Seconds(), float64(rest)/(1<<20), float64(above)/(1<<20))
		if encoding == "identity" && int64(lines) != there.N+1 {
			t.Errorf("got %d lines, want %d", lines, there.N+1)
		}
		if above > most {
			t.Errorf("the process grew by %d MB", above>>20)
		}
	}
}

func download(t testing.TB, s *site, host, path, encoding string) (lines, size int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), exportTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+host+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Cookie", s.cookie)
	request.Header.Set("Accept-Encoding", encoding)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	part := make([]byte, 64<<10)
	for {
		n, err := answer.Body.Read(part)
		lines, size = lines+bytes.Count(part[:n], []byte{10}), size+n
		if err == io.EOF {
			return lines, size
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// resident returns the resident memory of the process in bytes.
func resident(t testing.TB) int64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	var whole, held int64
	fmt.Sscan(string(text), &whole, &held)
	return held * int64(os.Getpagesize())
}

func watchResident(t testing.TB, stop chan struct{}) (most int64) {
	for tick := time.NewTicker(20 * time.Millisecond); ; {
		select {
		case <-stop:
			return most
		case <-tick.C:
			most = max(most, resident(t))
		}
	}
}
