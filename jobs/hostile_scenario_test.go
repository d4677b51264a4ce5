//go:build scenario

package jobs

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"masterpanel/jobs/panel/sim"
	"masterpanel/models/modelstest"
)

// The size of the scenario.
const (
	hostilePanels = 20
	hostileOrders = 1000
	hostileWarmUp = 30 * time.Second // time for the first reads of the panels; orders added in it are not measured
	orderEachAt   = 5 * time.Second
)

// hostileKinds lists the faults of the hostile panels, which get them in turn.
var hostileKinds = []struct {
	name  string
	fault sim.Fault
}{
	{"gzip bomb", sim.Fault{Kind: sim.GzipBomb, Path: "/adminapi/", Size: 256 << 20}},
	{"endless list", sim.Fault{Kind: sim.EndlessList, Path: "/adminapi/"}},
	{"half-bad pages", sim.Fault{Kind: sim.HalfBad, Path: "/adminapi/"}},
	{"401 now and then", sim.Fault{Kind: sim.Unauthorized, Path: "/adminapi/"}},
	{"web page", sim.Fault{Kind: sim.HTML502, Path: "/adminapi/"}},
	{"not JSON", sim.Fault{Kind: sim.Garbage, Path: "/adminapi/"}},
	{"huge body", sim.Fault{Kind: sim.HugeBody, Path: "/adminapi/", Size: 256 << 20}},
}

// hostileShop is a panel of the scenario. kind is "" for a healthy one.
type hostileShop struct {
	shop
	kind string
	late int64 // the order that was added after it healed
	at   time.Time
}

// TestHostilePanelsCostOnlyThemselves runs a worker in its own process that reads twenty panels. HOSTILE of them
// misbehave for SECONDS (100) and then heal. It prints how much memory the worker took above idle, after how long the
// new orders of the healthy panels were seen, how many orders of the hostile panels are listed, and how soon after
// healing their first new order was seen.
func TestHostilePanelsCostOnlyThemselves(t *testing.T) {
	fmt.Printf("%7s %8s %10s %10s %8s %8s %8s %9s %9s %s\n", "hostile", "idle MB", "peak MB", "above MB", "orders", "lag p50", "lag p95", "heal p50", "heal max", "listed before and after healing")
	for _, word := range strings.Fields(os.Getenv("HOSTILE")) {
		hostile := must(strconv.Atoi(word))(t)
		t.Run(word, func(t *testing.T) {
			hostilePanelsCost(t, hostile, time.Duration(fromEnv(t, "SECONDS", 100))*time.Second)
		})
	}
}

func hostilePanelsCost(t *testing.T, hostile int, length time.Duration) {
	b := newBenchOn(t, modelstest.Durable(t))
	b.exec(`CREATE TABLE sightings (panel_id bigint, id bigint, at timestamptz DEFAULT clock_timestamp());
		CREATE FUNCTION note_order() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
			INSERT INTO sightings (panel_id, id) VALUES (NEW.panel_id, NEW.id); RETURN NULL; END $$;
		CREATE TRIGGER note AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION note_order()`)
	worker := b.limitedWorker()
	rest(t, 5*time.Second)
	idle := residentMB(t, worker)
	peak, stop := watchResident(worker)
	shops := b.hostileShops(hostile)
	ctx, cancel := context.WithTimeout(t.Context(), length)
	defer cancel()
	orders := b.liveAmong(ctx, shops)
	listed := b.listedOrders(shops)
	for i := range shops {
		if s := &shops[i]; s.kind != "" {
			s.Heal()
			s.late, s.at = s.AddOrder(sim.OrderSpec{User: "late"}), time.Now()
		}
	}
	waits(t, func() bool {
		return time.Since(shops[0].at) > time.Minute && b.sawLate(shops) || time.Since(shops[0].at) > 3*time.Minute
	})
	stop()
	lags, heals := b.lagsOf(orders), b.heals(shops)
	fmt.Printf("%7d %8d %10d %10d %8d %8.1f %8.1f %9.1f %9.1f %s; after: %s\n", hostile, idle, peak.Load(), peak.Load()-idle, len(lags), ms(lags, 0.5)/1000,
		ms(lags, 0.95)/1000, ms(heals, 0.5)/1000, ms(heals, 1)/1000, listed, b.listedOrders(shops))
}

// limitedWorker starts a worker in its own process, with the limit of calls.
func (b *bench) limitedWorker() (pid int) {
	b.Helper()
	worker := exec.CommandContext(b.Context(), os.Args[0])
	worker.Env = append(os.Environ(), killableDatabase+"="+b.url, killableRedis+"="+b.redis.URL(), killableLimited+"=1")
	worker.Stderr = os.Stderr
	if err := worker.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = worker.Process.Kill()
		_ = worker.Wait()
	})
	return worker.Process.Pid
}

