package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"masterpanel/jobs"
)

// scrapeTimeout limits the queries of one scrape of the metrics.
const scrapeTimeout = 5 * time.Second

// metrics holds the metrics for Prometheus. The counters belong to this process: sum them over all processes. The
// figures from the database or the queue (metrics_shared.go) are the same in every process: take the maximum. Labels
// are ids, short codes and our own words, never text of a customer or a panel.
type metrics struct {
	registry        *prometheus.Registry
	requests        *prometheus.HistogramVec
	calls, limiteds *prometheus.CounterVec
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "masterpanel_http_request_seconds",
			Help: "Requests that this process answered, by status, and how long each took.", Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10}}, []string{"status"}),
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "masterpanel_panel_calls_total",
			Help: "Calls that this process made to a panel, by lane."}, []string{"panel", "lane"}),
		limiteds: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "masterpanel_panel_calls_limited_total",
			Help: "Calls that a panel answered with 429."}, []string{"panel"}),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{Name: "masterpanel_build_info", Help: "1, with the version of the program.",
		ConstLabels: prometheus.Labels{"version": buildVersion()}})
	build.Set(1)
	m.registry.MustRegister(m.requests, m.calls, m.limiteds, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *metrics) answered(status int, took time.Duration) {
	m.requests.WithLabelValues(strconv.Itoa(status)).Observe(took.Seconds())
}

func (m *metrics) called(c jobs.Call) {
	panel := strconv.FormatInt(c.PanelID, 10)
	m.calls.WithLabelValues(panel, string(c.Lane)).Inc()
	limited := m.limiteds.WithLabelValues(panel) // creates the counter with 0, so that an alert sees the first increase
	if c.Limited {
		limited.Inc()
	}
}

// metricsPorts is how many ports openMetrics tries, beginning with METRICS_PORT.
const metricsPorts = 10

// openMetrics listens on METRICS_PORT. If it is not set, no metrics are served. A process that finds the port in use
// takes the next free one, because all processes of a machine may share one environment file.
func (s *services) openMetrics() (func(context.Context) error, error) {
	if s.MetricsPort < 0 {
		return func(context.Context) error { return nil }, nil
	}
	listener, err := listenMetrics(s.config)
	return func(ctx context.Context) error { return s.serveMetrics(ctx, listener) }, err
}

func listenMetrics(c config) (net.Listener, error) {
	const wayOut = "set METRICS_PORT to a free one, or METRICS_ADDRESS to an address of this machine"
	listener, err := listen(c.MetricsAddress, c.MetricsPort, wayOut)
	for port := c.MetricsPort + 1; errors.Is(err, syscall.EADDRINUSE) && port < c.MetricsPort+metricsPorts; port++ {
		if port != c.Port { // the pages' port may be free only because web has not started yet
			listener, err = listen(c.MetricsAddress, port, wayOut)
		}
	}
	return listener, err
}

// serveMetrics serves the metrics until ctx ends.
func (s *services) serveMetrics(ctx context.Context, listener net.Listener) error {
	s.metrics.registry.MustRegister(s.shared())
	mux := http.NewServeMux()
	// If PostgreSQL or Redis is down, the other metrics are still served.
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.metrics.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError,
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelWarn), MaxRequestsInFlight: 2}))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: scrapeTimeout, WriteTimeout: 2 * scrapeTimeout}
	defer context.AfterFunc(ctx, func() { server.Close() })()
	s.log.Info("metrics: listening", "address", listener.Addr().String())
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
