package handlers

import (
	"context"
	"database/sql"
	"log/slog"
	"maps"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"masterpanel/jobs"
	"masterpanel/models"
	"masterpanel/models/modelstest"
)

// mortalSite is a site on a PostgreSQL that the test can stop, with the panels of a walk and the owner logged in. Its
// clock is fixed, so that the session stays cached and requests reach their handlers without the database.
func mortalSite(t *testing.T) (*walker, *modelstest.Mortal) {
	t.Helper()
	postgres := modelstest.NewMortal(t)
	still := modelstest.Now(t)
	now := func() time.Time { return still }
	client := redis.NewClient(&redis.Options{Addr: miniredis.RunT(t).Addr()})
	t.Cleanup(func() { client.Close() })
	feed := jobs.NewFeed(client, slog.New(slog.DiscardHandler), now)
	feed.Reread(t.Context())
	w := walkOn(t, siteOn(t, postgres.Open(), func(c *Config) { c.Now, c.Feed = now, feed }))
	w.become("owner")
	return w, postgres
}

func TestWithoutItsDatabaseEveryPageAndFormIsUnavailableAndNothingWasSaved(t *testing.T) {
	t.Parallel()
	w, postgres := mortalSite(t)
	w.site.get("/orders").expect(t, 200)
	postgres.Stop()
	unavailable := 0
	for _, route := range w.routes() {
		r := walk[route]
		address := w.address(r.path, route)
		answers := map[string]answer{}
		if strings.HasPrefix(route, "POST ") {
			form := url.Values{}
			maps.Copy(form, r.form)
			answers["form"] = w.site.post(address, form)
		} else {
			answers["page"] = w.site.get(address)
			for _, fragment := range r.fragments {
				answers[fragment] = w.site.get(address, "HX-Request", "true", "HX-Request-Type", "partial", "HX-Target", "x#"+fragment)
			}
		}
		for part, got := range answers {
			if route == "GET /readyz" || got.Status < 500 { // the route needs no database, or rejects the form before it uses one
				continue
			}
			unavailable++
			got.expect(t, 503, "The database cannot be reached at the moment.")
			w.retries(route+" "+part, got)
			saves := part == "form" && !strings.HasPrefix(address, "/log")
			if strings.Contains(got.Body, "Nothing was saved.") != saves || strings.Contains(got.Body, "may have been saved") {
				t.Errorf("%s %s says about what was saved: %s", route, part, got.Body)
			}
		}
	}
	t.Logf("%d answers were 503", unavailable)
	if unavailable < 170 {
		t.Errorf("%d answers were 503: the database was not missed", unavailable)
	}
	w.site.get("/healthz").expect(t, 200)
	w.site.get("/readyz").expect(t, 503, "database is not ready")
	postgres.Start()
	w.site.get("/orders").expect(t, 200)
}

func (w *walker) retries(what string, got answer) {
	w.t.Helper()
	if got.Header.Get("Retry-After") == "" {
		w.t.Errorf("%s: status %d without Retry-After", what, got.Status)
	}
}

// TestAFormThatWaitsWhenItsDatabaseDiesSaysWhetherItWasSaved crashes PostgreSQL while a form's transaction waits for a
// lock, and while its COMMIT is in progress.
func TestAFormThatWaitsWhenItsDatabaseDiesSaysWhetherItWasSaved(t *testing.T) {
	t.Parallel()
	const atCommit = `CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_advisory_xact_lock(7); RETURN NULL; END $$;
		CREATE CONSTRAINT TRIGGER hold AFTER INSERT ON `
	keyed := func(w *walker) (string, url.Values) {
		return "/orders/" + pathID(w.ours) + "/1/actions", url.Values{"kind": {"change_status"}, "status": {"completed"}, "key": {"held"}}
	}
	plain := func(w *walker) (string, url.Values) {
		return "/views", url.Values{"list": {"orders"}, "query": {"status=pending"}, "name": {"Pending"}}
	}
	for name, c := range map[string]struct {
		form          func(*walker) (string, url.Values)
		prepare, hold string
		lock          string // a condition on pg_locks
		wants, not    string
	}{
		"before its commit": {keyed, "SELECT 1", "LOCK TABLE actions IN EXCLUSIVE MODE", "relation = 'actions'::regclass", "Nothing was saved. Try again in a few seconds.", "may have"},
		"in its commit, with a key": {keyed, atCommit + "actions DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION hold()", "SELECT pg_advisory_xact_lock(7)", "locktype = 'advisory' AND objid = 7",
			"It may have been saved. Send the same form again: its key prevents a second action.", "Nothing was saved"},
		"in its commit, without a key": {plain, atCommit + "saved_views DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION hold()", "SELECT pg_advisory_xact_lock(7)", "locktype = 'advisory' AND objid = 7",
			"It may have been saved. Open the page again and check it before you send the form a second time.", "Nothing was saved"},
	} {
		t.Run(name, func(t *testing.T) {
			w, postgres := mortalSite(t)
			holder, err := sql.Open("pgx", postgres.URL)
			w.check(err)
			defer holder.Close()
			_, err = holder.ExecContext(t.Context(), c.prepare)
			w.check(err)
			held, err := holder.BeginTx(t.Context(), nil)
			w.check(err)
			_, err = held.ExecContext(t.Context(), c.hold)
			w.check(err)
			address, form := c.form(w)
			answered := make(chan answer, 1)
			go func() { answered <- w.site.post(address, form) }()
			awaitWaiting(t, postgres.URL, c.lock)
			postgres.Crash()
			got := <-answered
			got.expect(t, 503, c.wants)
			if strings.Contains(got.Body, c.not) {
				t.Errorf("it also says %q: %s", c.not, got.Body)
			}
			w.retries(address, got)
			postgres.Start()
			w.site.post(address, form).expect(t, 303)
			w.site.post(address, form)
			if n := count(t, postgres.URL, "SELECT count(*) FROM actions WHERE key = 'held'"); form.Has("key") && n != 1 {
				t.Errorf("sent three times it was done %d times, want once", n)
			}
		})
	}
}

func TestWritesAreWatchedUnderTheirOwnContextOnly(t *testing.T) {
	t.Parallel()
	db := modelstest.New(t)
	owner := modelstest.Owner(t, db)
	outer := models.WatchWrites(t.Context())
	inner := models.WatchWrites(outer)
	query := models.ParseListQuery(models.OrderList, url.Values{"status": {"pending"}}, owner.Zone, fuzzNow)
	if _, err := db.CreateView(inner, owner, models.OrderList, query, models.ViewInput{Name: "Mine"}); err != nil {
		t.Fatal(err)
	}
	if got := models.SavedUnder(inner); got != models.SavedSome {
		t.Errorf("after a write that was committed: got %d, want SavedSome", got)
	}
	if got := models.SavedUnder(outer); got != models.SavedNothing {
		t.Errorf("the writes of the inner context are among those of the outer: got %d", got)
	}
	if got := models.SavedUnder(context.Background()); got != models.SavedPerhaps {
		t.Errorf("of a context that nobody watches: got %d, want SavedPerhaps", got)
	}
}

// awaitWaiting waits until a connection to the database waits for the lock, a condition on pg_locks.
func awaitWaiting(t *testing.T, url, lock string) {
	t.Helper()
	for count(t, url, "SELECT count(*) FROM pg_locks WHERE NOT granted AND "+lock) == 0 {
		if t.Context().Err() != nil {
			t.Fatalf("nothing waits for the lock %s", lock)
		}
	}
}

func count(t *testing.T, url, query string) (n int) {
	t.Helper()
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRowContext(t.Context(), query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
