package jobs

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"masterpanel/jobs/panel/sim"
	"masterpanel/models"
)

// keepDays sets the retention of orders.
func (b *bench) keepDays(days int) {
	b.Helper()
	if err := b.db.SetRetention(b.Context(), b.owner, models.ResourceSettings{Name: models.Orders, RetentionDays: &days}); err != nil {
		b.Fatal(err)
	}
}

// purgeAll runs the due purges until none is due.
func (b *bench) purgeAll() {
	b.Helper()
	for range 1000 {
		due := must(b.db.DuePurges(b.Context(), 1))(b)
		if len(due) == 0 {
			return
		}
		if err := b.worker.purgeOld(b.Context(), target{PanelID: due[0].PanelID, Resource: due[0].Resource}); err != nil {
			b.Fatal(err)
		}
	}
	b.Fatal("the purge does not end")
}

// age makes all but n of a panel's stored orders one year older.
func (b *bench) age(s shop, n int) {
	b.Helper()
	_, err := b.sql.ExecContext(b.Context(), `UPDATE orders SET created_at = created_at - interval '1 year'
		WHERE panel_id = $1 AND id NOT IN (SELECT id FROM orders WHERE panel_id = $1 ORDER BY id DESC LIMIT $2)`, s.id, n)
	if err != nil {
		b.Fatal(err)
	}
}

// oldOrders counts the orders that were created before a moment.
const oldOrders = "SELECT count(*) FROM orders WHERE created_at < $1"

func TestNoWayOfReadingBringsBackWhatIsPastItsRetention(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.shop("alpha", 3000)
	b.sync()
	days := b.count("SELECT extract(day FROM max(created_at) - min(created_at))::int / 2 FROM orders")
	cutoff := b.clock.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, -days)
	if n := b.count(oldOrders, cutoff); n < 500 {
		t.Fatalf("only %d of the panel's orders are older than %d days", n, days)
	}
	b.keepDays(days)
	b.purgeAll()
	kept := b.count("SELECT kept FROM purges")
	if n := b.count(oldOrders, cutoff); n != kept {
		t.Errorf("after the purge: got %d old orders, want the %d that open tickets need", n, kept)
	}
	if err := b.db.Reread(t.Context(), b.owner, nil, models.Resources); err != nil {
		t.Fatal(err)
	}
	s.ResetCounters()
	b.later(time.Minute)
	for _, c := range s.Calls() {
		if strings.Contains(c.Query, "sort=date-asc") && strings.HasSuffix(c.Path, "/orders") && !strings.Contains(c.Query, "created_from=") {
			t.Errorf("the history was read from before its retention: %s", c.Query)
		}
	}
	b.later(2 * time.Hour)
	if n := b.count(oldOrders, cutoff); n != kept {
		t.Errorf("after everything was read again: got %d old orders, want %d", n, kept)
	}
	young := 0
	for _, o := range s.Orders() {
		if o.Created >= cutoff.Unix() {
			young++
		}
	}
	if got := b.count("SELECT count(*) FROM orders"); got != young+kept {
		t.Errorf("got %d orders, want %d young and %d kept", got, young, kept)
	}
	if got := b.count("SELECT cached FROM streams WHERE resource = 'orders'"); got != young+kept {
		t.Errorf("got %d cached, want %d", got, young+kept)
	}
}

// staying connects a panel whose oldest order is past a retention of days days but stays, because a ticket needs it.
func (b *bench) staying(days int) (shop, sim.Order) {
	b.Helper()
	s := b.shop("alpha", 300)
	b.sync()
	order := s.Orders()[0]
	s.OpenTicket(order.User, "Where is my order", "<div>please</div>")
	b.later(time.Minute)
	b.keepDays(days)
	b.purgeAll()
	s.ResetCounters()
	return s, order
}

// seesWithin gives an order a new link and waits up to hours hours until the mirror shows it.
func (b *bench) seesWithin(hours int, s shop, id int64, link string) {
	b.Helper()
	s.SetOrder(id, func(o *sim.Order) { o.Link = link })
	b.within(hours, "the change of the old order is seen", func() bool {
		return b.count("SELECT count(*) FROM orders WHERE id = $1 AND link = $2", id, link) == 1
	})
}

func TestOrdersThatStayAreReadOnceADayAtAnyHour(t *testing.T) {
	t.Parallel()
	for _, hour := range []string{"00:30", "08:00", "16:30", "23:59"} {
		for _, days := range []int{1, 3} {
			t.Run(fmt.Sprintf("%s with a retention of %d days", hour, days), func(t *testing.T) {
				t.Parallel()
				b := newBench(t)
				b.turnTo(hour)
				s, order := b.staying(days)
				for round := range 3 {
					b.seesWithin(26, s, order.ID, fmt.Sprint("https://new.example/", round))
				}
			})
		}
	}
}

