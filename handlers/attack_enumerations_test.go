package handlers

import (
	"bytes"
	"cmp"
	"flag"
	"maps"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/valyala/fasthttp"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

var attackEnumerations = flag.Int("attack.enumerations", 2200, "how many forms and queries with one wrong word are sent, half of each")

// enumerated is a valid request except for one value, which names something that may not exist.
type enumerated struct {
	method, address, query string
	form                   url.Values
	htmx                   string // the requested fragment, "" for a page
	rank                   int    // 0 for a form with an unknown word, so that a short run sends all of these
}

// knownWords returns names that the program stores or looks up. Each is valid in its own place and invalid everywhere
// else.
func knownWords() []string {
	words := []string{"light", "dark", "system", "comfortable", "compact", "took_effect", "went_through", "did_not", "again", "me", "none", "done", "reopen", "assign", "today", "yesterday", "7d", "30d", "month", "ids", "links", "1h", "tomorrow", "new", "removed", "red", "hue-red", "indigo"}
	for _, info := range models.ActionKinds {
		words = append(words, string(info.Kind))
	}
	for _, list := range lists {
		words = append(words, list.Noun)
		words = append(words, list.Statuses...)
		for _, c := range list.Columns {
			words = append(words, c.Name, "-"+c.Name)
		}
	}
	for _, p := range models.Permissions {
		words = append(words, string(p.Name))
	}
	for _, r := range models.Resources {
		words = append(words, string(r))
	}
	words = append(words, string(models.RoleOwner), string(models.RoleAdmin), string(models.RoleAgent), string(models.RoleViewer))
	slices.Sort(words)
	return slices.Compact(words)
}

// unknownWord is a word that no enumeration contains.
const unknownWord = "zz"

// oddWords returns words that no enumeration contains: unknown, empty, in another case, odd Unicode, numbers beyond
// their type, and one as long as a request may contain.
func oddWords(right string) []string {
	return []string{"", unknownWord, " ", right + " ", strings.ToUpper(right), right + "\u200b", "\u202e" + right, "İ", "ﬁ", "ｃａｎｃｅｌ", "e\u0301", "😀", right + "\x00", "\xff" + right, right + "," + right,
		"-", "--" + right, "__proto__", "0", "-1", "1.5", "2147483648", "9223372036854775808", "1e400", "NaN", "null", "[]", "%", "'", strings.Repeat("z", 9000)}
}

var readNames = regexp.MustCompile("(?:form:|Query\\(|QueryInt\\(|FormValue\\(|Get\\(|Has\\()\"([a-z_]+)\"")

// namesRead returns all names of fields and parameters that handlers read, from their source text, and the lists'
// filters.
func namesRead(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range readNames.FindAllStringSubmatch(string(text), -1) {
			names = append(names, m[1])
		}
	}
	for _, list := range lists {
		for _, f := range list.Filters {
			names = append(names, f.Name)
		}
	}
	for _, p := range models.Permissions {
		names = append(names, "perm_"+string(p.Name))
	}
	names = append(names, "sort", "per", "after", "before", "tab", "created", "view")
	slices.Sort(names)
	return slices.Compact(names)
}

// formsWithOneWord returns each form with each field set to each odd word, to each known word, and to the right value
// twice.
func (w *walker) formsWithOneWord() (all []enumerated) {
	known, instead := knownWords(), w.typedInstead()
	for _, f := range w.forms() {
		if slices.Contains(notFuzzed, f.address) || strings.HasPrefix(f.address, "/account/two-factor") || strings.HasSuffix(f.address, "/end-others") {
			continue
		}
		base := url.Values{}
		for name, values := range f.fields {
			base[name] = values
			if len(values) == 0 || values[0] == "" {
				base[name] = []string{instead[name]}
			}
		}
		names := slices.AppendSeq(slices.Collect(maps.Keys(base)), maps.Keys(f.offered))
		slices.Sort(names)
		for _, name := range slices.Compact(names) {
			right := base.Get(name)
			for _, word := range slices.Concat(oddWords(right), known, f.offered[name]) {
				all = append(all, f.with(base, name, word), f.with(base, name, right, word))
				if word == unknownWord {
					all[len(all)-2].rank = 0
				}
			}
		}
	}
	return all
}

