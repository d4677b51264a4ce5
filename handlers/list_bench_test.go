package handlers

import (
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/valyala/fasthttp"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

// ask answers one prepared request inside the process: what is measured is ours and not the network's.
func ask(b *testing.B, handle fasthttp.RequestHandler, s *site, path string, headers ...string) (status int, bytes int) {
	var ctx fasthttp.RequestCtx
	ctx.Request.SetRequestURI(path)
	ctx.Request.Header.SetHost("example.com")
	ctx.Request.Header.Set("Cookie", s.cookie)
	for i := 0; i+1 < len(headers); i += 2 {
		ctx.Request.Header.Set(headers[i], headers[i+1])
	}
	handle(&ctx)
	return ctx.Response.StatusCode(), len(ctx.Response.Body())
}

func benchSite(b *testing.B) (*site, fasthttp.RequestHandler) {
	s, panel := ownersSite(b, 0)
	var orders []models.Order
	for id := int64(1); id <= 5000; id++ {
		orders = append(orders, modelstest.Order(panel.ID, id))
	}
	modelstest.PutOrders(b, s.db, panel.ID, orders...)
	s.get("/healthz") // Fiber builds its routes at the first request
	return s, s.app.Server().Handler
}

var fragmentHeaders = []string{"HX-Request", "true", "HX-Request-Type", "partial", "HX-Target", "section#orders-list"}

func BenchmarkOrdersFragment(b *testing.B) {
	s, handle := benchSite(b)
	var size int
	for b.Loop() {
		status, n := ask(b, handle, s, "/orders", append(fragmentHeaders, "Accept-Encoding", "gzip")...)
		if size = n; status != http.StatusOK {
			b.Fatalf("got %d", status)
		}
	}
	b.ReportMetric(float64(size), "wire-bytes")
}

func BenchmarkUnchangedPoll(b *testing.B) {
	s, handle := benchSite(b)
	go s.feed.Run(b.Context())
	tag := s.poll("/orders", "section#orders-list", "").Header.Get("HX-PTag")
	headers := append(fragmentHeaders, "X-Auto-Refresh", "1", "HX-PTag", tag)
	for b.Loop() {
		if status, _ := ask(b, handle, s, "/orders", headers...); status != http.StatusNotModified {
			b.Fatalf("got %d", status)
		}
	}
}

func TestAPageIsSmallOverTheWire(t *testing.T) {
	s, panel := ownersSite(t, 0)
	var orders []models.Order
	for id := int64(1); id <= 60; id++ {
		orders = append(orders, modelstest.Order(panel.ID, id))
	}
	modelstest.PutOrders(t, s.db, panel.ID, orders...)
	page := s.get("/orders", "Accept-Encoding", "gzip")
	if got, limit := len(page.Body), 30_000; got > limit {
		t.Errorf("50 rows take %d bytes, want at most %d", got, limit)
	}
	reader, err := gzip.NewReader(strings.NewReader(page.Body))
	if err != nil {
		t.Fatal(err)
	}
	whole, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	if got := len(rows(t, string(whole))); got != 50 {
		t.Errorf("got %d rows, want 50", got)
	}
}
