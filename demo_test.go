package main

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// demoFolder returns an empty folder for a demo. All users may pass through it, as through a normal checkout:
// otherwise the demo's PostgreSQL, which does not run as root, would have to use another folder.
func demoFolder(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	for _, d := range []string{dir, filepath.Dir(dir)} {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

var readyLine = regexp.MustCompile(`(?m)^READY (http://127\.0\.0\.1:\d+) user=(\S+) password=(\S+)$`)

// runDemo starts a demo and waits until it is ready.
func runDemo(t testing.TB, args ...string) (d *running, url, username, password string) {
	t.Helper()
	d = start(t, os.Getenv, append([]string{"demo", "--port", "0"}, args...)...)
	found := d.await(t, readyLine)
	return d, found[1], found[2], found[3]
}

// get logs in and reads a page.
func get(t testing.TB, url, username, password, page string) string {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar}
	for _, ask := range []func() (*http.Response, error){
		func() (*http.Response, error) {
			return client.PostForm(url+"/login", map[string][]string{"username": {username}, "password": {password}})
		},
		func() (*http.Response, error) { return client.Get(url + page) },
	} {
		response, err := ask()
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		if err != nil || response.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s, %v", response.Request.URL, response.Status, err)
		}
		if strings.HasSuffix(response.Request.URL.Path, page) {
			return string(body)
		}
	}
	t.Fatalf("never arrived at %s", page)
	return ""
}

func TestADemoKeepsItsDataAndItsFolderToItself(t *testing.T) {
	t.Chdir(demoFolder(t))
	small := []string{"--panels", "2", "--orders", "60"}
	demo, url, username, password := runDemo(t, small...)
	if page := get(t, url, username, password, "/orders"); !strings.Contains(page, `id="orders-list"`) || !strings.Contains(page, `id="orders-row-2-`) {
		t.Error("the list of orders shows no order of the second panel")
	}
	if page := get(t, url, username, password, "/settings/payment-methods"); !strings.Contains(page, "Binance Pay") {
		t.Error("no payment method is set up")
	}

	code, _, errs := run(t, os.Getenv, "", append([]string{"demo", "--port", "0"}, small...)...)
	if code != 2 || !strings.Contains(errs, "already uses") || strings.Count(errs, "\n") != 1 {
		t.Errorf("a second demo in the folder: exit %d, %q", code, errs)
	}

	pid := postgresPID(t)
	if code := demo.stop(t); code != 0 {
		t.Fatalf("stopping: exit %d: %s", code, demo.printed())
	}
	if _, err := os.Stat("/proc/" + strconv.Itoa(pid)); !os.IsNotExist(err) {
		t.Errorf("PostgreSQL (process %d) is still there: %v", pid, err)
	}

	code, _, errs = run(t, os.Getenv, "", "demo", "--port", "0", "--panels", "3")
	if code != 2 || !strings.Contains(errs, "--fresh") {
		t.Errorf("another number of panels on the same data: exit %d, %q", code, errs)
	}
	demo, _, _, again := runDemo(t, small...)
	if again != password {
		t.Error("a second run has another password")
	}
	demo.stop(t)
	if _, _, _, fresh := runDemo(t, append(small, "--fresh")...); fresh == password {
		t.Error("--fresh kept the password")
	}
}

// postgresPID returns the process id of the demo's PostgreSQL.
func postgresPID(t testing.TB) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(".masterpanel", "postgres", "data", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.SplitN(string(text), "\n", 2)[0])
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// demoLeftWith makes the state of a demo that was killed, and returns the arguments of the next run.
func demoLeftWith(t testing.TB, panelIDs ...int64) (args []string) {
	t.Helper()
	o := demoOptions{dir: ".masterpanel", panels: 2, orders: 60, speed: 1}
	if err := os.MkdirAll(o.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	state, err := openDemoState(o)
	if err != nil {
		t.Fatal(err)
	}
	state.PanelIDs = panelIDs
	if err := state.save(o.dir); err != nil {
		t.Fatal(err)
	}
	return []string{"--panels", "2", "--orders", "60"}
}

func TestADemoKilledWhileItStartsAnewHasItsPanelsTheNextTime(t *testing.T) {
	t.Chdir(demoFolder(t))
	demo, url, username, password := runDemo(t, demoLeftWith(t, 1, 2)...) // the old state, and no database
	if page := get(t, url, username, password, "/orders"); !strings.Contains(page, `id="orders-row-2-`) {
		t.Error("the list of orders shows no order of the second panel")
	}
	demo.stop(t)
	demoLeftWith(t, 1) // as if killed after it connected the second panel and before it saved the id
	code, _, errs := run(t, os.Getenv, "", "demo", "--port", "0", "--panels", "2", "--orders", "60")
	if code != 2 || !strings.Contains(errs, "--fresh") {
		t.Errorf("half made: exit %d, %q", code, errs)
	}
	if err := os.Remove(demoStatePath(".masterpanel")); err != nil {
		t.Fatal(err)
	}
	code, _, errs = run(t, os.Getenv, "", "demo", "--port", "0", "--panels", "2", "--orders", "60")
	if code != 2 || !strings.Contains(errs, "--fresh") {
		t.Errorf("with another key: exit %d, %q", code, errs)
	}
}