func (b *bench) hostileShops(hostile int) []hostileShop {
	b.Helper()
	shops := make([]hostileShop, hostilePanels)
	for i := range shops {
		kind := hostileKinds[i%len(hostileKinds)]
		shops[i].shop = b.shop(fmt.Sprint("p", i), hostileOrders, func(o *sim.Options) {
			o.RateLimit, o.Seed = 0, uint64(i+1)
		})
		if i < hostile {
			shops[i].kind = kind.name
			shops[i].Fail(kind.fault)
		}
	}
	return shops
}

// liveAmong adds an order to each healthy panel every few seconds until ctx ends, and revokes and restores keys. It
// returns the times of the orders that were added after the warm-up.
func (b *bench) liveAmong(ctx context.Context, shops []hostileShop) map[[2]int64]time.Time {
	b.Helper()
	began, added := time.Now(), map[[2]int64]time.Time{}
	for tick := 0; sleep(ctx, orderEachAt/hostilePanels) == nil; tick++ {
		s := shops[tick%len(shops)]
		switch {
		case s.kind == "401 now and then" && tick/len(shops)%6 == 3:
			s.Heal()
		case s.kind == "401 now and then" && tick/len(shops)%6 == 0:
			s.Fail(hostileKinds[3].fault)
		case s.kind == "":
			id := s.AddOrder(sim.OrderSpec{})
			if time.Since(began) > hostileWarmUp {
				added[[2]int64{s.id, id}] = time.Now()
			}
		}
	}
	return added
}

// lagsOf returns after how long the orders were seen. An order that was not seen counts as a minute.
func (b *bench) lagsOf(orders map[[2]int64]time.Time) (lags []time.Duration) {
	b.Helper()
	for key, at := range orders {
		lag := time.Minute
		if seen := b.seenAt(key[0], key[1]); !seen.IsZero() {
			lag = seen.Sub(at)
		}
		lags = append(lags, lag)
	}
	return lags
}

// heals returns after how long the first new order of each healed panel was seen. An order that was not seen counts
// as an hour.
func (b *bench) heals(shops []hostileShop) (all []time.Duration) {
	b.Helper()
	for _, s := range shops {
		if s.kind == "" {
			continue
		}
		took := time.Hour
		if seen := b.seenAt(s.id, s.late); !seen.IsZero() {
			took = seen.Sub(s.at)
		}
		all = append(all, took)
	}
	return all
}

func (b *bench) sawLate(shops []hostileShop) bool {
	for _, s := range shops {
		if s.kind != "" && b.seenAt(s.id, s.late).IsZero() {
			return false
		}
	}
	return true
}

func (b *bench) seenAt(panelID, id int64) (at time.Time) {
	b.Helper()
	var seen *time.Time
	if err := b.sql.QueryRow("SELECT min(at) FROM sightings WHERE panel_id = $1 AND id = $2", panelID, id).Scan(&seen); err != nil {
		b.Fatal(err)
	}
	if seen != nil {
		at = *seen
	}
	return at
}

// listedOrders returns how many orders are listed of each hostile panel, with its kind.
func (b *bench) listedOrders(shops []hostileShop) string {
	b.Helper()
	var words []string
	for _, s := range shops {
		if s.kind != "" {
			words = append(words, fmt.Sprintf("%s %d", s.kind, b.count("SELECT count(*) FROM orders WHERE panel_id = $1", s.id)))
		}
	}
	return strings.Join(words, ", ")
}

// residentMB returns the memory of a process, in MB.
func residentMB(t testing.TB, pid int) int64 {
	t.Helper()
	n := resident(pid)
	if n == 0 {
		t.Fatal("the worker ended")
	}
	return n
}

func resident(pid int) int64 {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid)) // a process that has ended has no such file
	_, after, _ := strings.Cut(string(text), "VmRSS:")
	kb, _ := strconv.ParseInt(strings.Fields(after + " 0")[0], 10, 64)
	return kb >> 10
}

// watchResident records the peak memory of a process until stop is called.
func watchResident(pid int) (peak *atomic.Int64, stop func()) {
	peak = &atomic.Int64{}
	ctx, cancel := context.WithCancel(context.Background())
	var watching sync.WaitGroup
	watching.Go(func() {
		for sleep(ctx, 20*time.Millisecond) == nil {
			peak.Store(max(peak.Load(), resident(pid)))
		}
	})
	return peak, func() { cancel(); watching.Wait() }
}

func rest(t testing.TB, d time.Duration) {
	t.Helper()
	if err := sleep(t.Context(), d); err != nil {
		t.Fatal(err)
	}
}
