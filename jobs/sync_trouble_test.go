package jobs

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"masterpanel/jobs/panel/sim"
	"masterpanel/models"
)

func TestOnePanelsTroubleLeavesTheOtherFreshAndHasWords(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault sim.FaultKind
		want  string
	}{
		"down":        {sim.HTML502, "backing_off: The worker pauses all reads of this panel. The panel is not working (502): answered with a web page instead of data"},
		"challenge":   {sim.CloudflareHTML403, "backing_off: The worker pauses all reads of this panel. The panel is not working (403): answered with a web page instead of data"},
		"hangs":       {sim.Hang, "backing_off: The worker pauses all reads of this panel. The panel cannot be reached: no answer within 1s"},
		"drops":       {sim.DropConnection, "backing_off: The worker pauses all reads of this panel. The panel cannot be reached: it closed the connection before its answer was complete"},
		"garbage":     {sim.Garbage, "broken: The panel's answer was not understood (200): the answer cannot be used: not JSON"},
		"not objects": {sim.NotAnObject, "broken: The panel's answer was not understood (200): the answer cannot be used: not an object"},
		"says 429":    {sim.TooManyRequests, "backing_off: The panel asks for fewer calls (429): Too many requests."},
		"refuses key": {sim.Unauthorized, "needs_key: The panel refused the key (401): Unauthorized."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, func(o *Options) {
				if c.fault == sim.Hang {
					o.CallTimeout = time.Second
				}
			})
			good, bad := b.shop("good", 40), b.shop("bad", 40)
			bad.Fail(sim.Fault{Kind: c.fault, Path: "/adminapi/"})
			b.sync()
			b.wantMirror(good)
			if got := b.state(bad.key(models.Orders)); got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
			bad.Heal()
			b.later(time.Minute)
			b.wantMirror(bad)
			if got := b.state(bad.key(models.Orders)); got != "idle: " {
				t.Errorf("healed: got %q, want idle", got)
			}
		})
	}
}

func TestAPanelWhoseKeyWasRevokedGoesOnWithANewKey(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.shop("alpha", 100)
	b.sync()
	s.SetKey("another-key")
	s.AddOrder(sim.OrderSpec{User: "late"})
	b.later(time.Minute)
	if got := b.state(s.key(models.Orders)); !strings.HasPrefix(got, "needs_key: ") {
		t.Errorf("got %q, want needs_key", got)
	}
	b.later(time.Minute)
	s.ResetCounters()
	for range 30 { // half an hour
		b.later(time.Minute)
	}
	calls := slices.DeleteFunc(s.Calls(), func(c sim.Call) bool { return strings.HasPrefix(c.Path, "/api/v2") })
	if len(calls) < 25 || len(calls) > 31 {
		t.Errorf("called %d times in half an hour while it waits for a key, want one call a minute", len(calls))
	}
	for _, c := range calls {
		if !strings.Contains(c.Query, "limit=1&") {
			t.Errorf("called with %q while it waits for a key, want the cheapest call", c.Query)
		}
	}
	b.saveKey(s, "another-key")
	b.sync()
	b.wantMirror(s)
}

func TestALateRefusalOfTheOldKeySaysNothingOfTheNewOne(t *testing.T) {
	t.Parallel()
	meanwhile := &arrivals{arrive: func() {}}
	b := newBench(t, func(o *Options) { o.Transport = meanwhile })
	s := b.shop("alpha", 100)
	b.sync()
	s.SetKey("another-key")
	s.AddOrder(sim.OrderSpec{User: "late"})
	meanwhile.arrive = sync.OnceFunc(func() { b.saveKey(s, "another-key") }) // during a call with the old key
	b.clock.turn(time.Minute)
	b.run(s.key(models.Orders))
	if n := b.count("SELECT count(*) FROM panels WHERE key_refused_at IS NOT NULL"); n != 0 {
		t.Error("the new key counts as refused")
	}
	if got := b.state(s.key(models.Orders)); got != "idle: " {
		t.Errorf("got %q, want idle", got)
	}
	b.sync()
	b.wantMirror(s)
}

