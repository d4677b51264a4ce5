//go:build scenario

package jobs

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"masterpanel/jobs/panel/sim"
	"masterpanel/models"
	"masterpanel/models/modelstest"
)

// The events on each panel of the scenario.
const (
	openAtFirst   = 2000
	orderEvery    = time.Hour / 200
	changeEvery   = time.Hour / 200
	messageEvery  = time.Hour / 40
	openTickets   = 5
	longestQuiet  = 10 * time.Hour // the last changes of open orders are spread evenly over it: 200 orders arrive per hour and 2,000 are open
	youngFor      = 10 * time.Minute
	happeningLead = 20 * time.Second
)

// happening is an event on a panel, and the time when the mirror first showed it.
type happening struct {
	kind   string // order, change or message
	of     int64  // id of the order or ticket
	mark   string // distinguishes it from other events
	at, by time.Duration
	seen   bool
}

// freshShop is a panel with its events, by time since the start.
type freshShop struct {
	shop
	random  *rand.Rand
	began   time.Time
	tickets []int64
	all     []*happening
}

// fromEnv reads a whole number from the environment.
func fromEnv(t testing.TB, name string, otherwise int) int {
	t.Helper()
	if text := os.Getenv(name); text != "" {
		return must(strconv.Atoi(text))(t)
	}
	return otherwise
}

// TestFreshUnderTheLimit runs PANELS panels (50) for MINUTES (15) of real time, each with 200 new orders per hour and
// 2,000 open ones, under the limit of five calls per second and with one worker. It prints after how long staff see
// the events, beside an ideal schedule of the same calls: one per fifth of a second, answered and stored without
// delay. INTERVAL sets the interval of orders and tickets and the minimum for open orders, in seconds.
func TestFreshUnderTheLimit(t *testing.T) {
	modelstest.RealClock(t)
	panels, length := fromEnv(t, "PANELS", 50), time.Duration(fromEnv(t, "MINUTES", 15))*time.Minute
	b := newBenchOn(t, modelstest.Durable(t), func(o *Options) { o.Log = slog.New(slog.DiscardHandler) })
	b.client = redisClient(t, realRedis(t))
	set := b.paced(time.Duration(fromEnv(t, "INTERVAL", 10)) * time.Second)
	shops := make([]*freshShop, panels)
	for i := range shops {
		shops[i] = b.freshShop(i)
	}
	b.firstSync(shops)
	worker := b.onItsOwn(func(o *Options) { o.CallsPerSecond = 0 })
	began, cpu := time.Now(), cpuTime(t)
	b.live(shops, began, length)
	used := cpuTime(t) - cpu
	waits(t, func() bool { return b.seen(shops) })
	took := time.Since(began)
	worker()
	b.tellFresh(shops, set, length, took, used)
}

// paced sets the intervals.
func (b *bench) paced(every time.Duration) models.SyncSettings {
	b.Helper()
	b.interval(models.Orders, every)
	b.interval(models.Tickets, every)
	set := must(b.db.SyncSettings(b.Context()))(b)
	set.MinIntervalSeconds = int(every / time.Second)
	if err := b.db.SetSyncSettings(b.Context(), b.owner, set); err != nil {
		b.Fatal(err)
	}
	return set
}

func (b *bench) freshShop(i int) *freshShop {
	b.Helper()
	f := &freshShop{random: rand.New(rand.NewPCG(uint64(i), 1)),
		shop: b.shop(fmt.Sprint("p", i), 300, func(o *sim.Options) { o.RateLimit, o.Seed = 0, uint64(i+1) })}
	for n := range openAtFirst {
		f.AddOrder(sim.OrderSpec{Created: b.clock.Now().Add(-longestQuiet * time.Duration(openAtFirst-n) / openAtFirst)})
	}
	for range openTickets {
		f.tickets = append(f.tickets, f.OpenTicket("customer", "Orders - Refill", "where is it"))
	}
	return f
}

// onItsOwn starts a worker in real time on the bench's own Redis. stop ends it.
func (b *bench) onItsOwn(change func(*Options)) (stop func()) {
	b.Helper()
	client := b.client
	return b.start(onRunningClock(b), func(o *Options) { o.Redis, o.Tick = client, defaultTick }, change)
}

