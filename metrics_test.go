package main

import (
	"io"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"masterpanel/jobs/panel/sim"
	"masterpanel/models/modelstest"
)

var metricsServed = regexp.MustCompile(`metrics: listening" address=\S*:(\d+)`)

// scrape reads the metrics as Prometheus does.
func scrape(t testing.TB, url string) string {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v", url, response.Status, err)
	}
	return string(text)
}

func TestMetricsTellHowItGoesAndNothingOfPeople(t *testing.T) {
	shop, panel, env := shopAndPanel(t, 60)
	env["METRICS_PORT"] = "0"
	all := start(t, environment(env), "all")
	url := "http://127.0.0.1:" + all.await(t, metricsServed)[1] + "/metrics"
	if got := status(all.url(t) + "/metrics"); got != http.StatusNotFound {
		t.Errorf("on the pages' port /metrics is answered with %d, want 404", got)
	}
	shop.Fail(sim.Fault{Kind: sim.TooManyRequests, Count: 1, RetryAfter: time.Second})

	text := ""
	for _, want := range []string{
		`masterpanel_panel_info{code="` + panel.ShortCode + `",panel="1"} 1`,
		`masterpanel_sync_lag_seconds{panel="1",resource="tickets"} `,
		`masterpanel_sync_cached_rows{panel="1",resource="orders"} 60`,
		`masterpanel_sync_streams{status="broken"} 0`,
		`masterpanel_panel_calls_total{lane="head",panel="1"} `,
		`masterpanel_panel_calls_limited_total{panel="1"} 1`,
		`masterpanel_outbox_actions{state="unconfirmed"} 0`,
		`masterpanel_queue_tasks{queue="sync",state="pending"} `,
		`masterpanel_http_request_seconds_count{status="404"} `,
		`masterpanel_build_info{version=`,
	} {
		await(t, want, func() bool { text = scrape(t, url); return strings.Contains(text, want) })
	}
	for _, secret := range []string{"admin-key", "services-key", modelstest.Key, "127.0.0.1", panel.Name, "@"} {
		if strings.Contains(text, secret) {
			t.Errorf("the metrics hold %q", secret)
		}
	}
}

func TestMetricsAreServedNowhereUnlessAskedFor(t *testing.T) {
	_, _, env := shopAndPanel(t, 0)
	all := start(t, environment(env), "all")
	all.url(t)
	if printed := all.printed(); metricsServed.MatchString(printed) {
		t.Errorf("printed %s", printed)
	}
}

func TestAWatchedProcessTellsTheRestWhenTheDatabaseIsAway(t *testing.T) {
	_, _, env := shopAndPanel(t, 0)
	s, err := program{env: environment(env), err: io.Discard}.openServices(t.Context(), nil, false)
	if err != nil {
		t.Fatal(err)
	}
	s.metrics.registry.MustRegister(s.shared())
	if err := s.db.Close(); err != nil {
		t.Fatal(err)
	}
	families, err := s.metrics.registry.Gather()
	if err == nil || !strings.Contains(err.Error(), "masterpanel_sync_lag_seconds") {
		t.Errorf("got %v, want an error that names what cannot be told", err)
	}
	names := map[string]bool{}
	for _, f := range families {
		names[f.GetName()] = true
	}
	if !names["masterpanel_build_info"] || !names["go_goroutines"] {
		t.Errorf("only %v are told", names)
	}
	if err := s.redis.Close(); err != nil {
		t.Error(err)
	}
}

func TestOneEnvironmentFileServesTheMetricsOfWebAndWorker(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, _, env := shopAndPanel(t, 0)
	env["METRICS_PORT"] = strconv.Itoa(taken.Addr().(*net.TCPAddr).Port)
	env["METRICS_ADDRESS"], env["LISTEN_ADDRESS"], env["LOG_LEVEL"] = "127.0.0.1", "127.0.0.1", "debug"
	web, worker := start(t, environment(env), "web"), start(t, environment(env), "worker")
	of := map[string]bool{env["METRICS_PORT"]: true}
	for _, process := range []*running{web, worker} {
		port := process.await(t, metricsServed)[1]
		scrape(t, "http://127.0.0.1:"+port+"/metrics")
		of[port] = true
	}
	if len(of) != 3 {
		t.Errorf("the metrics are on the ports %v: want one of each process", of)
	}
	if !strings.Contains(web.printed(), `address=127.0.0.1:`) {
		t.Errorf("printed %s", web.printed())
	}
}