// saveKey enters another admin key for a panel, as staff would.
func (b *bench) saveKey(s shop, key string) {
	b.Helper()
	must(b.db.UpdatePanel(b.Context(), b.owner, s.id, models.PanelInput{Name: "alpha", ShortCode: "alpha", Colour: "blue",
		URL: b.text("SELECT url FROM panels WHERE id = $1", s.id), AdminAPIKey: key}))(b)
}

func TestAPoisonRecordIsListedLikeTheRest(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.shop("alpha", 60)
	s.Fail(sim.Fault{Kind: sim.PoisonRecord, Count: 1}) // one record with wrong types, another with U+0000
	stream := must(b.db.ClaimStream(t.Context(), s.key(models.Orders), leaseFor))(t)
	r := must(b.worker.newRun(t.Context(), stream))(t)
	page := must(r.resource.read(r, t.Context(), page{limit: 100}))(t)
	written := must(r.keep(t.Context(), page, r.find(models.LoopHead)))(t)
	if want := (models.Written{New: 60}); written != want {
		t.Errorf("got %+v, want %+v", written, want)
	}
	if n := b.count("SELECT count(*) FROM quarantine"); n != 0 {
		t.Errorf("%d records are set aside, want none", n)
	}
	if misread := b.text("SELECT string_agg(misread, '; ') FROM orders WHERE misread <> ''"); !strings.Contains(misread, "quantity") {
		t.Errorf("misread: got %q, want quantity among it", misread)
	}
	if err := b.worker.settle(t.Context(), stream, true, nil); err != nil {
		t.Fatal(err)
	}
	b.sync() // the panel is healthy again
	b.wantMirror(s)
}

func TestARecordThatTheDatabaseCannotHoldIsTriedOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.shop("alpha", 60)
	if _, err := b.sql.ExecContext(t.Context(), "CREATE INDEX narrow ON orders (link)"); err != nil { // it rejects long links
		t.Fatal(err)
	}
	var long strings.Builder
	for i := range 4000 { // digits that do not compress
		long.WriteString(strconv.Itoa(i * 7919 % 99991))
	}
	id := s.AddOrder(sim.OrderSpec{User: "anna", Link: long.String()})
	b.sync()
	if got := b.count("SELECT count(*) FROM orders"); got != len(s.Orders())-1 {
		t.Errorf("got %d orders, want all but one of %d", got, len(s.Orders()))
	}
	if reason := b.text("SELECT reason FROM quarantine WHERE record = $1", strconv.FormatInt(id, 10)); !strings.Contains(reason, "the database cannot store it") {
		t.Errorf("got reason %q", reason)
	}
	seen := b.text("SELECT last_at::text FROM quarantine")
	b.later(time.Hour)
	if again := b.text("SELECT last_at::text FROM quarantine"); again != seen {
		t.Errorf("the record was tried again at %s after %s", again, seen)
	}
	s.SetOrder(id, func(o *sim.Order) { o.Link = "https://instagram.com/short" })
	b.later(time.Hour)
	b.wantMirror(s)
}

