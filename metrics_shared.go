package main

import (
	"context"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"masterpanel/jobs"
	"masterpanel/models"
)

// The metrics that are the same in every process.
var (
	panelInfo    = prometheus.NewDesc("masterpanel_panel_info", "1, with the short code of an active panel.", []string{"panel", "code"}, nil)
	syncLag      = prometheus.NewDesc("masterpanel_sync_lag_seconds", "Time since the last successful read of a panel's resource.", []string{"panel", "resource"}, nil)
	syncCached   = prometheus.NewDesc("masterpanel_sync_cached_rows", "Stored rows of a panel's resource.", []string{"panel", "resource"}, nil)
	syncStreams  = prometheus.NewDesc("masterpanel_sync_streams", "Panels' resources by their sync state.", []string{"status"}, nil)
	outboxStates = prometheus.NewDesc("masterpanel_outbox_actions", "Unfinished writes to panels, by state.", []string{"state"}, nil)
	queueTasks   = prometheus.NewDesc("masterpanel_queue_tasks", "Tasks in Redis, by queue and state.", []string{"queue", "state"}, nil)
)

// shared collects the metrics from the database and the queue at each scrape.
type shared struct {
	db     *models.DB
	queues func() ([]jobs.QueueSize, error)
}

func (s *services) shared() shared {
	return shared{db: s.db, queues: func() ([]jobs.QueueSize, error) { return jobs.QueueSizes(s.redis) }}
}

// Describe sends the descriptions of all metrics.
func (shared) Describe(into chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{panelInfo, syncLag, syncCached, syncStreams, outboxStates, queueTasks} {
		into <- d
	}
}

// Collect reads the metrics. A group that cannot be read is reported as an error and does not affect the others.
func (s shared) Collect(into chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		into <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	for d, collect := range map[*prometheus.Desc]func(context.Context, gauges) error{syncLag: s.streams, outboxStates: s.outbox, queueTasks: s.tasks} {
		if err := collect(ctx, gauge); err != nil {
			into <- prometheus.NewInvalidMetric(d, err)
		}
	}
}

// gauges sends the value of a metric.
type gauges func(d *prometheus.Desc, value float64, labels ...string)

func (s shared) streams(ctx context.Context, gauge gauges) error {
	figures, err := s.db.StreamFigures(ctx)
	if err != nil {
		return err
	}
	codes, states := map[string]string{}, map[models.StreamStatus]int{}
	for _, f := range figures {
		panel := strconv.FormatInt(f.PanelID, 10)
		codes[panel] = f.ShortCode
		states[f.Status]++
		gauge(syncLag, f.Lag.Seconds(), panel, string(f.Resource))
		gauge(syncCached, float64(f.Cached), panel, string(f.Resource))
	}
	for panel, code := range codes {
		gauge(panelInfo, 1, panel, code)
	}
	for _, status := range []models.StreamStatus{models.StreamIdle, models.StreamRunning, models.StreamBackingOff, models.StreamNeedsKey, models.StreamBroken} {
		gauge(syncStreams, float64(states[status]), string(status))
	}
	return nil
}

func (s shared) outbox(ctx context.Context, gauge gauges) error {
	figures, err := s.db.UnfinishedActions(ctx)
	for _, f := range figures {
		gauge(outboxStates, float64(f.Count), string(f.State))
	}
	return err
}

func (s shared) tasks(_ context.Context, gauge gauges) error {
	sizes, err := s.queues()
	for _, size := range sizes {
		gauge(queueTasks, float64(size.Tasks), size.Queue, size.State)
	}
	return err
}
