package handlers

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"masterpanel/models"
	"masterpanel/models/modelstest"
	"masterpanel/views"
)

// pauses maps the length of a pause between two words to its number of boxes out of ten. The lengths lie around every
// delay of the page: 150 to 300 ms for a search, 600 ms for a draft, one second for shortcuts and for a ticket's poll.
var pauses = map[time.Duration]int{200 * time.Millisecond: 3, 650 * time.Millisecond: 3, 1100 * time.Millisecond: 2, 1700 * time.Millisecond: 1, 3 * time.Second: 1}

// pausesOf returns the pauses for n boxes, in the same order in each run.
func pausesOf(n int) (all []time.Duration) {
	for len(all) < n {
		for _, pause := range slices.Sorted(maps.Keys(pauses)) {
			all = append(all, slices.Repeat([]time.Duration{pause}, pauses[pause])...)
		}
	}
	dice := rand.New(rand.NewPCG(11, 390)) // #nosec G404 -- only the order of a test's pauses
	dice.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

// Every letter and sign here is a shortcut outside a text box.
const (
	wordsBefore = "east"
	wordsAfter  = " njkx[z]rfbx/?gtse"
)

// inBoxes runs in a page before words are typed. It polls much faster than a page does and counts the responses by
// status. It finds the boxes, opens the elements that hide them and reports their final state.
const inBoxes = `void (() => {
	const kinds = "input:not([type=hidden], [type=checkbox], [type=radio], [type=date]), textarea, [contenteditable]";
	window.polled = {};
	document.addEventListener("htmx:after:request", ({ detail: { ctx } }) => {
		if (ctx.sourceEvent?.type === "mp:refresh") polled[ctx.response.status] = (polled[ctx.response.status] ?? 0) + 1;
	});
	const poll = () => { for (const el of document.querySelectorAll("[data-refresh]")) el.dispatchEvent(new CustomEvent("mp:refresh")); };
	setInterval(poll, 1000);
	const side = document.querySelector("#side .detail, #side form")?.closest("#side");
	const list = document.querySelector("[data-list-url]")?.dataset.listUrl.split("?")[0];
	window.boxes = () => [...(side ?? document).querySelectorAll(kinds)].filter((box) => !box.closest(".no-js"));
	const wait = (long) => new Promise((then) => setTimeout(then, long));
	const places = (el) => { const all = [scrollY]; for (; el; el = el.parentElement) all.push(el.scrollTop); return all; };

	window.begin = async (i) => {
		const box = window.box = boxes()[i];
		for (let el = box; el; el = el.parentElement) {
			if (el.hidden) el.hidden = false;
			if (el.localName === "details") el.open = true;
			if (el.localName === "dialog" && !el.open) document.querySelector("[data-palette]").click();
		}
		await wait(100); // a menu that has opened takes the focus, and then fills itself
		box.scrollIntoView({ block: "center" });
		box.focus();
		box.select();
		return { name: box.name, id: box.id, seen: box.checkVisibility() && document.activeElement === box, most: box.maxLength, draft: box.dataset.draft ?? "" };
	};
	window.mark = () => { window.before = { path: location.pathname, places: places(box) }; poll(); };
	window.end = () => {
		const now = places(box);
		const found = { value: box.value, focus: document.activeElement === box, there: box.isConnected, stays: [before.path, list].includes(location.pathname),
			scrolled: !box.matches("[type=search]") && now.some((top, i) => Math.abs(top - before.places[i]) > 1), caret: box.selectionStart === null || box.selectionStart === box.value.length,
			toast: document.querySelector("[data-toast]")?.textContent ?? "", polled };
		for (const el of document.querySelectorAll("details[open]")) el.open = false;
		document.querySelector("dialog[open]")?.close();
		return found;
	};
})()`

type begun struct {
	Name, ID, Draft string
	Seen            bool
	Most            int
}

type ended struct {
	Value, Toast                         string
	Focus, There, Stays, Scrolled, Caret bool
	Polled                               map[string]int
}

// writtenPage is one page with boxes: at an address, beside a list, or in the response to a form.
type writtenPage struct {
	path, beside string
	form         url.Values
	shows        string // a selector in the response to the form
	cookie       string
	width        int64
}

func (p writtenPage) String() string {
	return strings.TrimSpace(fmt.Sprintf("%s %s at %d", p.path, p.beside, p.width))
}

// inTab turns a fatal failure in a tab into a test error and ends only the work of this tab.
type inTab struct{ testing.TB }

type tabFailed string

func (i inTab) Fatal(args ...any)                 { panic(tabFailed(fmt.Sprint(args...))) }
func (i inTab) Fatalf(format string, args ...any) { panic(tabFailed(fmt.Sprintf(format, args...))) }

// writer types in the boxes of pages, one after the other, in its own tab.
type writer struct {
	*browser
	s     *site
	owner models.Viewer
	found *wordsFound
}

// wordsFound collects the results of all writers.
type wordsFound struct {
	mu     sync.Mutex
	names  map[string]bool
	left   []time.Duration // the remaining pauses
	polled map[string]int
	boxes  int
	paused map[time.Duration]int
}

func (w *writer) on(p writtenPage) {
	defer func() {
		if failed := recover(); failed != nil {
			w.t.Errorf("%s: %v", p, failed)
		}
	}()
	w.do(chromedp.Navigate("about:blank"), func(ctx context.Context, target *chromedp.Target) (none chromedp.Void, err error) {
		cookie := network.SetCookieParams{Name: "session", Value: strings.TrimPrefix(p.cookie, "session="), URL: w.base}
		_, err = cdp.Call(ctx, target, network.SetCookie, cookie)
		return none, err
	}, chromedp.EmulateViewport(p.width, 900))
	switch {
	case p.beside != "":
		w.open(p.beside)
		w.run(`htmx.ajax("GET", "` + p.path + `", { source: document.getElementById("side"), target: document.getElementById("side"), push: "true" })`)
		w.until(`document.querySelector("#side")?.firstElementChild != null`)
	case p.form != nil:
		w.open("/account")
		fields, _ := json.Marshal(p.form)
		w.run(`(() => { const form = document.createElement("form"); form.method = "post"; form.action = "` + p.path + `";
			for (const [name, values] of Object.entries(` + string(fields) + `)) for (const value of values) { const input = document.createElement("input"); Object.assign(input, { type: "hidden", name, value }); form.append(input); }
			document.body.append(form); form.submit(); })()`)
		w.do(chromedp.WaitVisible(chromedp.CSS(p.shows)))
	default:
		w.open(p.path)
	}
	w.do(chromedp.Evaluate[chromedp.Void](inBoxes))
	n, err := chromedp.Run(w.ctx, chromedp.Evaluate[int](`boxes().length`))
	if err != nil {
		w.t.Fatal(err)
	}
	for i := range n {
		w.in(p, i)
	}
}

// in types two words into a box with a pause between them.
func (w *writer) in(p writtenPage, i int) {
	w.t.Helper()
	box, err := chromedp.Run(w.ctx, chromedp.Evaluate[begun](fmt.Sprintf("begin(%d)", i), chromedp.EvalAwaitPromise))
	if err != nil {
		w.t.Fatal(err)
	}
	if !box.Seen || !w.found.isNew(p, box) {
		w.do(chromedp.Evaluate[chromedp.Void]("void (mark(), end())"))
		return
	}
	pause := w.found.next()
	w.press([]rune(wordsBefore)...)
	w.run("mark()")
	w.pause(pause)
	w.press([]rune(wordsAfter)...)
	want := wordsBefore + wordsAfter
	if box.Most >= 0 {
		want = want[:min(len(want), box.Most)]
	}
	got, err := chromedp.Run(w.ctx, chromedp.Evaluate[ended]("end()"))
	if err != nil {
		w.t.Fatal(err)
	}
	if got.Value != want || !got.Focus || !got.There || !got.Stays || got.Scrolled || !got.Caret || got.Toast != "" {
		w.t.Errorf("%s, after %v in %s%s: got %+v, want %q", p, pause, box.Name, box.ID, got, want)
	}
	if box.Draft != "" {
		w.until(`document.querySelector("[data-draft-state]").textContent === "Draft saved"`)
		w.draftIs(box.Draft, want)
	}
	w.found.add(box, pause, got)
}

// draftIs checks the server's draft of a ticket.
func (w *writer) draftIs(address, want string) {
	w.t.Helper()
	var key models.Key
	if _, err := fmt.Sscanf(address, "/tickets/%d/%d/draft", &key.PanelID, &key.ID); err != nil {
		w.t.Fatal(err)
	}
	if got, err := w.s.db.Draft(w.t.Context(), w.owner, key); err != nil || got != want {
		w.t.Errorf("the draft of %s is %q, %v, want %q", address, got, err, want)
	}
}

// isNew reports whether the box was not tested yet: all pages share the palette, and all views of a list share its
// pickers.
func (f *wordsFound) isNew(p writtenPage, box begun) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	key := fmt.Sprintf("palette %d", p.width)
	switch {
	case box.Name == "find":
		key = "pickers " + p.String()
	case box.ID != "palette-q":
		return true
	}
	isNew := !f.names[key]
	f.names[key] = true
	return isNew
}

