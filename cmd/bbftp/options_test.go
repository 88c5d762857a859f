package main

import (
	"bytes"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestParse(t *testing.T) {
	base := options{host: "host", user: "me", port: 5021, script: "dir .", streams: 1, tries: 5}
	with := func(change func(*options)) options {
		o := base
		change(&o)
		return o
	}
	for _, tt := range []struct {
		args string // blanks separate, "_" stands for one
		want options
	}{
		{"-u me -e dir_. host", base},
		{"host -u me -e dir_.", base},
		{"-u me host -e dir_.", base},
		{"-ume -edir_. host", base},
		{"-u other -u me -e x -e dir_. host", base},
		{"-u me -e dir_. -- host", base},
		{"-u me -e dir_. -Vm host", with(func(o *options) { o.machine = true })},
		{"-u me -e dir_. -VW host", with(func(o *options) { o.verbose, o.warnings = true, true })},
		{"-u me -cWp3 -r2 -w6000 -e dir_. host", with(func(o *options) {
			o.compress, o.warnings, o.streams, o.tries, o.port = true, true, 3, 2, 6000
		})},
		{"-u me -e dir_. --json --clear-text --protocol=1 host", with(func(o *options) { o.json, o.clear, o.protocol = true, true, 1 })},
		{"-u me -e dir_. --password-file=f --data-from ::1 host", with(func(o *options) {
			o.passwordFile, o.dataFrom = "f", netip.IPv6Loopback()
		})},
		{"-u me -e dir_. --retry-wait 1m30s host", with(func(o *options) { o.retryWait = 90 * time.Second })},
		{"-u me -e dir_. --retry-wait 0 host", with(func(o *options) { o.retryWait = -1 })},
		{"-u me -e dir_. -p 99 host", with(func(o *options) { o.streams = 99 })},
	} {
		args := strings.Fields(tt.args)
		for i := range args {
			args[i] = strings.ReplaceAll(args[i], "_", " ")
		}
		var out bytes.Buffer
		got, err := parse(args, &out)
		if err != nil {
			t.Errorf("%s: %v", tt.args, err)
			continue
		}
		if diff := cmp.Diff(&tt.want, got, cmp.AllowUnexported(options{}), cmpopts.EquateComparable(netip.Addr{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.args, diff)
		}
		if out.Len() > 0 {
			t.Errorf("%s writes %q", tt.args, out.String())
		}
	}
}

// TestHelpNamesOptions keeps the help whole: what is read is explained.
func TestHelpNamesOptions(t *testing.T) {
	for _, option := range strings.Fields("-u -e -w -p -c -r --retry-wait --password-file --protocol --clear-text --data-from -V -W -m --json -v --version -h --help") {
		if !strings.Contains(usage, " "+option) {
			t.Errorf("the help lacks %s", option)
		}
	}
}

func TestLimitStreams(t *testing.T) {
	for _, tt := range []struct {
		streams, carried int
		limited          bool
	}{{1, 1, false}, {10, 10, false}, {11, 10, true}, {1000, 10, true}} {
		o := options{streams: tt.streams}
		asked, limited := o.limitStreams()
		if asked != tt.streams || limited != tt.limited || o.streams != tt.carried {
			t.Errorf("%d streams: asked %d, limited %v, carried %d", tt.streams, asked, limited, o.streams)
		}
	}
}
