package app

import (
	"context"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"topicpilot/topics"
	"topicpilot/topics/store"
)

const namespace = "topicpilot"

// metrics are the numbers of /metrics. They hold no names of people and no texts.
type metrics struct {
	registry *prometheus.Registry

	items       *prometheus.CounterVec
	itemSeconds *prometheus.HistogramVec
	commands    *prometheus.HistogramVec
	runs        *prometheus.CounterVec
	lost        prometheus.Counter
	unknown     prometheus.Counter
}

var _ topics.Observer = (*metrics)(nil)

func newMetrics(version string, ready func() bool) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		items: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Name: "items_total",
			Help: "Tries to handle an item of a queue, by what came of it.",
		}, []string{"queue", "result"}),
		itemSeconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespace, Name: "item_seconds",
			Help:    "Time from taking an item up to its result being durable.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 5, 15, 60},
		}, []string{"queue"}),
		commands: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespace, Name: "command_seconds",
			Help:    "Time that commands took, by name and outcome.",
			Buckets: []float64{.001, .01, .1, .5, 1, 5, 15},
		}, []string{"command", "outcome"}),
		runs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Name: "runs_total",
			Help: "Requests of the team's own commands, by command and by how they ended.",
		}, []string{"command", "state"}),
		lost: prometheus.NewCounter(prometheus.CounterOpts{
			Namespace: namespace, Name: "topics_lost_total",
			Help: "Sends into topics that no longer exist.",
		}),
		unknown: prometheus.NewCounter(prometheus.CounterOpts{
			Namespace: namespace, Name: "sends_unknown_total",
			Help: "Sends whose outcome is unknown; comments among them are sent again.",
		}),
	}
	m.registry.MustRegister(m.items, m.itemSeconds, m.commands, m.runs, m.lost, m.unknown,
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Namespace: namespace, Name: "ready", Help: "1 when readyz answers 200.",
		}, func() float64 {
			if ready() {
				return 1
			}
			return 0
		}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Namespace: namespace, Name: "build_info", Help: "Always 1; its labels tell the build.",
			ConstLabels: prometheus.Labels{"version": version, "go": runtime.Version()},
		}, func() float64 { return 1 }),
	)
	return m
}

// Handled counts one try.
func (m *metrics) Handled(queue, result string, took time.Duration) {
	m.items.WithLabelValues(queue, result).Inc()
	m.itemSeconds.WithLabelValues(queue).Observe(took.Seconds())
}

// command counts one command.
func (m *metrics) command(name, outcome string, took time.Duration) {
	m.commands.WithLabelValues(name, outcome).Observe(took.Seconds())
}

// ran counts a run of an own command that has ended.
func (m *metrics) ran(run topics.Run) {
	m.runs.WithLabelValues(run.Command, string(run.State)).Inc()
}

// queueCollector reads the queues' lengths when they are asked for.
type queueCollector struct {
	store   *store.Store
	pending *prometheus.Desc
	parked  *prometheus.Desc
	oldest  *prometheus.Desc
}

func newQueueCollector(db *store.Store) *queueCollector {
	desc := func(name, help string) *prometheus.Desc {
		return prometheus.NewDesc(prometheus.BuildFQName(namespace, "", name), help, []string{"queue"}, nil)
	}
	return &queueCollector{
		store:   db,
		pending: desc("queue_pending", "Items that wait in a queue."),
		parked:  desc("queue_parked", "Items of a queue that were given up; see: topicpilot parked list."),
		oldest:  desc("queue_oldest_seconds", "Age of the oldest item that waits in a queue."),
	}
}

// Describe implements prometheus.Collector.
func (c *queueCollector) Describe(ch chan<- *prometheus.Desc) {
	ch <- c.pending
	ch <- c.parked
	ch <- c.oldest
}

// Collect implements prometheus.Collector.
func (c *queueCollector) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second) //nolint:forbidigo // a scrape has none
	defer cancel()
	stats, err := c.store.Stats(ctx)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(c.pending, err)
		return
	}
	// A known 0 is not "no data".
	for _, queue := range []string{
		topics.QueueInbox, topics.QueueOutbox, topics.QueueTasks, topics.QueueAdvice, topics.QueueQuestions,
	} {
		stats.Pending[queue] += 0
		stats.Parked[queue] += 0
		stats.Oldest[queue] += 0
	}
	for queue, n := range stats.Pending {
		ch <- prometheus.MustNewConstMetric(c.pending, prometheus.GaugeValue, float64(n), queue)
	}
	for queue, n := range stats.Parked {
		ch <- prometheus.MustNewConstMetric(c.parked, prometheus.GaugeValue, float64(n), queue)
	}
	for queue, age := range stats.Oldest {
		ch <- prometheus.MustNewConstMetric(c.oldest, prometheus.GaugeValue, age.Seconds(), queue)
	}
}