// queriesWithOneWord returns each page and fragment with each query parameter set to each odd word and each known word.
func (w *walker) queriesWithOneWord() (all []enumerated) {
	names, words := namesRead(w.t), slices.Concat(oddWords("x"), knownWords())
	for _, route := range w.routes() {
		described := walk[route]
		address := w.address(described.path, route)
		if path, _, _ := strings.Cut(address, "?"); slices.Contains(notFuzzed, path) || !strings.HasPrefix(route, "GET ") {
			continue
		}
		for _, name := range names {
			for _, word := range words {
				query := url.Values{name: {word}}.Encode()
				for _, fragment := range append([]string{""}, described.fragments...) {
					all = append(all, enumerated{method: "GET", address: address, query: query, htmx: fragment, rank: 1})
				}
			}
		}
	}
	return all
}

// with returns the form with one field changed: in its body, or for GET in its address.
func (f shownForm) with(base url.Values, name string, values ...string) enumerated {
	form := url.Values{}
	for n, v := range base {
		form[n] = v
	}
	form[name] = values
	if f.method == "GET" {
		return enumerated{method: f.method, address: f.address, query: form.Encode(), rank: 1}
	}
	return enumerated{method: f.method, address: f.address, form: form, rank: 1}
}

func (e enumerated) fill(r *fasthttp.Request, cookie string) {
	join := "?"
	if strings.Contains(e.address, "?") {
		join = "&"
	}
	r.Header.SetMethod(e.method)
	r.SetRequestURI(e.address + join + e.query)
	r.Header.SetHost("example.com")
	r.Header.Set("Cookie", cookie)
	if e.htmx != "" {
		r.Header.Set("HX-Request", "true")
		r.Header.Set("HX-Request-Type", "partial")
		r.Header.Set("HX-Target", "x#"+e.htmx)
	}
	if e.form != nil {
		r.Header.SetContentType("application/x-www-form-urlencoded")
		r.SetBodyString(e.form.Encode())
	}
}

// TestNoWordOfAFormOrQueryIsAnsweredWithAnError sends forms and queries that are valid except for one word. Handlers
// must check an outside value that names a kind, a role, a column or another table entry before they look it up.
func TestNoWordOfAFormOrQueryIsAnsweredWithAnError(t *testing.T) {
	t.Parallel()
	w := newWalk(t)
	chance := rand.New(rand.NewPCG(*attackSeed, 0)) // #nosec G404 -- the same requests in each run
	var all []enumerated
	possible := 0
	for _, some := range [][]enumerated{w.formsWithOneWord(), w.queriesWithOneWord()} {
		chance.Shuffle(len(some), func(i, j int) { some[i], some[j] = some[j], some[i] })
		slices.SortStableFunc(some, func(a, b enumerated) int { return cmp.Compare(a.rank, b.rank) })
		possible += len(some)
		all = append(all, some[:min(len(some), *attackEnumerations/2)]...)
	}
	statuses := map[int]int{}
	for round := range slices.Chunk(all, enumerationsInRound) {
		t.Run("", func(t *testing.T) {
			w := newWalk(t) // the forms change settings, and after many of them the site requires a second factor
			w.become("owner")
			w.send(round, statuses)
		})
	}
	t.Logf("%d of %d forms and queries with one wrong word: %v by status", len(all), possible, statuses)
	if done := statuses[200] + statuses[303]; done < len(all)/4 {
		t.Errorf("only %d were answered with a page: the words did not get in", done)
	}
}

// enumerationsInRound is how many requests one site receives.
const enumerationsInRound = 2200

// send sends the requests on four goroutines and counts the responses by status.
func (w *walker) send(round []enumerated, statuses map[int]int) {
	handle := w.site.app.Handler()
	var mu sync.Mutex
	var group sync.WaitGroup
	queue := make(chan enumerated)
	for range 4 {
		cookie := w.site.cookie
		group.Go(func() {
			for e := range queue {
				var ctx fasthttp.RequestCtx
				e.fill(&ctx.Request, cookie)
				asked := ctx.Request.String()
				handle(&ctx)
				status := ctx.Response.StatusCode()
				mu.Lock()
				statuses[status]++
				if status >= 500 {
					w.t.Errorf("status %d for:\n%.1500s", status, asked)
				}
				if token := sessionIn(ctx.Response.Header.Peek("Set-Cookie")); token != "" {
					cookie = token
				} else if bytes.HasPrefix(ctx.Response.Header.Peek("Location"), []byte("/login")) {
					cookie = "session=" + modelstest.LogIn(w.t, w.site.db, "owner")
				}
				mu.Unlock()
			}
		})
	}
	for _, e := range round {
		queue <- e
	}
	close(queue)
	group.Wait()
}

// sessionIn returns the session cookie from a response that renewed the session's token, or "".
func sessionIn(setCookie []byte) string {
	cookie, _, _ := strings.Cut(string(setCookie), ";")
	if !strings.HasPrefix(cookie, "session=") || cookie == "session=" {
		return ""
	}
	return cookie
}
