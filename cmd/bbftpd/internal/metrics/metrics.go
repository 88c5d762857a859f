// Package metrics counts what a daemon does and offers the figures to
// Prometheus, beside the answers to whoever wants to know whether it lives.
//
// They are made from audit records and from the counts of the gate, so that
// they are the same whether sessions are served here or in processes of their
// own. No label's value comes from a peer: neither users nor addresses nor
// names of files are told, and the number of series is fixed.
package metrics

import (
	"runtime"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"bbftp/engine/admission"
	"bbftp/engine/audit"
)

// Sources are what is read at each scrape.
type Sources struct {
	// Gate tells who is in.
	Gate interface{ Counts() admission.Counts }
	// Version is the program's.
	Version string
	// AuditDropped and LogDropped are how many records and lines were lost. Nil: none can be.
	AuditDropped, LogDropped func() int64
}

// Metrics are the figures. It is an audit.Sink.
type Metrics struct {
	registry *prometheus.Registry

	logins    *prometheus.CounterVec
	refused   *prometheus.CounterVec
	transfers *prometheus.CounterVec
	changes   *prometheus.CounterVec
	bytes     *prometheus.CounterVec
	wire      *prometheus.CounterVec
	verdicts  *prometheus.CounterVec
	duration  *prometheus.HistogramVec
	rate      *prometheus.HistogramVec
	sessions  prometheus.Histogram
}

// New makes the figures, all of them zero, in a registry of their own.
func New(s Sources) *Metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	histogram := func(name, help string, buckets []float64) prometheus.HistogramOpts {
		return prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}
	}
	m := &Metrics{
		registry: prometheus.NewRegistry(),

		logins:    counter("bbftp_logins_total", "Logins, by how they ended.", "outcome", "reason", "tls"),
		refused:   counter("bbftp_refused_total", "Connections turned away before their login.", "reason"),
		transfers: counter("bbftp_transfers_total", "Files stored or sent, simulations included.", "operation", "outcome", "version"),
		changes:   counter("bbftp_changes_total", "Files removed and directories made.", "operation", "outcome"),
		bytes:     counter("bbftp_transfer_bytes_total", "Bytes of files that went over data streams, those of transfers that failed included.", "operation"),
		wire:      counter("bbftp_wire_bytes_total", "What these bytes took on the data streams, after compression.", "operation"),
		verdicts:  counter("bbftp_transfer_verdict_total", "Transfers that succeeded, by what held them back.", "verdict"),
		duration: prometheus.NewHistogramVec(histogram("bbftp_transfer_duration_seconds",
			"Duration of transfers that succeeded.", prometheus.ExponentialBuckets(0.001, 4, 13)), []string{"operation"}), // 1 ms to 4.7 h
		rate: prometheus.NewHistogramVec(histogram("bbftp_transfer_rate_bytes_per_second",
			"Rate of transfers that succeeded, empty files left out.", prometheus.ExponentialBuckets(1e4, 4, 11)), []string{"operation"}), // 10 kB/s to 10 GB/s
		sessions: prometheus.NewHistogram(histogram("bbftp_session_duration_seconds",
			"Duration of sessions that have ended.", prometheus.ExponentialBuckets(0.1, 4, 10))), // 0.1 s to 7 h
	}
	m.registry.MustRegister(
		m.logins, m.refused, m.transfers, m.changes, m.bytes, m.wire, m.verdicts, m.duration, m.rate, m.sessions,
		buildInfo(s.Version), collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	if s.Gate != nil {
		m.registry.MustRegister(gate{s.Gate})
	}
	lost := func(name, help string, read func() int64) {
		m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help},
			func() float64 {
				if read == nil {
					return 0
				}
				return float64(read())
			}))
	}
	lost("bbftp_audit_dropped_total", "Audit records that were lost because their file could not be written.", s.AuditDropped)
	lost("bbftp_log_dropped_total", "Log lines that were lost because they could not be written.", s.LogDropped)
	m.begin()
	return m
}

func buildInfo(version string) prometheus.Collector {
	g := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "bbftp_build_info", Help: "1, and which build this is.",
		ConstLabels: prometheus.Labels{"version": version, "goversion": runtime.Version()},
	})
	g.Set(1)
	return g
}

// begin has the series that alerts are made of exist from the start: a rate
// needs two values.
func (m *Metrics) begin() {
	for _, refusal := range []error{
		admission.ErrNetwork, admission.ErrAddressFull, admission.ErrFull, admission.ErrStopping,
	} {
		m.refused.WithLabelValues(reason(refusal.Error()))
	}
	for _, tls := range []string{"no", "yes"} {
		m.logins.WithLabelValues(string(audit.OK), "", tls)
		m.logins.WithLabelValues(string(audit.Denied), "credentials", tls)
	}
	for _, op := range []string{"get", "put"} {
		m.bytes.WithLabelValues(op)
		m.wire.WithLabelValues(op)
		m.duration.WithLabelValues(op)
		m.rate.WithLabelValues(op)
		for _, outcome := range []audit.Outcome{audit.OK, audit.Failed, audit.Denied} {
			for version := 1; version <= 3; version++ {
				m.transfers.WithLabelValues(op, string(outcome), strconv.Itoa(version))
			}
		}
	}
}

// Record counts r.
func (m *Metrics) Record(r audit.Record) {
	switch r.Event {
	case audit.Refused:
		m.refused.WithLabelValues(reason(r.Reason)).Inc()
	case audit.Login:
		why := ""
		if r.Outcome != audit.OK {
			why = reason(r.Reason)
		}
		m.logins.WithLabelValues(outcome(r.Outcome), why, yesNo(r.TLS)).Inc()
	case audit.Session:
		m.sessions.Observe(finite(r.Seconds))
	case audit.File, audit.Change:
		switch op := operation(r.Operation); op {
		case "put", "get":
			m.transfer(op, r)
		default:
			m.changes.WithLabelValues(op, outcome(r.Outcome)).Inc()
		}
	}
}

func (m *Metrics) transfer(op string, r audit.Record) {
	m.transfers.WithLabelValues(op, outcome(r.Outcome), version(r.Version)).Inc()
	m.bytes.WithLabelValues(op).Add(float64(max(r.Moved, 0)))
	m.wire.WithLabelValues(op).Add(float64(max(r.Wire, 0)))
	if r.Outcome != audit.OK || r.Simulated {
		return
	}
	m.verdicts.WithLabelValues(verdict(r.Verdict)).Inc()
	m.duration.WithLabelValues(op).Observe(finite(r.Seconds))
	if r.Bytes > 0 && finite(r.Seconds) > 0 {
		m.rate.WithLabelValues(op).Observe(float64(r.Bytes) / r.Seconds)
	}
}