func TestAHalfBadPageListsEveryRecordWhoseIDCanBeRead(t *testing.T) {
	t.Parallel()
	for name, share := range map[string]int{"half": 50, "nearly all": 99, "all": 100} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bent := &bent{path: "/adminapi/v2/orders", bend: func(list []record) []record {
				for _, one := range list {
					if id, _ := one["id"].(float64); int(id)%100 < share {
						one["id"] = "none"
					}
				}
				return list
			}}
			b := newBench(t, func(o *Options) { o.Transport = bent })
			s := b.shop("alpha", 1000)
			b.sync()
			bad := 0
			for _, o := range s.Orders() {
				if int(o.ID)%100 < share {
					bad++
				}
			}
			if got := b.count("SELECT count(*) FROM orders"); got != 1000-bad {
				t.Errorf("got %d orders, want %d", got, 1000-bad)
			}
			trouble := b.trouble(s.key(models.Orders))
			if want := fmt.Sprintf("History: %d of 1000 orders cannot be read", bad); !strings.Contains(trouble, want) {
				t.Errorf("got %q, want %q in it", trouble, want)
			}
			if got := b.state(s.key(models.Payments)); got != "idle: " {
				t.Errorf("payments: got %q, want idle", got)
			}
			bent.heal()
			b.later(time.Minute)
			b.later(time.Minute)
			b.wantMirror(s)
			if got := b.trouble(s.key(models.Orders)); got != "" {
				t.Errorf("healed: got %q, want no trouble", got)
			}
			if n := b.count("SELECT count(*) FROM quarantine WHERE resource = 'orders'"); n != 0 {
				t.Errorf("healed: %d records are still set aside, want none", n)
			}
		})
	}
}

func TestAtMostTwentyRecordsOfAPageAreKeptAndAllAreCounted(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(o *Options) {
		o.Transport = &bent{path: "/adminapi/v2/payments", bend: func(list []record) []record {
			for _, one := range list {
				one["payment_id"], one["id"] = nil, nil
			}
			return list
		}}
	})
	s := b.shop("alpha", 400)
	b.sync()
	payments := len(s.Payments())
	if got := b.count("SELECT count(*) FROM quarantine WHERE resource = 'payments'"); got > 2*maxQuarantined || got < maxQuarantined {
		t.Errorf("got %d payments kept aside, want %d of each page", got, maxQuarantined)
	}
	if got := b.count("SELECT sum(rows_quarantined) FROM sync_runs WHERE resource = 'payments' AND loop = 'backfill'"); got != payments {
		t.Errorf("got %d counted, want %d", got, payments)
	}
}

func TestARepeatedIDHidesNoOtherRecordAndIsCounted(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(o *Options) {
		o.Transport = &bent{path: "/adminapi/v2/orders", bend: func(list []record) []record {
			for i := 10; i < len(list); i += 10 { // every tenth record has the id of the previous one
				list[i]["id"] = list[i-1]["id"]
			}
			return list
		}}
	})
	s := b.shop("alpha", 700)
	b.sync()
	trouble := b.trouble(s.key(models.Orders))
	listed := b.count("SELECT count(*) FROM orders")
	aside := b.count("SELECT count(*) FROM quarantine WHERE resource = 'orders' AND reason LIKE '%twice%'")
	if listed < 630 || aside < maxQuarantined || !strings.Contains(trouble, "came twice") || !strings.Contains(trouble, "set aside") {
		t.Errorf("got %d listed, %d set aside, %q; want at least 630, %d, and words", listed, aside, trouble, maxQuarantined)
	}
}

// TestAListWithoutAFirmOrderIsReadTwice makes a page start too early, like a panel that sorts by a time that many
// records share: in one sort order, some records come twice and others never.
func TestAListWithoutAFirmOrderIsReadTwice(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(o *Options) { o.Transport = early{rows: 70} })
	s := b.shop("alpha", 2500)
	b.sync()
	b.wantMirror(s)
	if got := b.trouble(s.key(models.Orders)); !strings.Contains(got, "ids came twice in the list, so the worker reads it twice") {
		t.Errorf("got %q, want that ids came twice", got)
	}
}

// early replaces rows at the end of the second page of an ascending list of orders with rows from the start of the
// page.
type early struct{ rows int }

