package metrics

import (
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"bbftp/engine/admission"
	"bbftp/engine/audit"
)

type counts admission.Counts

func (c counts) Counts() admission.Counts { return admission.Counts(c) }

func TestLint(t *testing.T) {
	m := New(Sources{Gate: counts{}, Version: "1"})
	for _, r := range everyRecord() {
		m.Record(r)
	}
	families, err := m.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	problems, err := promlint.NewWithMetricFamilies(families).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

func everyRecord() []audit.Record {
	var all []audit.Record
	for _, event := range []audit.Event{audit.Refused, audit.Login, audit.Session, audit.File, audit.Change, "new"} {
		for _, outcome := range []audit.Outcome{audit.OK, audit.Failed, audit.Denied, "new"} {
			for _, op := range []string{"", "put", "get", "rm", "mkdir", "new"} {
				all = append(all, audit.Record{Event: event, Outcome: outcome, Operation: op, Version: 3, Bytes: 1000, Seconds: 1})
			}
		}
	}
	return all
}

func TestRecord(t *testing.T) {
	for _, tt := range []struct {
		name    string
		record  audit.Record
		metric  string
		changed string
	}{
		{
			"login",
			audit.Record{Event: audit.Login, Outcome: audit.OK, User: "alice", TLS: true},
			"bbftp_logins_total", `bbftp_logins_total{outcome="ok",reason="",tls="yes"} 1`,
		},
		{
			"no login: limit",
			audit.Record{Event: audit.Login, Outcome: audit.Denied, Reason: "login: " + admission.ErrUserFull.Error()},
			"bbftp_logins_total", `bbftp_logins_total{outcome="denied",reason="user-full",tls="no"} 1`,
		},
		{
			"no login: words of the peer",
			audit.Record{Event: audit.Login, Outcome: audit.Failed, Reason: "said \"x\"\n"},
			"bbftp_logins_total", `bbftp_logins_total{outcome="failed",reason="other",tls="no"} 1`,
		},
		{
			"refused",
			audit.Record{Event: audit.Refused, Outcome: audit.Denied, Reason: admission.ErrAddressFull.Error()},
			"bbftp_refused_total", `bbftp_refused_total{reason="address-full"} 1`,
		},
		{
			"put",
			audit.Record{Event: audit.File, Outcome: audit.OK, Operation: "put", Version: 2, Bytes: 10, Moved: 10, Seconds: 1},
			"bbftp_transfers_total", `bbftp_transfers_total{operation="put",outcome="ok",version="2"} 1`,
		},
		{
			"bytes of a failed one",
			audit.Record{Event: audit.File, Outcome: audit.Failed, Operation: "get", Version: 3, Bytes: 100, Moved: 30, Wire: 20},
			"bbftp_transfer_bytes_total", `bbftp_transfer_bytes_total{operation="get"} 30`,
		},
		{
			"wire",
			audit.Record{Event: audit.File, Outcome: audit.OK, Operation: "get", Version: 3, Bytes: 100, Moved: 100, Wire: 20},
			"bbftp_wire_bytes_total", `bbftp_wire_bytes_total{operation="get"} 20`,
		},
		{
			"impossible version",
			audit.Record{Event: audit.File, Outcome: audit.OK, Operation: "put", Version: 77},
			"bbftp_transfers_total", `bbftp_transfers_total{operation="put",outcome="ok",version="other"} 1`,
		},
		{
			"verdict",
			audit.Record{Event: audit.File, Outcome: audit.OK, Operation: "put", Version: 2, Verdict: "recv-window"},
			"bbftp_transfer_verdict_total", `bbftp_transfer_verdict_total{verdict="recv-window"} 1`,
		},
		{
			"strange verdict",
			audit.Record{Event: audit.File, Outcome: audit.OK, Operation: "put", Version: 2, Verdict: "\x00"},
			"bbftp_transfer_verdict_total", `bbftp_transfer_verdict_total{verdict="other"} 1`,
		},
		{
			"rate",
			audit.Record{Event: audit.File, Outcome: audit.OK, Operation: "put", Version: 2, Bytes: 1e6, Seconds: 2},
			"bbftp_transfer_rate_bytes_per_second", `bbftp_transfer_rate_bytes_per_second_sum{operation="put"} 500000`,
		},
		{
			"duration that is no number",
			audit.Record{Event: audit.File, Outcome: audit.OK, Operation: "put", Version: 2, Bytes: 1e6, Seconds: math.NaN()},
			"bbftp_transfer_duration_seconds", `bbftp_transfer_duration_seconds_sum{operation="put"} 0`,
		},
		{
			"simulation",
			audit.Record{Event: audit.File, Outcome: audit.OK, Operation: "get", Version: 2, Bytes: 1e6, Seconds: 2, Simulated: true},
			"bbftp_transfer_duration_seconds", `bbftp_transfer_duration_seconds_count{operation="get"} 0`,
		},
		{
			"rm",
			audit.Record{Event: audit.File, Outcome: audit.OK, Operation: "rm"},
			"bbftp_changes_total", `bbftp_changes_total{operation="rm",outcome="ok"} 1`,
		},
		{
			"mkdir",
			audit.Record{Event: audit.Change, Outcome: audit.Denied, Operation: "mkdir"},
			"bbftp_changes_total", `bbftp_changes_total{operation="mkdir",outcome="denied"} 1`,
		},
		{
			"session",
			audit.Record{Event: audit.Session, Outcome: audit.OK, Seconds: 8},
			"bbftp_session_duration_seconds", `bbftp_session_duration_seconds_sum 8`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := New(Sources{})
			m.Record(tt.record)
			if got := gathered(t, m, tt.metric); !strings.Contains(got, tt.changed+"\n") {
				t.Errorf("want %s in:\n%s", tt.changed, got)
			}
		})
	}
}

