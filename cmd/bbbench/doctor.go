package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"time"

	"github.com/pborman/getopt/v2"

	"bbftp/bench/doctor"
	"bbftp/bench/scenario"
)

// The exit statuses of doctor besides 0.
const (
	doctorLimits = 1 // something limits the path asked for
	doctorFailed = 2 // it could not be examined
)

// doctorTimeout bounds the connections that measure the round-trip time.
const doctorTimeout = 30 * time.Second

// diagnosis is what --json prints.
type diagnosis struct {
	RTT      float64          `json:"rtt_s"`
	Rate     int64            `json:"rate_bps"`
	BDP      int64            `json:"bdp_bytes"`
	Facts    doctor.Facts     `json:"facts"`
	Findings []doctor.Finding `json:"findings"`
	// Limits are the names of the checks that found a limit.
	Limits []string `json:"limits"`
}

type doctorOptions struct {
	host, dir string
	rtt       time.Duration // 0: not given
	rate      int64
	json      bool
}

const doctorHelp = `Usage: bbbench doctor [HOST[:PORT]] [options]

Says whether this host can fill a path with one TCP connection, what limits it,
and the exact sysctl lines to set. Changes nothing, needs no privilege. With
HOST the round-trip time is that of TCP connects to it (port 5021).

  --rtt TIME    of the path asked for (default: measured, or 100ms without HOST)
  --rate RATE   of the path asked for (default 1gbit)
  --dir DIR     also measure the disk there: a test file of up to 2 GiB, 3 s
                either way, at most a tenth of the free room; then removed
  --json        for programs

Exit status: 0 if nothing limits the path, 1 if something does, 2 if it could
not be examined.
`

func runDoctor(ctx context.Context, args []string, stdout, _ io.Writer) error {
	o, err := parseDoctor(args)
	if err != nil {
		return exit{doctorFailed, err}
	}
	path, facts, err := look(ctx, o)
	if err != nil {
		return exit{doctorFailed, err}
	}
	findings := doctor.Examine(facts, path)
	limits := doctor.Limits(findings)
	if o.json {
		encoder := json.NewEncoder(stdout)
		encoder.SetIndent("", "  ")
		encoder.SetEscapeHTML(false)
		err = encoder.Encode(diagnosis{path.RTT.Seconds(), path.Rate, path.BDP(), facts, findings, append([]string{}, limits...)})
	} else {
		err = doctor.Text(stdout, path, facts, findings)
	}
	if err != nil {
		return exit{doctorFailed, err}
	}
	if len(limits) > 0 {
		return exited(doctorLimits)
	}
	return nil
}

func parseDoctor(args []string) (doctorOptions, error) {
	o := doctorOptions{}
	rtt, rate := "", "1gbit"
	set := getopt.New()
	set.FlagLong(&rtt, "rtt", 0)
	set.FlagLong(&rate, "rate", 0)
	set.FlagLong(&o.dir, "dir", 0)
	set.FlagLong(&o.json, "json", 0)
	// The host may stand before the options as well as behind them.
	for rest := args; ; rest = set.Args() {
		if err := set.Getopt(rest, nil); err != nil {
			return o, fmt.Errorf("%w; see bbbench help doctor", err)
		}
		if set.NArgs() == 0 {
			break
		}
		if o.host != "" {
			return o, fmt.Errorf("unexpected argument %q; see bbbench help doctor", set.Arg(0))
		}
		o.host = set.Arg(0)
	}
	var err error
	if o.rate, err = scenario.ParseRate(rate); err != nil {
		return o, fmt.Errorf("--rate: %w", err)
	}
	if rtt != "" {
		if o.rtt, err = scenario.ParseTime(rtt); err != nil {
			return o, fmt.Errorf("--rtt: %w", err)
		}
	}
	given := o.rtt
	if rtt == "" {
		given = defaultRTT
		if o.host == "" {
			o.rtt = defaultRTT
		}
	}
	return o, doctor.Path{RTT: given, Rate: o.rate}.Validate()
}

const defaultRTT = 100 * time.Millisecond

// look gathers what the options ask for. With a host and no round-trip time it
// measures that.
func look(ctx context.Context, o doctorOptions) (doctor.Path, doctor.Facts, error) {
	path := doctor.Path{RTT: o.rtt, Rate: o.rate}
	var remote netip.Addr
	if o.host != "" {
		address, err := control(o.host)
		if err != nil {
			return path, doctor.Facts{}, err
		}
		limited, cancel := context.WithTimeout(ctx, doctorTimeout)
		defer cancel()
		measured, found, err := doctor.MeasureRTT(limited, address)
		if unknown := new(net.DNSError); err != nil && !errors.As(err, &unknown) {
			err = fmt.Errorf("%w; name a port that listens there as HOST:PORT, or instead of the host give --rtt", err)
		}
		if err != nil {
			return path, doctor.Facts{}, err
		}
		remote = found
		if path.RTT == 0 {
			path.RTT = measured
		}
	}
	facts := doctor.Gather(remote)
	if o.dir != "" {
		disk, err := doctor.MeasureDisk(ctx, o.dir)
		if err != nil {
			return path, facts, err
		}
		facts.Disk = &disk
	}
	return path, facts, path.Validate()
}

// control is the address of a host's control connection: HOST, HOST:PORT or
// [IPv6]:PORT.
func control(host string) (string, error) {
	const port = "5021"
	if addr, err := netip.ParseAddr(host); err == nil {
		return net.JoinHostPort(addr.String(), port), nil
	}
	if name, given, err := net.SplitHostPort(host); err == nil {
		if name == "" || given == "" {
			return "", fmt.Errorf("host %q: want HOST or HOST:PORT", host)
		}
		return host, nil
	}
	if _, _, err := net.SplitHostPort(host + ":" + port); err != nil {
		return "", fmt.Errorf("host %q: want HOST or HOST:PORT", host)
	}
	return host + ":" + port, nil
}