func (e early) RoundTrip(r *http.Request) (*http.Response, error) {
	q := r.URL.Query()
	offset, _ := strconv.Atoi(q.Get("offset"))
	if r.URL.Path != "/adminapi/v2/orders" || q.Get("sort") != "date-asc" || offset < 900 || offset > 1100 {
		return http.DefaultTransport.RoundTrip(r)
	}
	return (&bent{path: r.URL.Path, bend: func(list []record) []record {
		for i := range e.rows {
			list[len(list)-1-i] = list[i]
		}
		return list
	}}).RoundTrip(r)
}

func TestEveryReadingOfTheAPIGivesTheSameMirror(t *testing.T) {
	t.Parallel()
	for name, v := range map[string]sim.Variants{
		"pagination in data": {PaginationInData: true, NullPageHrefs: true},
		"no pagination":      {NoPagination: true, CountIsTotal: true},
		"money as number":    {MoneyAsNumber: true, NoFormatted: true},
		"numbers as strings": {NumbersAsStrings: true},
		"errors with 200":    {Errors200: true, NoSuccessCodes: true},
		"null codes":         {NullSuccessCodes: true, ProviderNA: true},
		"ignores filters":    {IgnoreFilters: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			s := b.shop("alpha", 120, func(o *sim.Options) { o.Variants = v })
			b.sync()
			b.wantMirror(s)
		})
	}
}

func TestAPanelThatIgnoresFiltersStillShowsChangesOfOpenOrders(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.shop("alpha", 300, func(o *sim.Options) { o.Variants.IgnoreFilters = true })
	b.sync()
	for _, o := range s.Orders() {
		if !o.Final() {
			s.SetOrder(o.ID, func(o *sim.Order) { o.Status, o.Remains = sim.Completed, 0 })
			break
		}
	}
	b.later(openEveryUnfiltered + time.Minute)
	b.wantMirror(s)
}

func TestATicketThatIsGoneIsNotAskedForAgain(t *testing.T) {
	t.Parallel()
	gone := notFound{path: "/adminapi/v2/tickets/"}
	b := newBench(t, func(o *Options) { o.Transport = gone })
	s := b.shop("alpha", 200)
	b.sync() // ends only if the worker gives up the tickets
	if got := b.count("SELECT count(*) FROM tickets"); got != len(s.Tickets()) {
		t.Errorf("got %d tickets, want %d", got, len(s.Tickets()))
	}
	if got := b.state(s.key(models.Tickets)); got != "idle: " {
		t.Errorf("got %q, want idle", got)
	}
}

func TestWaitsGrowAndAreBounded(t *testing.T) {
	t.Parallel()
	var last time.Duration
	for failures := range 40 {
		got := downBackoff.after(failures, 0.999)
		if got < last || got > 40*time.Second {
			t.Errorf("after %d failures: got %v, want from %v to 40s", failures, got, last)
		}
		last = got
	}
	if got := downBackoff.after(40, 0); got < 30*time.Second {
		t.Errorf("after many failures: got %v, want at least 30s", got)
	}
	if got := downBackoff.after(20, 0); got < time.Second {
		t.Errorf("the shortest wait: got %v, want a second", got)
	}
}

func TestTheBackfillSaysHowFarItIs(t *testing.T) {
	t.Parallel()
	for cursor, want := range map[string]string{
		`{}`: "backfill not started",
		`{"offset":990,"read":1000,"ascending":true,"first":1000,"at":1620,"until":2000}`: "backfill 62 %",
		`{"offset":990,"read":1000}`: "backfill: 1000 read",
		`not JSON`:                   "backfill not started",
	} {
		if got := BackfillWords([]byte(cursor)); got != want {
			t.Errorf("%s: got %q, want %q", cursor, got, want)
		}
	}
}

// notFound answers 404 to calls below a path.
type notFound struct{ path string }

func (n notFound) RoundTrip(r *http.Request) (*http.Response, error) {
	if !strings.HasPrefix(r.URL.Path, n.path) {
		return http.DefaultTransport.RoundTrip(r)
	}
	return answerWith(http.StatusNotFound, `{"data":[],"error_message":"Page not found.","error_code":100}`), nil
}
