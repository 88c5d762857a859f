package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"bbftp/engine/admission"
)

// gate reads the counts of who is in at each scrape, all of one moment.
type gate struct {
	of interface{ Counts() admission.Counts }
}

var (
	sessionsDesc  = prometheus.NewDesc("bbftp_sessions", "Sessions that are logged in.", nil, nil)
	loggingInDesc = prometheus.NewDesc("bbftp_sessions_logging_in", "Connections that are not logged in yet.", nil, nil)
	streamsDesc   = prometheus.NewDesc("bbftp_data_streams", "Data streams of all sessions.", nil, nil)
	evictedDesc   = prometheus.NewDesc("bbftp_evicted_total", "Connections that kept the server waiting for their login and had to make way.", nil, nil)
)

func (g gate) Describe(descs chan<- *prometheus.Desc) {
	descs <- sessionsDesc
	descs <- loggingInDesc
	descs <- streamsDesc
	descs <- evictedDesc
}

func (g gate) Collect(metrics chan<- prometheus.Metric) {
	counts := g.of.Counts()
	metrics <- prometheus.MustNewConstMetric(sessionsDesc, prometheus.GaugeValue, float64(counts.Sessions))
	metrics <- prometheus.MustNewConstMetric(loggingInDesc, prometheus.GaugeValue, float64(counts.LoggingIn))
	metrics <- prometheus.MustNewConstMetric(streamsDesc, prometheus.GaugeValue, float64(counts.Streams))
	metrics <- prometheus.MustNewConstMetric(evictedDesc, prometheus.CounterValue, float64(counts.Evicted))
}