// firstSync reads all panels without a limit, then installs triggers that record when rows are first seen, and
// spreads the last changes of the open orders over time.
func (b *bench) firstSync(shops []*freshShop) {
	b.Helper()
	unlimited := make([]shop, len(shops))
	for i, s := range shops {
		unlimited[i] = s.shop
	}
	stop := b.onItsOwn(func(o *Options) { o.CallsPerSecond, o.Concurrency = -1, 6 })
	waits(b, func() bool {
		return b.count("SELECT count(*) FROM orders") == len(unlimited)*(300+openAtFirst) &&
			b.count("SELECT count(*) FROM stream_loops WHERE loop = 'backfill' AND due_at IS NOT NULL") == 0 &&
			b.count("SELECT count(*) FROM tickets WHERE messages_at IS NULL") == 0
	})
	stop()
	b.exec(`CREATE TABLE sightings (kind text, panel_id bigint, id bigint, mark text, at timestamptz DEFAULT clock_timestamp());
		CREATE FUNCTION note_order() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
			INSERT INTO sightings VALUES (lower(TG_OP), NEW.panel_id, NEW.id, NEW.remains::text); RETURN NULL; END $$;
		CREATE FUNCTION note_message() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
			INSERT INTO sightings VALUES ('message', NEW.panel_id, NEW.ticket_id, NEW.body); RETURN NULL; END $$;
		CREATE TRIGGER note AFTER INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION note_order();
		CREATE TRIGGER note AFTER INSERT ON ticket_messages FOR EACH ROW EXECUTE FUNCTION note_message();
		TRUNCATE sync_runs;
		UPDATE streams SET turn_at = NULL, retry_at = NULL, failures = 0, error_class = '', error_words = '', status = 'idle'`)
	b.exec("ALTER TABLE orders DISABLE TRIGGER note")
	b.exec("UPDATE orders SET changed_at = now() - random() * make_interval(secs => $1) WHERE status NOT IN ('completed', 'partial', 'canceled')", longestQuiet.Seconds())
	b.exec("ALTER TABLE orders ENABLE TRIGGER note")
	b.exec("VACUUM ANALYZE orders")
	for _, s := range shops {
		s.ResetCounters()
	}
}

// live generates events on all panels for the given time.
func (b *bench) live(shops []*freshShop, began time.Time, length time.Duration) {
	ctx, cancel := context.WithDeadline(b.Context(), began.Add(length))
	defer cancel()
	var living sync.WaitGroup
	for _, s := range shops {
		s.began = began
		living.Go(func() { s.Panel.Run(ctx, 1) })
		living.Go(func() { s.live(ctx) })
	}
	living.Wait()
}

// live generates events on one panel at random moments until ctx ends.
func (f *freshShop) live(ctx context.Context) {
	next := map[string]time.Time{}
	every := map[string]time.Duration{"order": orderEvery, "change": changeEvery, "message": messageEvery}
	for _, kind := range []string{"order", "change", "message"} {
		next[kind] = f.began.Add(happeningLead + f.gap(every[kind]))
	}
	for {
		kind := "order"
		for k, at := range next {
			if at.Before(next[kind]) {
				kind = k
			}
		}
		if sleep(ctx, time.Until(next[kind])) != nil {
			return
		}
		f.happen(kind)
		next[kind] = next[kind].Add(f.gap(every[kind]))
	}
}

// gap draws the time until the next random event.
func (f *freshShop) gap(every time.Duration) time.Duration {
	return time.Duration(f.random.ExpFloat64() * float64(every))
}

func (f *freshShop) happen(kind string) {
	h := &happening{kind: kind, at: time.Since(f.began), mark: strconv.Itoa(1_000_000 + len(f.all))}
	switch kind {
	case "order":
		h.of, h.mark = f.AddOrder(sim.OrderSpec{}), ""
	case "change":
		young := f.young()
		if len(young) == 0 {
			return
		}
		h.of = young[f.random.IntN(len(young))]
		remains := int64(1_000_000 + len(f.all))
		f.SetOrder(h.of, func(o *sim.Order) { o.Status, o.Remains = sim.InProgress, remains })
	case "message":
		h.of = f.tickets[f.random.IntN(len(f.tickets))]
		h.mark = "note " + h.mark
		f.CustomerSays(h.of, h.mark)
	}
	f.all = append(f.all, h)
}

