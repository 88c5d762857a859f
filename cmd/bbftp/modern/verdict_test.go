package modern

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"bbftp/engine/client"
	"bbftp/engine/telemetry"
	"bbftp/engine/transfer"
)

func TestRemarks(t *testing.T) {
	verdict := telemetry.Verdict{Limit: telemetry.Link, Share: 0.958, Reason: "because", Advice: "more of it"}
	long := telemetry.Report{Elapsed: 2 * time.Second, Verdict: verdict}
	short := telemetry.Report{Elapsed: 200 * time.Millisecond, Verdict: verdict}
	why := []string{"8 streams: so", "and so"}
	blocks := transfer.Paths{Deflated: 900, Stored: 100, BlockBytes: 250}
	for _, tt := range []struct {
		name string
		p    plain
		t    client.Transfer
		want []string
	}{
		{"nothing", plain{}, client.Transfer{Why: why}, nil},
		{"nothing explained", plain{explain: true}, client.Transfer{}, nil},
		{"long", plain{}, client.Transfer{Report: long, Why: why}, []string{"limited by the link, 96 % of the time"}},
		{"short", plain{}, client.Transfer{Report: short, Why: why}, nil},
		{"verbose", plain{verbose: true}, client.Transfer{Report: long}, []string{"limited by the link, 96 % of the time", "would help: more of it"}},
		{
			"explained",
			plain{explain: true},
			client.Transfer{Report: short, Why: why},
			[]string{"8 streams: so", "and so", "limited by the link, 96 % of the time", "because", "would help: more of it"},
		},
		{
			"not known",
			plain{explain: true},
			client.Transfer{Report: telemetry.Report{Elapsed: time.Millisecond}},
			[]string{"over too soon to tell what limited it, or nothing stands out"},
		},
		{
			"compressed",
			plain{},
			client.Transfer{Report: long, Paths: blocks},
			[]string{"compressed to 25.0 %, with 10.0 % left as it was", "limited by the link, 96 % of the time"},
		},
		{"all compressed", plain{}, client.Transfer{Paths: transfer.Paths{Deflated: 1000, BlockBytes: 34}}, []string{"compressed to 3.4 %"}},
		{"none compressed", plain{}, client.Transfer{Paths: transfer.Paths{Stored: 1000, BlockBytes: 1005}}, []string{"nothing compressed: all blocks left as they were"}},
		{
			"no share",
			plain{},
			client.Transfer{Report: telemetry.Report{Elapsed: time.Second, Verdict: telemetry.Verdict{Limit: telemetry.StartUp}}},
			[]string{"limited by the start-up: the windows had not grown yet"},
		},
		{
			"new limit",
			plain{},
			client.Transfer{Report: telemetry.Report{Elapsed: time.Second, Verdict: telemetry.Verdict{Limit: "moon", Share: 1}}},
			[]string{"limited by moon, 100 % of the time"},
		},
	} {
		if got := tt.p.remarks(&tt.t); strings.Join(got, "\n") != strings.Join(tt.want, "\n") {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestRemarksBelow puts them under the line of the file, indented.
func TestRemarksBelow(t *testing.T) {
	var out bytes.Buffer
	p := plain{out: &out, explain: true}
	p.done(outcome{op: "put", object: "a", copied: &client.Transfer{Op: "put", Local: "a", Bytes: 1e6, Duration: time.Second, Why: []string{"1 stream: \x1bso"}}})
	if want := "a  1.0 MB  1.00 s  1.0 MB/s  0.008 Gbit/s\n  1 stream: ?so\n"; out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
}
