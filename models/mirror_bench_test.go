package models_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

const (
	benchRows = 100_000
	benchPage = 1000
)

// benchPages returns orders of a panel with many customers, services and links, with records of a typical size.
func benchPages(panelID int64) [][]models.Order {
	statuses := []string{"completed", "completed", "completed", "partial", "canceled", "in_progress", "pending"}
	pages := make([][]models.Order, benchRows/benchPage)
	for i := range benchRows {
		o := modelstest.Order(panelID, int64(i+1), func(o *models.Order) {
			o.UserName = fmt.Sprintf("customer%d", i*7919%4000)
			o.ServiceID = int64(i * 104729 % 900)
			o.Status = statuses[i%len(statuses)]
		})
		o.Raw, _ = json.Marshal(struct {
			models.Order
			Charge, Cost                     map[string]string
			Buttons, Actions, Provider, More string
		}{Order: o, Charge: map[string]string{"value": "5.00", "currency_code": "USD", "formatted": "$5.00"},
			Actions: "refill, resend, change_status", Provider: "In progress at provider.example"})
		pages[i/benchPage] = append(pages[i/benchPage], o)
	}
	return pages
}

// BenchmarkPutOrders writes new orders in pages of 1,000, each in its own transaction, and compares this with one COPY
// of the same rows.
func BenchmarkPutOrders(b *testing.B) {
	var put, copied time.Duration
	for b.Loop() {
		b.StopTimer()
		url := modelstest.Durable(b)
		db, err := models.Open(b.Context(), url, modelstest.Options(b, nil))
		if err != nil {
			b.Fatal(err)
		}
		p := modelstest.Panel(b, db, modelstest.Owner(b, db), "Alpha", "https://alpha.example")
		pages := benchPages(p.ID)
		began := time.Now()
		b.StartTimer()
		for _, page := range pages {
			modelstest.PutOrders(b, db, p.ID, page...)
		}
		b.StopTimer()
		put += time.Since(began)
		copied += modelstest.TimeCopy(b, url, "orders")
		if err := db.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
	b.ReportMetric(float64(benchRows*b.N)/put.Seconds(), "rows/s")
	b.ReportMetric(float64(benchRows*b.N)/copied.Seconds(), "copy-rows/s")
	b.ReportMetric(copied.Seconds()/put.Seconds(), "x-copy")
}

// BenchmarkUnchanged compares pages of 1,000 records with a mirror that holds all of them, and reports how much faster
// this is than writing them.
func BenchmarkUnchanged(b *testing.B) {
	db, err := models.Open(b.Context(), modelstest.Durable(b), modelstest.Options(b, nil))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	p := modelstest.Panel(b, db, modelstest.Owner(b, db), "Alpha", "https://alpha.example")
	pages := benchPages(p.ID)
	began := time.Now()
	for _, page := range pages {
		modelstest.PutOrders(b, db, p.ID, page...)
	}
	first := time.Since(began)
	stream := models.StreamKey{PanelID: p.ID, Resource: models.Orders}
	for b.Loop() {
		for _, page := range pages {
			var ids []int64
			var raws []json.RawMessage
			for _, o := range page {
				ids, raws = append(ids, o.ID), append(raws, o.Raw)
			}
			if same, err := db.Unchanged(b.Context(), stream, ids, raws); err != nil || len(same) != len(ids) {
				b.Fatalf("%d of %d are unchanged, %v", len(same), len(ids), err)
			}
		}
	}
	again := b.Elapsed().Seconds() / float64(b.N)
	b.ReportMetric(benchRows/again, "rows/s")
	b.ReportMetric(first.Seconds()/again, "x-first")
}
