package serve

import (
	"runtime"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// metrics are the server's metrics at /metrics.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec   // by route and status
	took     *prometheus.HistogramVec // by route and status
	rejected *prometheus.CounterVec   // by reason
	queue    prometheus.Gauge
	queued   prometheus.Histogram
	batch    prometheus.Histogram // rows
	merged   prometheus.Histogram // requests
	compute  prometheus.Histogram
	models   *prometheus.GaugeVec   // by model and version
	loads    *prometheus.CounterVec // by model and result
	byModel  byModel
}

var (
	// durations are the bounds of buckets of seconds. The least is about the time that a batch of
	// one row takes.
	durations = []float64{
		2e-6, 5e-6, 1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3,
		0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10,
	}
	// batchSizes are the bounds of buckets of rows and of requests.
	batchSizes = prometheus.ExponentialBuckets(1, 2, 13)
)

// newMetrics registers the metrics. inside returns the number of requests that are read and not
// answered.
func newMetrics(inside func() float64) *metrics {
	m := &metrics{registry: prometheus.NewRegistry()}
	m.registry.MustRegister(collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	f := m.factory()
	m.requests = f.counters("braid_requests_total",
		"Requests that were answered, by route and status.", "route", "status")
	m.took = f.histograms("braid_request_seconds",
		"Time from a request's header to its answer, by route and status.",
		durations, "route", "status")
	m.rejected = f.counters("braid_rejected_total",
		"Requests that were turned away, by reason.", "reason")
	f.gauge("braid_requests_inside", "Requests that are read and not answered yet.", inside)
	m.queue = f.NewGauge(prometheus.GaugeOpts{
		Name: "braid_queue_length", Help: "Requests that wait for their turn to be computed.",
	})
	m.queued = f.histogram("braid_queue_seconds",
		"Time that requests waited for their turn.", durations)
	m.batch = f.histogram("braid_batch_rows", "Rows that were computed together.", batchSizes)
	m.merged = f.histogram("braid_batch_requests",
		"Requests that were computed together.", batchSizes)
	m.compute = f.histogram("braid_compute_seconds", "Time to compute a batch.", durations)
	m.models = f.NewGaugeVec(prometheus.GaugeOpts{
		Name: "braid_model_info", Help: "1 for each model that is served, with its version.",
	}, []string{"model", "version"})
	m.loads = f.counters("braid_model_loads_total",
		"Attempts to load a model, by model and result.", "model", "result")
	f.NewGauge(prometheus.GaugeOpts{
		Name: "braid_build_info", Help: "1, with what the program was built from.",
		ConstLabels: prometheus.Labels{"version": Version(), "go": runtime.Version()},
	}).Set(1)
	m.byModel = newByModel(f)
	return m
}

// addMemory adds metrics of a budget.
func (m *metrics) addMemory(b *budget) {
	f := m.factory()
	f.gauge("braid_requests_memory_limit_bytes", "Memory that requests may hold together.",
		func() float64 { return float64(b.most) })
	f.gauge("braid_requests_memory_held_bytes", "Memory that requests hold.",
		func() float64 { return float64(b.held()) })
	f.gauge("braid_requests_memory_peak_bytes", "Memory that requests held at most.",
		func() float64 { return float64(b.mostHeld()) })
}

// addDropped adds the number of dropped log lines.
func (m *metrics) addDropped(dropped func() uint64) {
	m.factory().NewCounterFunc(prometheus.CounterOpts{
		Name: "braid_log_lines_dropped_total",
		Help: "Lines of the log that were dropped because nobody read them in time.",
	}, func() float64 { return float64(dropped()) })
}

// factory makes metrics and registers them.
type factory struct{ promauto.Factory }

func (m *metrics) factory() factory { return factory{promauto.With(m.registry)} }

func (f factory) counters(name, help string, labels ...string) *prometheus.CounterVec {
	return f.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
}

func (f factory) gauge(name, help string, read func() float64) {
	f.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, read)
}

func (f factory) histogram(name, help string, buckets []float64) prometheus.Histogram {
	return f.NewHistogram(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets})
}

func (f factory) histograms(
	name, help string, buckets []float64, labels ...string,
) *prometheus.HistogramVec {
	options := prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}
	return f.NewHistogramVec(options, labels)
}

// answered counts a request.
func (m *metrics) answered(route string, status int, took time.Duration) {
	labels := []string{route, strconv.Itoa(status)}
	m.requests.WithLabelValues(labels...).Inc()
	m.took.WithLabelValues(labels...).Observe(took.Seconds())
}

// computed counts a batch.
func (m *metrics) computed(rows, requests int, took time.Duration) {
	m.batch.Observe(float64(rows))
	m.merged.Observe(float64(requests))
	m.compute.Observe(took.Seconds())
}

// Version is the program's version, as the go command recorded it.
func Version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "unknown"
}