// next returns the pause for the next box.
func (f *wordsFound) next() time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.left) == 0 {
		f.left = pausesOf(100)
	}
	pause := f.left[0]
	f.left = f.left[1:]
	return pause
}

func (f *wordsFound) add(box begun, pause time.Duration, got ended) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.boxes++
	f.names[box.Name] = true
	f.paused[pause]++
	for status, n := range got.Polled {
		f.polled[status] += n
	}
}

// TestInABrowserWordsStayInEveryBox types in every text box of the product, in the page and in the side panel, on a laptop
// or on a phone. Meanwhile polls return both changes and 304s. make words does both widths.
func TestInABrowserWordsStayInEveryBox(t *testing.T) {
	t.Parallel()
	w := newWordsSite(t)
	before := w.did()
	clock := newBrowser(t, w.site)
	pages := w.pages()
	found := &wordsFound{names: map[string]bool{}, polled: map[string]int{}, paused: map[time.Duration]int{}}
	queue := make(chan writtenPage, len(pages))
	for _, p := range pages {
		queue <- p
	}
	close(queue)
	ctx, stop := context.WithCancel(t.Context())
	var moving, writing sync.WaitGroup
	moving.Go(func() { w.moves(ctx, clock) })
	for range writers {
		tab := clock.tab(inTab{t})
		one := &writer{browser: tab, s: w.site, owner: modelstest.Viewer(t, w.site.db, "owner"), found: found}
		writing.Go(func() {
			for p := range queue {
				one.on(p)
			}
		})
	}
	writing.Wait()
	stop()
	moving.Wait()
	for _, name := range boxesInViews(t) {
		if !found.names[name] {
			t.Errorf("nothing was typed in the box %q: add a page that shows it", name)
		}
	}
	if found.polled["200"] == 0 || found.polled["304"] == 0 || len(found.paused) < len(pauses) {
		t.Errorf("polls %v, pauses %v", found.polled, found.paused)
	}
	if after := w.did(); !slices.Equal(before, after) {
		t.Errorf("while words were typed, commands ran: %v", after[:max(0, len(after)-len(before))])
	}
	t.Logf("%d boxes on %d pages; polls %v; pauses %v", found.boxes, len(pages), found.polled, found.paused)
}