func gathered(t *testing.T, m *Metrics, metric string) string {
	t.Helper()
	answer := httptest.NewRecorder()
	handler(Config{Metrics: m, Log: slog.New(slog.DiscardHandler)}).ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if answer.Code != http.StatusOK {
		t.Fatal(answer.Code, answer.Body)
	}
	var lines []string
	for line := range strings.Lines(answer.Body.String()) {
		if strings.HasPrefix(line, metric) {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "")
}

func TestGate(t *testing.T) {
	lost := func() int64 { return 7 }
	m := New(Sources{Gate: counts{LoggingIn: 1, Sessions: 2, Streams: 3, Evicted: 4, Refused: 5}, Version: "9.9", AuditDropped: lost})
	for metric, want := range map[string]string{
		"bbftp_sessions_logging_in": "bbftp_sessions_logging_in 1\n",
		"bbftp_sessions":            "bbftp_sessions 2\n",
		"bbftp_data_streams":        "bbftp_data_streams 3\n",
		"bbftp_evicted_total":       "bbftp_evicted_total 4\n",
		"bbftp_audit_dropped_total": "bbftp_audit_dropped_total 7\n",
		"bbftp_log_dropped_total":   "bbftp_log_dropped_total 0\n",
		"bbftp_build_info":          `version="9.9"} 1`,
	} {
		if got := gathered(t, m, metric); !strings.Contains(got, want) {
			t.Errorf("want %q in:\n%s", want, got)
		}
	}
}

// TestBounded has peers name whatever they like: the number of series must not follow.
func TestBounded(t *testing.T) {
	m := New(Sources{Gate: counts{}})
	for _, r := range everyRecord() {
		m.Record(r)
	}
	before := strings.Count(gathered(t, m, "bbftp_"), "\n")
	var recording sync.WaitGroup
	for worker := range 4 {
		recording.Go(func() {
			for i := range 40 {
				for _, r := range everyRecord() {
					word := fmt.Sprintf("\x1b[31m%d-%d", worker, i)
					r.User, r.File, r.Reason, r.Verdict = word, word, word, word
					if r.Event == "new" {
						r.Event = audit.Event(word)
					}
					if r.Operation == "new" {
						r.Operation = word
					}
					if r.Outcome == "new" {
						r.Outcome = audit.Outcome(word)
					}
					m.Record(r)
				}
			}
		})
	}
	recording.Wait()
	if after := strings.Count(gathered(t, m, "bbftp_"), "\n"); after > before+1 { // a verdict
		t.Errorf("%d series have become %d", before, after)
	}
}
