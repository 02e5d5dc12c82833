package app

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"topicpilot/commands"
	"topicpilot/config"
	"topicpilot/topics"
	"topicpilot/topics/advice"
)

// aiMetrics are the numbers of the advisor.
type aiMetrics struct {
	prices config.Prices

	calls    *prometheus.CounterVec
	tokens   *prometheus.CounterVec
	cost     *prometheus.CounterVec
	model    *prometheus.HistogramVec
	drafts   *prometheus.CounterVec
	silences *prometheus.CounterVec
	own      prometheus.Histogram
}

// newAIMetrics registers the numbers; chunks counts the parts of the knowledge.
func newAIMetrics(registry *prometheus.Registry, prices config.Prices, chunks func() int) *aiMetrics {
	m := &aiMetrics{
		prices: prices,
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Name: "ai_calls_total",
			Help: "Calls of the model's server, by kind (answer, embedding) and by how they ended.",
		}, []string{"kind", "outcome"}),
		tokens: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Name: "ai_tokens_total",
			Help: "Tokens used, by kind of call and by direction; estimated where the server does not tell.",
		}, []string{"kind", "direction"}),
		cost: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Name: "ai_cost_total",
			Help: "What tokens have cost by ai.prices, those of embeddings included.",
		}, []string{"currency"}),
		model: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespace, Name: "ai_model_seconds",
			Help:    "Time that calls of the model's server took, by kind.",
			Buckets: []float64{.05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300},
		}, []string{"kind"}),
		drafts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Name: "ai_drafts_total",
			Help: "Drafts that were made, and what became of them.",
		}, []string{"state"}),
		silences: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Name: "ai_silences_total",
			Help: "Questions that were not answered, by reason.",
		}, []string{"reason"}),
		own: prometheus.NewHistogram(prometheus.HistogramOpts{
			Namespace: namespace, Name: "ai_own_seconds",
			Help:    "Time that answers took without the model's.",
			Buckets: []float64{.001, .0025, .005, .01, .02, .05, .1, .5, 1},
		}),
	}
	registry.MustRegister(m.calls, m.tokens, m.cost, m.model, m.drafts, m.silences, m.own,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Namespace: namespace, Name: "knowledge_chunks", Help: "Parts of the knowledge that can be found.",
		}, func() float64 { return float64(chunks()) }),
	)
	return m
}

// called counts a call of the model's server.
func (m *aiMetrics) called(kind, outcome string, used topics.TokenUsage, took time.Duration) {
	m.calls.WithLabelValues(kind, outcome).Inc()
	m.model.WithLabelValues(kind).Observe(took.Seconds())
	m.tokens.WithLabelValues(kind, "input").Add(float64(used.Input))
	m.tokens.WithLabelValues(kind, "output").Add(float64(used.Output))
	const million = 1_000_000
	cost := (float64(used.Input)*m.prices.InputPerMillion + float64(used.Output)*m.prices.OutputPerMillion) / million
	if cost > 0 {
		m.cost.WithLabelValues(m.prices.Currency).Add(cost)
	}
}

// observer is what the advisor in the topics tells.
func (m *aiMetrics) observer() commands.AIObserver {
	return commands.AIObserver{
		Draft:   func(what string) { m.drafts.WithLabelValues(what).Inc() },
		Silence: func(reason advice.Reason) { m.silences.WithLabelValues(string(reason)).Inc() },
		Own:     func(took time.Duration) { m.own.Observe(took.Seconds()) },
	}
}