func TestTheTailReadsNoDayThatIsPastItsRetentionButTheOrdersThatStay(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s, order := b.staying(3)
	b.seesWithin(26, s, order.ID, "https://new.example/link")
	for _, c := range s.Calls() {
		query := must(url.ParseQuery(c.Query))(t)
		from, err := strconv.ParseInt(query.Get("created_from"), 10, 64)
		if err == nil && time.Unix(from, 0).Before(b.clock.Now().Add(-5*24*time.Hour)) {
			t.Errorf("a day was read that is not kept: %s", c.Query)
		}
	}
	if n := b.count("SELECT count(*) FROM drift WHERE words LIKE '%could not be stored%'"); n != 0 {
		t.Errorf("%d days that are not kept count as drift", n)
	}
}

func TestDailyTotalsStayWhenOrdersGo(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.shop("alpha", 600)
	b.sync()
	const totals = `SELECT coalesce(string_agg(concat_ws(' ', day, status, currency, n, amount::float), ', ' ORDER BY day, status, currency), '')
		FROM (SELECT day, status, currency, sum(n) AS n, sum(amount) AS amount FROM (
			SELECT (created_at AT TIME ZONE 'UTC')::date AS day, status, currency, 1 AS n, charge AS amount FROM orders
			UNION ALL SELECT day, status, currency, rows, amount FROM purged_days) AS one GROUP BY 1, 2, 3) AS all_days`
	before := b.text(totals)
	b.keepDays(1)
	b.purgeAll()
	if b.count("SELECT count(*) FROM purged_days") == 0 {
		t.Fatal("nothing was purged")
	}
	if after := b.text(totals); after != before {
		t.Errorf("daily totals changed:\n got %.300s\nwant %.300s", after, before)
	}
}

func TestReadersAreNotHeldUpByAPurge(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.shop("alpha", 3500)
	b.sync()
	b.age(s, 500)
	// Its connections fail instead of waiting for a lock.
	impatient := openDB(t, with(t, b.url, "lock_timeout", "50ms"), b.clock.Now)
	b.keepDays(30)
	stop := make(chan struct{})
	var readers sync.WaitGroup
	reads := 0
	readers.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			q := models.ParseListQuery(models.OrderList, nil, time.UTC, b.clock.Now())
			if _, err := impatient.Orders(t.Context(), b.owner, q); err != nil {
				t.Errorf("a reader: %v", err)
				return
			}
			reads++
		}
	})
	b.purgeAll()
	close(stop)
	readers.Wait()
	if got := b.count(oldOrders, b.clock.Now().AddDate(0, 0, -60)); got != b.count("SELECT kept FROM purges") {
		t.Errorf("got %d old orders left", got)
	}
	if reads == 0 {
		t.Error("nobody read meanwhile")
	}
}

// with adds a PostgreSQL setting to a URL.
func with(t testing.TB, address, setting, value string) string {
	t.Helper()
	u := must(url.Parse(address))(t)
	query := u.Query()
	query.Set(setting, value)
	u.RawQuery = query.Encode()
	return u.String()
}

func TestAPurgeGoesOnAfterItsWorkerWasKilled(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.shop("alpha", 5000)
	b.sync()
	b.age(s, 500)
	b.keepDays(30)
	victim := exec.CommandContext(t.Context(), os.Args[0])
	victim.Env = append(os.Environ(), killableDatabase+"="+b.url, killableRedis+"="+b.redis.URL())
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the first batch is deleted", func() bool { return b.count("SELECT deleted FROM purges") > 0 })
	if err := victim.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := victim.Wait(); err == nil {
		t.Fatal("the victim ended by itself")
	}
	b.purgeAll()
	if got, kept := b.count(oldOrders, b.clock.Now().AddDate(0, 0, -60)), b.count("SELECT kept FROM purges"); got != kept {
		t.Errorf("got %d old orders left, want %d", got, kept)
	}
	if got, want := b.count("SELECT deleted + kept FROM purges"), 4500; got < want {
		t.Errorf("got %d deleted and kept in all, want %d", got, want)
	}
	if rows, cached := b.count("SELECT count(*) FROM orders"), b.count("SELECT cached FROM streams WHERE resource = 'orders'"); rows != cached {
		t.Errorf("%d orders are there and %d are counted", rows, cached)
	}
}

func TestTheScheduleFindsAPurgeAndPagesLearnOfIt(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.shop("alpha", 1200)
	b.sync()
	b.age(s, 500)
	before := must(b.client.HGet(t.Context(), versionsKey, ResourceVersion(s.id, models.Orders)).Result())(t)
	b.keepDays(30)
	b.start(onRunningClock(b))
	eventually(t, "the purge has ended", func() bool { return b.count("SELECT count(*) FROM purges WHERE finished_at IS NOT NULL") == 1 })
	eventually(t, "the version moves", func() bool {
		return b.client.HGet(context.Background(), versionsKey, ResourceVersion(s.id, models.Orders)).Val() != before
	})
	if words := b.state(s.key(models.Orders)); strings.Contains(words, "broken") {
		t.Errorf("got %q", words)
	}
}
