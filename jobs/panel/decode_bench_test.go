package panel_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"masterpanel/jobs/panel"
)

// BenchmarkOrdersPage reads a page of 1,000 orders without a network. Beside it encoding/json validates the same
// bytes, for comparison.
func BenchmarkOrdersPage(b *testing.B) {
	body := []byte(ok(`{"count":1000,"list":[` + strings.Repeat(orderSample+",", 999) + orderSample + `]}`))
	c := client(b, "http://127.0.0.1:1", func(cfg *panel.Config) {
		cfg.Transport = roundTrip(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(body))}, nil
		})
	})
	b.Run("client", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			p, err := decoded(c.Orders(b.Context(), panel.OrderQuery{Limit: 1000}))
			if err != nil || len(p.Items) != 1000 {
				b.Fatalf("%d items, %v", len(p.Items), err)
			}
		}
		b.ReportMetric(float64(1000*b.N)/b.Elapsed().Seconds(), "rows/s")
	})
	b.Run("valid", func(b *testing.B) {
		for b.Loop() {
			if !json.Valid(body) {
				b.Fatal("not valid")
			}
		}
		b.ReportMetric(float64(1000*b.N)/b.Elapsed().Seconds(), "rows/s")
	})
}
