//go:build scenario

package main

import (
	"encoding/csv"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"masterpanel/jobs/panel/sim"
	"masterpanel/models"
	"masterpanel/models/modelstest"
)

// movedMeanwhile is how many orders are cancelled on the panel before the batch reaches them. lostAnswers is how many
// bulk calls the panel applies without an answer.
const movedMeanwhile, lostAnswers = 40, 2

// TestTenThousandOrdersAtOnce cancels the largest possible batch of orders, as staff would: all matches of a list,
// checked on the workbench, confirmed, followed to the end, and downloaded as a file. The program runs in its own
// process under the real limit of calls. The test prints how long each step took, and the program's peak memory.
func TestTenThousandOrdersAtOnce(t *testing.T) {
	shop, panel, env := shopAndPanel(t, 0)
	ids := map[int64]bool{}
	var last []int64
	for range models.MostInBatch {
		last = append(last, shop.AddOrder(sim.OrderSpec{User: "anna", Status: sim.InProgress}))
		ids[last[len(last)-1]] = true
	}
	apart := shop.AddOrder(sim.OrderSpec{User: "anna", Status: sim.Pending})
	in := newBulkDesk(t, env)
	in.wait("the orders are mirrored", func() bool { return strings.Contains(in.get("/orders?status=in_progress"), "data-total>10,000<") })
	in.tell("mirrored")

	found := in.post("/orders/workbench?status=in_progress", url.Values{"all": {"1"}})
	in.tell("found on the list")
	asked := url.Values{"text": {html.UnescapeString(in.part(found, `name="text"[^>]*>([^<]+)</textarea>`))}, "kind": {"cancel"}, "cancel_reason": {"asked for"}}
	checked := in.post("/orders/workbench", asked)
	in.tell("checked")
	confirmed := url.Values{"kind": {"cancel"}, "cancel_reason": {"asked for"}, "count": {strconv.Itoa(models.MostInBatch)},
		"key": {in.part(checked, `name="key" value="([^"]+)"`)}, "orders": {in.part(checked, `name="orders" value="([^"]+)"`)}}
	in.post("/orders/workbench/run", confirmed)
	in.tell("written down")
	for _, id := range last[len(last)-movedMeanwhile:] {
		shop.SetOrder(id, func(o *sim.Order) { o.Status = sim.Canceled })
	}
	shop.Fail(sim.Fault{Kind: sim.ApplyThenDrop, Method: http.MethodPost, Count: lostAnswers})

	in.wait("the batch runs", func() bool { return in.done() > 500 })
	in.tell("running")
	one := in.post(fmt.Sprintf("/orders/%d/%d/actions", panel.ID, apart), url.Values{"kind": {"change_status"}, "status": {"completed"}, "key": {"k"}})
	in.wait("a single thing is done beside it", func() bool { o, _ := shop.Order(apart); return o.Status == sim.Completed })
	if !strings.Contains(one, "Order") || in.done() > models.MostInBatch/2 {
		t.Error("a single thing waited for the batch")
	}
	in.tell("a single thing done beside it")
	in.wait("the batch has ended", func() bool { return !strings.Contains(in.get("/orders/workbench/1"), `data-refresh="2"`) })
	in.tell("ended")
	in.checkResults(shop, ids)
	in.tell("the file read")
	if sent := in.calls(shop, "POST", "/orders/cancel"); sent != models.MostInBatch/models.ChunkSize {
		t.Errorf("%d calls cancelled, want one for each hundred orders", sent)
	}
	fmt.Printf("calls that cancelled %d, answered with 429 %d; the slowest look at the batch took %s\n",
		in.calls(shop, "POST", "/orders/cancel"), shop.Limited(), in.slowest.Round(time.Millisecond))
}

// bulkDesk is the owner's session with the program.
type bulkDesk struct {
	testing.TB
	client  *http.Client
	url     string
	pid     int
	began   time.Time
	slowest time.Duration
}

