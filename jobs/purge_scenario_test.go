//go:build scenario

package jobs

import (
	"database/sql"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"masterpanel/jobs/embedredis"
	"masterpanel/models"
	"masterpanel/models/modelstest"
)

// TestPurgeWhileListsAreRead deletes PURGE_ORDERS old orders (a million) of one panel, on a PostgreSQL with fsync,
// while a reader reads lists without a pause. It compares the times of the reads before and during the purge.
func TestPurgeWhileListsAreRead(t *testing.T) {
	modelstest.RealClock(t)
	orders := 1_000_000
	if text := os.Getenv("PURGE_ORDERS"); text != "" {
		orders = must(strconv.Atoi(text))(t)
	}
	address := modelstest.Durable(t)
	db := openDB(t, address, time.Now)
	panel := modelstest.Panel(t, db, modelstest.Owner(t, db), "Alpha", "https://alpha.example")
	owner := modelstest.Viewer(t, db, "owner")
	fillOrders(t, address, panel.ID, orders, orders/5)

	before := readLists(t, db, owner, func() bool { return false }, 10*time.Second)
	redis := must(embedredis.Start(embedredis.Options{}))(t)
	t.Cleanup(redis.Close)
	w := NewWorker(Options{DB: db, Redis: redisClient(t, redis.URL()), Log: slog.New(slog.DiscardHandler)})
	days := 365
	if err := db.SetRetention(t.Context(), owner, models.ResourceSettings{Name: models.Orders, RetentionDays: &days}); err != nil {
		t.Fatal(err)
	}
	began, done := time.Now(), make(chan time.Duration, 1)
	go func() {
		for {
			due, err := db.DuePurges(t.Context(), 1)
			if err == nil && len(due) > 0 {
				err = w.purgeOld(t.Context(), target{PanelID: panel.ID, Resource: models.Orders})
			}
			if err != nil {
				t.Error(err)
			}
			if err != nil || len(due) == 0 {
				done <- time.Since(began)
				return
			}
		}
	}()
	during := readLists(t, db, owner, func() bool { return len(done) > 0 }, time.Hour)
	took := <-done
	fmt.Printf("purge of %d orders: %.0f s, %.0f rows/s\n", orders, took.Seconds(), float64(orders)/took.Seconds())
	fmt.Printf("%-8s %8s %10s %10s %10s\n", "reads", "n", "p50 ms", "p99 ms", "max ms")
	for _, line := range []struct {
		name  string
		times []time.Duration
	}{{"before", before}, {"during", during}} {
		fmt.Printf("%-8s %8d %10.2f %10.2f %10.2f\n", line.name, len(line.times), ms(line.times, 0.5), ms(line.times, 0.99), ms(line.times, 1))
	}
}

// fillOrders adds orders that are at least a year old, and fresh orders of the last month.
func fillOrders(t *testing.T, address string, panelID int64, old, fresh int) {
	t.Helper()
	pool := must(sql.Open("pgx", address))(t)
	defer pool.Close()
	_, err := pool.Exec(`
		INSERT INTO orders (panel_id, id, user_name, charge, currency, cost_currency, link, quantity, service_id, service_name, service_type,
			status, mode, source, provider, external_id, created_at, raw, hash, fetched_at, changed_at)
		SELECT $1, i, 'customer' || i % 4000, 5, 'USD', '', 'https://instagram.com/p/' || md5(i::text), 1000, i % 900, 'Instagram Likes', 'default',
			(ARRAY['completed', 'completed', 'completed', 'partial', 'canceled', 'pending'])[i % 6 + 1], 'auto', 'api', 'provider.example', i::text,
			CASE WHEN i <= $2 THEN now() - interval '370 days' - ($2 - i) * interval '30 seconds' ELSE now() - ($2 + $3 - i) * interval '10 seconds' END,
			jsonb_build_object('id', i, 'link', repeat(md5(i::text), 20)), i, now(), now()
		FROM generate_series(1::bigint, $2::bigint + $3::bigint) AS i`, panelID, old, fresh)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Exec("VACUUM ANALYZE orders"); err != nil {
		t.Fatal(err)
	}
}

// readLists reads lists one after the other until ended returns true or the time is up. It returns the time of each
// read.
func readLists(t *testing.T, db *models.DB, v models.Viewer, ended func() bool, most time.Duration) []time.Duration {
	t.Helper()
	var lists []models.ListQuery
	for _, values := range []url.Values{nil, {"status": {"pending"}}, {"service": {"171"}}, {"q": {"customer17"}}} {
		lists = append(lists, models.ParseListQuery(models.OrderList, values, time.UTC, time.Now()))
	}
	var times []time.Duration
	for until := time.Now().Add(most); !ended() && time.Now().Before(until); {
		began := time.Now()
		if _, err := db.Orders(t.Context(), v, lists[len(times)%len(lists)]); err != nil {
			t.Fatal(err)
		}
		times = append(times, time.Since(began))
	}
	return times
}

func ms(times []time.Duration, quantile float64) float64 {
	sorted := slices.Sorted(slices.Values(times))
	return float64(sorted[int(quantile*float64(len(sorted)-1))].Microseconds()) / 1000
}
