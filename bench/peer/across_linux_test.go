package peer

import (
	"os"
	"strings"
	"testing"
	"time"

	"bbftp/bench/trial"
	"bbftp/bench/wan"
)

// TestAcross runs every peer that is there over an emulated path, where client
// and server are in network namespaces of their own.
func TestAcross(t *testing.T) {
	if err := wan.Privilege(); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	const (
		rtt  = 10 * time.Millisecond
		rate = int64(1e9)
		size = 16 << 20
	)
	path, err := wan.Open(t.Context(), wan.Symmetric(rtt, 0, rate, 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if _, err := path.Close(); err != nil {
			t.Error(err)
		}
	}()
	programs := ours(t)
	programs.LegacyClient, programs.LegacyServer = first("BBFTP_LEGACY_CLIENT"), first("BBFTP_LEGACY_SERVER")
	for _, name := range Names() {
		for _, c := range []trial.Cell{{Version: 1, Streams: 4}, {Version: 3, Streams: 4}, {Streams: 1}} {
			for _, direction := range []string{trial.Put, trial.Get} {
				c.Direction, c.Path, c.Rate, c.RTT = direction, trial.Emulated, rate, rtt.Seconds()
				p, err := Find(name, programs)
				if err != nil {
					t.Fatal(err)
				}
				if p.Supports(c) != nil {
					continue
				}
				t.Run(strings.Join([]string{name, string('0' + rune(c.Version)), direction}, ","), func(t *testing.T) {
					if strings.HasPrefix(name, Legacy) && programs.LegacyClient == "" {
						t.Skip("BBFTP_LEGACY_CLIENT names no legacy program")
					}
					needs(t, p)
					j := loopback(t, c, size)
					j.Cell, j.Client, j.Server = c, path.Client(), path.Server()
					o := run(t, p, j)
					t.Logf("%v, CPU %v %v, %q", o.Ended.Sub(o.Began), o.ClientCPU, o.ServerCPU, o.Warnings)
					if o.Bytes <= 0 || o.Ended.Sub(o.Began) < rtt {
						t.Errorf("%+v", o)
					}
				})
			}
		}
	}
}