// young returns the orders that arrived recently, but before the last few seconds.
func (f *freshShop) young() (ids []int64) {
	now := time.Since(f.began)
	for _, h := range f.all {
		if age := now - h.at; h.kind == "order" && age > happeningLead && age < youngFor {
			ids = append(ids, h.of)
		}
	}
	return ids
}

// seen stores when each event was first seen, and reports whether all were. If one read brings two changes of an
// order, the later one hides the earlier one, which then counts as seen at the same time.
func (b *bench) seen(shops []*freshShop) bool {
	b.Helper()
	left := 0
	for _, s := range shops {
		for _, h := range s.all {
			if h.seen {
				continue
			}
			left++
			query := map[string]string{
				"order":   "SELECT min(at) FROM sightings WHERE kind = 'insert' AND panel_id = $1 AND id = $2 AND $3::text IS NOT NULL AND at >= $4",
				"change":  "SELECT min(at) FROM sightings WHERE kind <> 'message' AND panel_id = $1 AND id = $2 AND mark::bigint >= $3::bigint AND at >= $4",
				"message": "SELECT min(at) FROM sightings WHERE kind = 'message' AND panel_id = $1 AND id = $2 AND mark LIKE '%' || $3 || '%' AND at >= $4",
			}[h.kind]
			var at *time.Time
			if err := b.sql.QueryRow(query, s.id, h.of, h.mark, s.began.Add(h.at)).Scan(&at); err != nil {
				b.Fatal(err)
			}
			if at != nil {
				h.seen, h.by, left = true, at.Sub(s.began), left-1
			}
		}
	}
	return left == 0
}

// waits returns when a condition holds. It fails the test when the test's context ends.
func waits(t testing.TB, ok func() bool) {
	t.Helper()
	for !ok() {
		if err := sleep(t.Context(), 500*time.Millisecond); err != nil {
			t.Fatal(err)
		}
	}
}

func cpuTime(t testing.TB) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// tellFresh prints the table.
func (b *bench) tellFresh(shops []*freshShop, set models.SyncSettings, length, took, cpu time.Duration) {
	b.Helper()
	measured, best := map[string][]time.Duration{}, map[string][]time.Duration{}
	calls, limited := 0, 0
	for _, s := range shops {
		for _, h := range s.all {
			measured[h.kind] = append(measured[h.kind], h.by-h.at)
		}
		for _, h := range idealOf(s.all, set, s.random) {
			best[h.kind] = append(best[h.kind], h.by-h.at)
		}
		calls, limited = calls+len(s.Calls()), limited+s.Limited()
	}
	fmt.Printf("%d panels, %v, orders and tickets every %d s, limit %d a second\n", len(shops), length, set.MinIntervalSeconds, set.CallsPerSecond)
	fmt.Printf("%-32s %6s %8s %8s %10s %10s %6s\n", "visible after, s", "n", "p50", "p95", "ideal p50", "ideal p95", "p95 ×")
	for _, kind := range []struct{ key, name string }{{"order", "new order"}, {"change", "change of a young open order"}, {"message", "new ticket message"}} {
		m, i := measured[kind.key], best[kind.key]
		if len(m) == 0 {
			continue
		}
		fmt.Printf("%-32s %6d %8.2f %8.2f %10.2f %10.2f %6.2f\n", kind.name, len(m), ms(m, 0.5)/1000, ms(m, 0.95)/1000,
			ms(i, 0.5)/1000, ms(i, 0.95)/1000, cmp.Or(ms(m, 0.95)/ms(i, 0.95), 0))
	}
	allowed := float64(len(shops)*set.CallsPerSecond) * took.Seconds()
	fmt.Printf("calls %d, %.2f a second and panel, %.1f %% of the limit; answered 429: %d\n", calls,
		float64(calls)/took.Seconds()/float64(len(shops)), 100*float64(calls)/allowed, limited)
	fmt.Printf("calls: %s\n", b.text("SELECT string_agg(resource || ' ' || loop || ' ' || n, ', ' ORDER BY n DESC) FROM (SELECT resource, loop, sum(calls) AS n FROM sync_runs GROUP BY 1, 2) AS by_loop"))
	fmt.Printf("CPU of worker and panels together: %.0f %% of one core\n", 100*cpu.Seconds()/length.Seconds())
}
