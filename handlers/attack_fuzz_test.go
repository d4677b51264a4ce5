package handlers

import (
	"encoding/base64"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

var (
	attackRequests = flag.Int("attack.requests", 1500, "how many hostile requests are sent")
	attackSeed     = flag.Uint64("attack.seed", 1, "which ones")
)

// hostileValues fill a parameter, a path segment or a form field: SQL, boundary numbers, broken text, and impossible
// dates and cursors.
var hostileValues = []string{
	"", " ", "'", `"`, "''", "';--", "' OR '1'='1", "1 OR 1=1", "1;DROP TABLE orders", "1) UNION SELECT NULL--", "'||(SELECT version())||'", "$1", "$$", "?", "??", "?0", "?::bigint", ":a", "@x", "{1,2}", "ARRAY[1]",
	"(SELECT pg_sleep(1))", "pg_sleep(1)", "\\", "%", "_", "%%%", `\%`, "*", "E'\\x00'", "U&'\\0061'", "CAST(1 AS int)", "1::text", "NULL", "null", "none", "undefined", "true", "infinity", "-infinity", "NaN",
	"0", "-0", "-1", "1", "2147483647", "2147483648", "-2147483649", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "1e400", "1e-400", "0x10", "1.5", "١٢٣", "00001", "+1", "1_000", "99999999999999999999999999",
	"2026-02-30", "2026-01-31", "0000-00-00", "9999-12-31", "-0001-01-01", "2026-01-31T00:00", "today", "7d", "month", "yesterday", "25", "50", "200", "1000000", "charge", "-charge", "-created", "created_at", "id", "-id", "panel", "-raw", "user", "-",
	"pending", "in_progress", "completed", "api", "auto", "owner", "csv", "\x00", "a\x00b", "\xff\xfe", "\xc0\xaf", "\xed\xa0\x80", "\u202e", "\ufeff", "😀", "İ", "ß", "../../etc/passwd", "..%2f", "/", "//", "\r\nX: y", "<script>", "{{.}}", "https://shop.example", "javascript:x",
	"#orders-list", "section#orders-list", "orders-list", "side", "[]", "{}", `{"a":1}`, strings.Repeat("a", 400), strings.Repeat("9", 400), strings.Repeat("1,", 600), strings.Repeat("'", 300),
}

var hostileNames = []string{"panel", "q", "status", "mode", "source", "service", "provider", "method", "risk", "assignee", "created_from", "created_to", "created", "sort", "after", "before", "per", "view", "find", "section",
	"next", "theme", "time_zone", "name", "short_code", "colour", "url", "admin_api_key", "services_api_key", "confirm", "resource", "days", "interval", "username", "role", "panels", "staff", "action", "result", "kind", "key", "remains", "start_count", "link", "decision", "attempt", "note", "reason", "service", "order", "message", "seen", "amount", "memo", "user",
	"tab", "body", "until", "ticket", "panel[]", "q'", "__proto__", "%", ""}

// notFuzzed are routes that would end the attacker's session, or that cost one password hash per request.
var notFuzzed = []string{"/login", "/logout", "/account/password"}

// fuzzNow is the time at which the fuzzed lists are parsed.
var fuzzNow = time.Date(2026, 3, 29, 1, 30, 0, 0, time.UTC)

// attacker creates hostile requests.
type attacker struct {
	*rand.Rand
	routes []fiber.Route
	cookie string
}

func (a *attacker) pick(from []string) string { return from[a.IntN(len(from))] }

// value returns a hostile value, two of them joined, a cursor, or noise.
func (a *attacker) value() string {
	switch a.IntN(8) {
	case 0:
		return a.pick(hostileValues) + a.pick(hostileValues)
	case 1:
		text := fmt.Sprintf(`{"s":%q,"k":%q,"p":%s,"i":%s}`, a.pick([]string{"-created", "created", "-charge", "id", "-id", "user", "-updated"}), a.value(), a.pick([]string{"1", "0", "-1", "9223372036854775807", "1e9"}), a.pick([]string{"1", "0", `"x"`, "9223372036854775807"}))
		return base64.RawURLEncoding.EncodeToString([]byte(text))
	case 2:
		noise := make([]byte, a.IntN(40))
		for i := range noise {
			noise[i] = byte(a.IntN(256))
		}
		return string(noise)
	case 3:
		return fmt.Sprint(a.IntN(5))
	}
	return a.pick(hostileValues)
}

// segment fills a path segment. Half of the time the segment is hostile; otherwise it often leads somewhere.
func (a *attacker) segment(name string) string {
	switch a.IntN(4) {
	case 0, 1:
		return a.value()
	case 2:
		if name == ":filter" {
			return a.pick(hostileNames[:10])
		}
		return fmt.Sprint(1000 + a.IntN(40))
	}
	return "1"
}

func (a *attacker) values() url.Values {
	values := url.Values{}
	for range a.IntN(6) {
		values.Add(a.pick(hostileNames), a.value())
	}
	return values
}

// request fills in one request to a random route.
func (a *attacker) request(r *fasthttp.Request) {
	route := a.routes[a.IntN(len(a.routes))]
	segments := strings.Split(route.Path, "/")
	for i, segment := range segments {
		if strings.HasPrefix(segment, ":") {
			segments[i] = url.PathEscape(a.segment(segment))
		}
	}
	query := a.values().Encode()
	if a.IntN(10) == 0 {
		query = url.QueryEscape(a.value()) + "=%zz&" + strings.ReplaceAll(a.value(), "#", "") + "&" + query
	}
	r.Header.SetMethod(route.Method)
	r.SetRequestURI(strings.Join(segments, "/") + "?" + query)
	r.Header.SetHost("example.com")
	r.Header.Set("Cookie", a.cookie)
	if a.IntN(2) == 0 {
		r.Header.Set("HX-Request", "true")
		for _, name := range []string{"HX-Request-Type", "HX-Target", "HX-PTag", "HX-Current-URL", "X-Auto-Refresh", "X-Forwarded-For", "User-Agent"} {
			if a.IntN(3) == 0 {
				r.Header.Set(name, strings.NewReplacer("\r", "", "\n", "").Replace(a.value()))
			}
		}
	}
	if route.Method == fiber.MethodPost {
		r.Header.SetContentType(a.pick([]string{"application/x-www-form-urlencoded", "application/x-www-form-urlencoded", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json", "text/plain", ""}))
		r.SetBodyString(a.values().Encode() + a.pick([]string{"", "", "", "&%zz", "\x00", "--x\r\n"}))
	}
}

// fuzzed returns the routes under attack.
func fuzzed(app *fiber.App) []fiber.Route {
	return slices.DeleteFunc(app.GetRoutes(true), func(r fiber.Route) bool {
		return r.Method != fiber.MethodGet && r.Method != fiber.MethodPost || slices.Contains(notFuzzed, r.Path)
	})
}

func TestNoRequestIsAnsweredWithAnError(t *testing.T) {
	t.Parallel()
	const attackers = 4
	s, panel := ownersSite(t, 30)
	fill(t, s.db, panel.ID)
	infest(t, s.db, panel.ID, 1000, hostileTexts()[:40])
	handle := s.app.Handler()
	var sent, loggedIn atomic.Int64
	var mu sync.Mutex
	statuses := map[int]int{}
	var group sync.WaitGroup
	for i := range attackers {
		a := &attacker{Rand: rand.New(rand.NewPCG(*attackSeed, uint64(i))), routes: fuzzed(s.app), cookie: s.cookie} // #nosec G404 -- the same requests in each run
		group.Go(func() {
			for sent.Add(1) <= int64(*attackRequests) {
				var ctx fasthttp.RequestCtx
				a.request(&ctx.Request)
				asked := ctx.Request.String()
				handle(&ctx)
				status := ctx.Response.StatusCode()
				mu.Lock()
				statuses[status]++
				mu.Unlock()
				if status >= 500 {
					t.Errorf("status %d for:\n%.1500s", status, asked)
				}
				if location := string(ctx.Response.Header.Peek("Location")); strings.HasPrefix(location, "/login") {
					// Something ended the session. A new owner continues, because the attack may have throttled logins
					// of the first one.
					name := fmt.Sprintf("owner-%d", loggedIn.Add(1))
					modelstest.Staff(t, s.db, name, models.RoleOwner, true)
					a.cookie = "session=" + modelstest.LogIn(t, s.db, name)
				}
			}
		})
	}
	group.Wait()
	t.Logf("%d hostile requests to %d routes: %v by status; %d new sessions", *attackRequests, len(fuzzed(s.app)), statuses, loggedIn.Load())
	if statuses[200] < *attackRequests/10 {
		t.Errorf("only %d were answered with a page: the attack did not get in", statuses[200])
	}
}

// FuzzListQuery lets the fuzzer write the address of a list. The query parsed from any address must succeed.
func FuzzListQuery(f *testing.F) {
	s, panel := ownersSite(f, 3)
	v, _, err := s.db.ViewerOf(f.Context(), strings.TrimPrefix(s.cookie, "session="), true)
	if err != nil {
		f.Fatal(err)
	}
	a := &attacker{Rand: rand.New(rand.NewPCG(*attackSeed, 0))} // #nosec G404 -- the same seeds in each run
	for range 20 {
		f.Add(a.values().Encode())
	}
	f.Add(fmt.Sprintf("panel=%d&q=%%27&status=pending&sort=-charge&per=25", panel.ID))
	f.Fuzz(func(t *testing.T, query string) {
		values, _ := url.ParseQuery(query)
		q := models.ParseListQuery(models.OrderList, values, v.Zone, fuzzNow)
		if _, err := s.db.Orders(t.Context(), v, q); err != nil {
			t.Errorf("%q: %v", query, err)
		}
		again := models.ParseListQuery(models.OrderList, q.Params(models.OrderList), v.Zone, fuzzNow)
		if got, want := again.Params(models.OrderList).Encode(), q.Params(models.OrderList).Encode(); got != want {
			t.Errorf("%q: written and read again it is %q, was %q", query, got, want)
		}
	})
}
