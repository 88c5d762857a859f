package journal

import (
	"fmt"
	"log/slog"
	"os"
	"testing"
	"time"

	"bbftp/engine/audit"
)

// TestTransferLine has lines as the legacy daemon wrote them in recorded
// sessions; of their seconds three digits are known.
func TestTransferLine(t *testing.T) {
	for _, tt := range []struct {
		want    string
		op      string
		file    string
		bytes   int64
		seconds float64
	}{
		{"GET bbuser ./m1.dat 1000 1 0.975 0.00761", "get", "./m1.dat", 1000, 1.002},
		{"GET bbuser ./m1.dat 1000 0.00428 228 1.78", "get", "./m1.dat", 1000, 0.00428},
		{"PUT bbuser up.dat 1000003 0.00702 1.39e+05 1.09e+03", "put", "up.dat", 1000003, 0.00702},
		{"PUT bbuser up.dat 1000003 0.00586 1.67e+05 1.3e+03", "put", "up.dat", 1000003, 0.00586},
		{"GET bbuser r1m.dat 1000003 0.000555 1.76e+06 1.37e+04", "get", "r1m.dat", 1000003, 0.000555},
		{"PUT bbuser up.dat 1 0.00656 0.149 0.00116", "put", "up.dat", 1, 0.00656},
		{"PUT bbuser up.dat 100000 1 97.5 0.762", "put", "up.dat", 100000, 1.0012},
		{"GET bbuser zero.dat 0 0 0.0 0.0", "get", "zero.dat", 0, 0.02},
		{"PUT bbuser up.dat 0 0 0.0 0.0", "put", "up.dat", 0, 0.02},
		{"GET bbuser a b 4294967296 100 4.19e+04 328", "get", "a b", 1 << 32, 100},
		{"GET bbuser x 1024 1e-05 1e+05 781", "get", "x", 1024, 1e-5},
		{"PUT bbuser x 2048 0 2 0.0156", "put", "x", 2048, 0},
		{`PUT bbuser x\ny\x1b 2048 0 2 0.0156`, "put", "x\ny\x1b", 2048, 0},
	} {
		got := transferLine(audit.Record{
			Operation: tt.op, User: "bbuser", File: "/" + tt.file, Asked: tt.file, Bytes: tt.bytes, Seconds: tt.seconds,
		})
		if got != tt.want {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
}

func TestTransfers(t *testing.T) {
	done := audit.Record{
		Time:  time.Date(2026, 11, 22, 7, 47, 17, 123456789, time.FixedZone("", 3600)),
		Event: audit.File, Outcome: audit.OK, Operation: "get", User: "alice", File: "/h.txt", Bytes: 12, Seconds: 0.0042,
	}
	line := fmt.Sprintf("2026-11-22T06:47:17Z\t%d\tNOTICE\tGET alice /h.txt 12 0.0042 2.79 0.0218\n", os.Getpid())
	with := func(change func(*audit.Record)) audit.Record {
		r := done
		change(&r)
		return r
	}
	for _, tt := range []struct {
		name   string
		format string
		level  slog.Level
		record audit.Record
		want   string
	}{
		{"get", "legacy", slog.LevelInfo, done, line},
		{"at its own level", "legacy", LevelNotice, done, line},
		{"not told", "legacy", slog.LevelWarn, done, ""},
		{"failed", "legacy", slog.LevelInfo, with(func(r *audit.Record) { r.Outcome = audit.Failed }), ""},
		{"denied", "legacy", slog.LevelInfo, with(func(r *audit.Record) { r.Outcome = audit.Denied }), ""},
		{"simulated", "legacy", slog.LevelInfo, with(func(r *audit.Record) { r.Simulated = true }), ""},
		{"removed", "legacy", slog.LevelInfo, with(func(r *audit.Record) { r.Operation = "rm" }), ""},
		{"login", "legacy", slog.LevelInfo, with(func(r *audit.Record) { r.Event = audit.Login }), ""},
		{"text", "text", slog.LevelInfo, done, ""},
		{"json", "json", slog.LevelInfo, done, ""},
	} {
		got := logged(t, Config{Format: tt.format, Level: tt.level}, func(_ *slog.Logger, transfers audit.Sink) {
			transfers.Record(tt.record)
		})
		if got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestLegacyWords(t *testing.T) {
	var got string
	out := logged(t, Config{Format: "legacy", Level: slog.LevelDebug}, func(log *slog.Logger, _ audit.Sink) {
		log.WithGroup("g").With("a", 1).Debug("m", slog.Group("", "b", 2), slog.Group("h", "c", 3), slog.Attr{}, "empty", "", "quote", `"`)
	})
	_, err := fmt.Sscanf(out, "%s", &got)
	if err != nil {
		t.Fatal(err)
	}
	want := got + fmt.Sprintf("\t%d\tDEBUG\tm g.a=1 g.b=2 g.h.c=3 g.empty=\"\" g.quote=\"\\\"\"\n", os.Getpid())
	if out != want {
		t.Errorf("%q, want %q", out, want)
	}
	if _, err := time.Parse(time.RFC3339, got); err != nil {
		t.Error(err)
	}
}