// newBulkDesk builds the program, starts it and logs in.
func newBulkDesk(t testing.TB, env map[string]string) *bulkDesk {
	t.Helper()
	var printed lines
	program := exec.Command(buildProgram(t), "all")
	program.Stdout, program.Stderr = &printed, &printed
	program.Env = append(os.Environ(), "SECRET_KEY="+modelstest.Key)
	for name, value := range env {
		program.Env = append(program.Env, name+"="+value)
	}
	fine(t, program.Start())
	t.Cleanup(func() {
		program.Process.Kill()
		program.Wait()
	})
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	in := &bulkDesk{TB: t, client: &http.Client{Jar: jar}, pid: program.Process.Pid, began: time.Now()}
	in.wait("it listens", func() bool { return listening.MatchString(printed.String()) })
	in.url = "http://127.0.0.1:" + listening.FindStringSubmatch(printed.String())[1]
	in.wait("it is ready", func() bool { return status(in.url+"/readyz") == http.StatusOK })
	in.post("/login", url.Values{"username": {"owner"}, "password": {modelstest.Password}})
	return in
}

func (in *bulkDesk) read(response *http.Response, err error) string {
	in.Helper()
	if err != nil {
		in.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		in.Fatalf("%s: %s, %v: %.500s", response.Request.URL.Path, response.Status, err, body)
	}
	return string(body)
}

func (in *bulkDesk) get(path string) string {
	in.Helper()
	began := time.Now()
	body := in.read(in.client.Get(in.url + path))
	if strings.HasPrefix(path, "/orders/workbench/") {
		in.slowest = max(in.slowest, time.Since(began))
	}
	return body
}

func (in *bulkDesk) post(path string, form url.Values) string {
	in.Helper()
	return in.read(in.client.PostForm(in.url+path, form))
}

// part returns the first group of a pattern in a page.
func (in *bulkDesk) part(page, pattern string) string {
	in.Helper()
	found := regexp.MustCompile(pattern).FindStringSubmatch(page)
	if found == nil {
		in.Fatalf("nothing matches %s in %.2000s", pattern, page)
	}
	return found[1]
}

// done returns how many orders of the batch have ended, according to its page.
func (in *bulkDesk) done() int {
	in.Helper()
	n, err := strconv.Atoi(in.part(in.get("/orders/workbench/1"), `<progress max="\d+" value="(\d+)"`))
	if err != nil {
		in.Fatal(err)
	}
	return n
}

// wait waits long enough for a batch under the limit of calls.
func (in *bulkDesk) wait(what string, done func() bool) {
	in.Helper()
	waitFor(in, what, 15*time.Minute, done)
}

// calls returns how many calls the panel received.
func (in *bulkDesk) calls(shop *sim.Panel, method, path string) (n int) {
	for _, call := range shop.Calls() {
		if call.Method == method && strings.HasSuffix(call.Path, path) {
			n++
		}
	}
	return n
}

// checkResults compares the file of results with the panel: one line for each order, each with the true result.
func (in *bulkDesk) checkResults(shop *sim.Panel, ids map[int64]bool) {
	in.Helper()
	file := csv.NewReader(strings.NewReader(strings.TrimPrefix(in.get("/orders/workbench/1/results.csv"), "\uFEFF")))
	rows, err := file.ReadAll()
	if err != nil {
		in.Fatal(err)
	}
	results := map[string]int{}
	for _, row := range rows[1:] {
		id, err := strconv.ParseInt(row[1], 10, 64)
		if err != nil || !ids[id] {
			in.Errorf("a line too many: %v", row)
		}
		delete(ids, id)
		results[row[2]]++
		if o, _ := shop.Order(id); o.Status != sim.Canceled || (row[2] == "Done") != (o.CancelReason == "asked for") {
			in.Errorf("%v, and on the panel it is %s for %q", row, o.Status, o.CancelReason)
		}
	}
	if len(ids) > 0 || results["Done"] != models.MostInBatch-movedMeanwhile || results["Failed"] != movedMeanwhile {
		in.Errorf("%d orders have no line, the others are %v", len(ids), results)
	}
}

// tell prints the time since the start and the program's peak memory.
func (in *bulkDesk) tell(what string) {
	in.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", in.pid))
	if err != nil {
		in.Fatal(err)
	}
	fmt.Printf("%6.1f s  %8s kB at most  %s\n", time.Since(in.began).Seconds(), strings.TrimSpace(strings.TrimSuffix(in.part(string(text), `VmHWM:\s*(\d+) kB`), "kB")), what)
}
