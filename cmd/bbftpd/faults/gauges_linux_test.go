package faults

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// gauges are what a daemon says it has at the moment.
type gauges struct{ sessions, loggingIn, streams float64 }

// gauges asks the daemon's metrics.
func (s *bbftpd) gauges() (g gauges, err error) {
	c := http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := c.Get("http://" + s.metrics.String() + "/metrics")
	if err != nil {
		return g, err
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return g, err
	}
	for name, to := range map[string]*float64{"bbftp_sessions": &g.sessions, "bbftp_sessions_logging_in": &g.loggingIn, "bbftp_data_streams": &g.streams} {
		_, value, found := strings.Cut("\n"+string(text), "\n"+name+" ")
		if !found {
			return g, fmt.Errorf("the metrics lack %s", name)
		}
		if _, err := fmt.Sscan(value, to); err != nil {
			return g, fmt.Errorf("the metrics have no number for %s: %w", name, err)
		}
	}
	return g, nil
}