const writers = 5

var wordsTwice = flag.Bool("words.twice", false, "type on every page as wide as a laptop and as wide as a phone, instead of one of them")

// tab opens another tab with its own cookies.
func (b *browser) tab(t testing.TB) *browser {
	t.Helper()
	ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	one := &browser{t: t, ctx: ctx, base: b.base}
	one.listen()
	return one
}

// did returns all actions of the owner that change data.
func (w *wordsSite) did() (all []string) {
	w.t.Helper()
	owner := modelstest.Viewer(w.t, w.site.db, "owner")
	query := url.Values{"per": {"200"}}
	for {
		page, err := w.site.db.Activities(w.t.Context(), owner, models.ParseListQuery(models.ActivityList, query, time.UTC, modelstest.Now(w.t)))
		w.check(err)
		for _, row := range page.Rows {
			if seen := strings.HasPrefix(string(row.Action), "view.") || row.Action == models.ActLogIn; !seen && row.Username == "owner" {
				all = append(all, fmt.Sprint(row.Action, row.ObjectIDs, row.Result))
			}
		}
		if page.Next == "" {
			return all
		}
		query.Set("after", page.Next)
	}
}

var (
	boxInView  = regexp.MustCompile(`<(?:input|textarea)\b[^>]*>`)
	boxWithout = regexp.MustCompile(`type="(hidden|checkbox|radio|date|submit|file)"`)
	boxName    = regexp.MustCompile(`\sname="([a-z_]+)"`)
)

// boxesInViews returns the names of all text boxes in the templates.
func boxesInViews(t *testing.T) (names []string) {
	t.Helper()
	err := fs.WalkDir(views.Files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(views.Files, path)
		for _, box := range boxInView.FindAllString(string(text), -1) {
			if name := boxName.FindStringSubmatch(box); name != nil && !boxWithout.MatchString(box) {
				names = append(names, name[1])
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	return slices.Compact(names)
}
