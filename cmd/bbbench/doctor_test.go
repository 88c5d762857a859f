package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestDoctor(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has what is read")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	var out bytes.Buffer
	// A path that any host fills: no more bytes on their way than a few.
	err = runDoctor(t.Context(), []string{"doctor", listener.Addr().String(), "--rate", "1kbit"}, &out, nil)
	if status(err, io.Discard) != 0 || !strings.HasSuffix(out.String(), "Nothing found limits the path.\n") {
		t.Errorf("status %d, %v:\n%s", status(err, io.Discard), err, &out)
	}
	// And one that none does: buffers end at 2 GiB.
	out.Reset()
	err = runDoctor(t.Context(), []string{"doctor", "--json", "--rtt", "10s", "--rate", "1tbit"}, &out, nil)
	var got diagnosis
	if status(err, io.Discard) != doctorLimits || json.Unmarshal(out.Bytes(), &got) != nil || got.RTT != 10 || got.BDP != 1.25e12 || len(got.Limits) == 0 || len(got.Findings) < 10 {
		t.Errorf("status %d, %v:\n%s", status(err, io.Discard), err, &out)
	}
}

func TestDoctorRefuses(t *testing.T) {
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"--nonsense"}, "--nonsense"},
		{[]string{"one", "two"}, `unexpected argument "two"`},
		{[]string{"one", "--rate", "1gbit", "two"}, `unexpected argument "two"`},
		{[]string{"--rate", "fast"}, "--rate: "},
		{[]string{"--rate", "unlimited"}, "rate of 0 bit/s"},
		{[]string{"--rtt", "soon"}, "--rtt: "},
		{[]string{"--rtt", "0"}, "round-trip time of 0s"},
		{[]string{"--rtt", "11s"}, "round-trip time of 11s"},
		{[]string{"--dir", "missing/directory"}, "missing/directory"},
		{[]string{":5021"}, `host ":5021"`},
		{[]string{"[::1"}, `host "[::1"`},
		{[]string{"127.83.83.83:1"}, "measure the round-trip time"}, // where nobody listens, no test either
	} {
		var out bytes.Buffer
		err := runDoctor(t.Context(), append([]string{"doctor"}, tt.args...), &out, nil)
		if status(err, io.Discard) != doctorFailed || !strings.Contains(err.Error(), tt.want) || out.Len() > 0 {
			t.Errorf("%q: %v, stdout %q; want %q", tt.args, err, &out, tt.want)
		}
	}
}

func TestDoctorOptions(t *testing.T) {
	for _, tt := range []struct {
		args []string
		want doctorOptions
	}{
		{nil, doctorOptions{rtt: defaultRTT, rate: 1e9}},
		{[]string{"host"}, doctorOptions{host: "host", rate: 1e9}},
		{[]string{"host", "--rtt", "20ms", "--json"}, doctorOptions{host: "host", rtt: 20 * time.Millisecond, rate: 1e9, json: true}},
		{[]string{"--rate", "10gbit", "--dir", "/data", "host"}, doctorOptions{host: "host", dir: "/data", rate: 1e10}},
	} {
		if got, err := parseDoctor(append([]string{"doctor"}, tt.args...)); err != nil || got != tt.want {
			t.Errorf("%q: %+v, %v", tt.args, got, err)
		}
	}
	for host, want := range map[string]string{
		"host.example": "host.example:5021", "host.example:6000": "host.example:6000", "192.0.2.1": "192.0.2.1:5021",
		"2001:db8::1": "[2001:db8::1]:5021", "[2001:db8::1]:6000": "[2001:db8::1]:6000", "[2001:db8::1]": "[2001:db8::1]:5021",
	} {
		if got, err := control(host); err != nil || got != want {
			t.Errorf("%s: %q, %v", host, got, err)
		}
	}
}
