package modern

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"bbftp/engine/client"
	"bbftp/engine/telemetry"
	"bbftp/engine/transfer"
)

func TestEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		e := newEvents(&out)
		var moved atomic.Int64
		e.start("put", 2, 3000)
		e.moving(client.Progress{Op: "put", Local: "a", Remote: "d/a", Bytes: 2000, Moved: moved.Load})
		moved.Store(500)
		time.Sleep(1100 * time.Millisecond)
		moved.Store(1500)
		time.Sleep(time.Second)
		e.warn(warning{cause: errors.New("lost"), retry: true, wait: 30 * time.Second})
		time.Sleep(10 * time.Second) // nothing moves
		e.moving(client.Progress{Op: "put", Local: "a", Remote: "d/a", Bytes: 2000, Moved: moved.Load})
		time.Sleep(time.Second / 2)
		e.done(outcome{op: "put", object: "a", copied: &client.Transfer{
			Op: "put", Local: "a", Remote: "d/a", Bytes: 2000, Streams: 2, Compressed: true, Duration: 2 * time.Second,
			Paths: transfer.Paths{Deflated: 1500, Stored: 500, BlockBytes: 900}, Why: []string{"2 streams: so"},
		}})
		e.done(outcome{op: "put", object: "b\x1b", err: errors.New("put b\x1b: no")})
		e.done(outcome{op: "put", object: "h", server: true, err: errors.New("gone")})
		e.warn(warning{cause: errors.New("hm")})
		e.finish(summary{op: "put", tally: tally{done: 1, failed: 1, bytes: 2000, exit: exitRefused}, took: 4 * time.Second})
		want := []string{
			`{"event":"start","op":"put","files":2,"bytes":3000}`,
			`{"event":"progress","op":"put","local":"a","remote":"d/a","bytes":2000,"moved":500,"seconds":1,"rate":500}`,
			`{"event":"progress","op":"put","local":"a","remote":"d/a","bytes":2000,"moved":1500,"seconds":2,"rate":750}`,
			`{"event":"warning","text":"lost","wait":30}`,
			`{"event":"file","op":"put","object":"a","ok":true,"local":"a","remote":"d/a","bytes":2000,"seconds":2,"rate":1000,"streams":2,"compressed":true,"simulated":false,` +
				`"paths":{"sendfile":0,"splice":0,"copied":0,"deflated":1500,"stored":500,"block_bytes":900},"why":["2 streams: so"]}`,
			`{"event":"file","op":"put","object":"b\u001b","ok":false,"error":"put b\u001b: no"}`,
			`{"event":"error","op":"put","object":"h","ok":false,"error":"put h: gone"}`,
			`{"event":"warning","text":"hm"}`,
			`{"event":"summary","op":"put","done":1,"failed":1,"skipped":0,"bytes":2000,"seconds":4,"rate":500,"exit":1}`,
		}
		if diff := cmp.Diff(want, strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")); diff != "" {
			t.Error(diff)
		}
	})
}

// TestTelemetryEvent embeds the report as its package writes it.
func TestTelemetryEvent(t *testing.T) {
	var out bytes.Buffer
	report := telemetry.Report{
		Elapsed: time.Second, Streams: make([]telemetry.Stream, 2),
		Verdict: telemetry.Verdict{Limit: telemetry.Link, Share: 0.96},
	}
	newEvents(&out).done(outcome{op: "get", object: "a", copied: &client.Transfer{Op: "get", Report: report}})
	var event struct{ Telemetry json.RawMessage }
	if err := json.Unmarshal(out.Bytes(), &event); err != nil {
		t.Fatal(err)
	}
	want, err := json.Marshal(report)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(event.Telemetry, want) || !bytes.Contains(want, []byte(`"link"`)) {
		t.Errorf("telemetry is %s, want %s", event.Telemetry, want)
	}
}

func TestAnswerEvents(t *testing.T) {
	const times = `"accessed":"2001-02-03T04:05:06","modified":"2001-02-03T04:05:07","changed":"2001-02-03T04:05:08"`
	for line, want := range map[string]string{
		"ls h:d/": `{"event":"entry","path":"d/a","type":"file","link":false}`,
		"ls -l h:d/": `{"event":"entry","path":"d/a","type":"file","link":false,"size":1000,"mode":"0640","uid":1001,"gid":1002,` +
			`"inode":8,"blocks":8,"block_size":4096,` + times + `}`,
		"stat h:d": `{"event":"stat","path":"d","type":"directory","size":4096,"mode":"0750","uid":1001,"gid":1002,` +
			`"inode":7,"blocks":8,"block_size":4096,` + times + `}`,
		"df h:d":    `{"event":"df","path":"d","size":4096000000,"available":1024000000,"block_size":4096,"inodes":5000,"free_inodes":4000,"name_max":255}`,
		"mkdir h:e": `{"event":"file","op":"mkdir","object":"e","ok":true}`,
		"rm h:d/a":  `{"event":"file","op":"rm","object":"d/a","ok":true}`,
		"ls h:nix":  `{"event":"error","op":"ls","object":"nix","ok":false,"error":"ls nix: no such file or directory"}`,
	} {
		f := &fakeServer{names: []string{"d/", "d/a"}}
		_, stdout, stderr := try(t.Context(), t, f, append(strings.Fields(line), "--json")...)
		first, summary, _ := strings.Cut(stdout, "\n")
		if first != want || stderr != "" || !strings.HasPrefix(summary, `{"event":"summary"`) || strings.Count(stdout, "\n") != 2 {
			t.Errorf("%s:\n%swant %s\n%s", line, stdout, want, stderr)
		}
	}
}

func TestUnreachableEvents(t *testing.T) {
	_, stdout, _ := try(t.Context(), t, nil, "ls", "h:", "--json")
	if !strings.HasPrefix(stdout, `{"event":"error","op":"ls","object":"h","ok":false,"error":"ls h: connection refused"}`+"\n") ||
		!strings.Contains(stdout, `"skipped":1`) || !strings.HasSuffix(stdout, `"exit":3}`+"\n") {
		t.Error(stdout)
	}
}
