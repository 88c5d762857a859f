package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/pborman/getopt/v2"

	"bbftp/bench/scenario"
	"bbftp/bench/wan"
	"bbftp/bench/wan/selfcheck"
)

const wanHelp = `Usage: bbbench wan [options] -- COMMAND [ARGUMENT...]
       bbbench wan --self-check [--short] [--markdown FILE] [--backend NAME]

Runs COMMAND on the client host of an emulated wide-area path: two network
namespaces and a link between them, all in this machine and gone afterwards.
Needs root or a user namespace, nothing else. For instance

  bbbench wan --rtt 80ms --loss 0.01% --server 'iperf3 -s' -- iperf3 -c {server}

  --rtt TIME         round-trip time (default 100ms)
  --rate RATE        of the link, IP packets: 100mbit, 1gbit, unlimited
                     (default 1gbit)
  --loss SHARE       of packets of 1500 bytes, at random (default 0)
  --queue SIZE       before the link drops: 1bdp, 0.5bdp, 256KiB (default 1bdp)
  --jitter TIME      more delay each way, at random up to this, never reordering
  --back-rate RATE   from server to client, where it differs
  --back-loss SHARE  likewise
  --congestion NAME  algorithm of both hosts (default: the system's)
  --seed NUMBER      of the random losses and the jitter (default 1)
  --backend NAME     tun or packet (default: tun where it is allowed)
  --server COMMAND   run this by sh on the server host, wait until it listens,
                     and end it after COMMAND
  --server-port PORT wait for this port (default: for any)
  --json FILE        also write the report there

{server} and {client} in COMMAND and its arguments become the hosts' addresses.
Both commands have them as BBBENCH_SERVER and BBBENCH_CLIENT. What the link did
and whether it was faithful goes to standard error in the end.

  --self-check       measure whether the emulation is right on this machine,
                     in less than 4 minutes; best when nothing else runs
  --short            less, in 25 seconds
  --markdown FILE    also write the table there

Exit status: that of COMMAND (128 and the signal that ended it); 125 if the path
or the server failed or the command line makes no sense, 126 if COMMAND can't be
run, 127 if there is none of that name. Of --self-check: 0 if all rows hold, 1 if
one does not, 3 if nothing is wrong but the machine was too busy to judge all
times (with --short, also if times were missed).
`

// The first argument of this program's runs of itself.
const (
	isolated = "--isolated" // inside wan.Isolate
	worker   = "--worker"   // one end of a self-check's traffic
)

// wanOptions are what `bbbench wan` was asked for.
type wanOptions struct {
	path    wan.Config
	rtt     time.Duration // for the summary
	server  string        // command line of the other host, "" if none
	port    uint16        // it listens at; 0: any
	json    string        // file for the report
	command []string

	selfCheck, short bool
	markdown         string // file for the self-check's table
}

// runWAN runs a command across an emulated path, or checks the emulation. The
// status is that of the command; our own failures are wanFailed, like env(1).
func runWAN(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if len(args) == 3 && args[1] == worker {
		return selfcheck.Work(args[2], os.Stdin, stdout)
	}
	inside := len(args) > 1 && args[1] == isolated
	if inside {
		args = args[1:]
	}
	o, err := parseWAN(args)
	if err != nil {
		return exit{wanFailed, err}
	}
	switch {
	case !inside:
		return isolate(args)
	case o.selfCheck:
		return selfCheck(ctx, o, stdout)
	}
	return across(ctx, o, stdout, stderr)
}

// isolate does the work in a process whose end, however it comes, ends all.
func isolate(args []string) error {
	if err := wan.Privilege(); err != nil {
		return exit{wanFailed, err}
	}
	status, err := wan.Isolate(append([]string{"wan", isolated}, args[1:]...))
	if err != nil {
		return exit{wanFailed, err}
	}
	return exited(status)
}

// parseWAN reads the command line; args[0] is not looked at.
func parseWAN(args []string) (wanOptions, error) {
	var o wanOptions
	rtt, jitter, rate, loss, queue, port := "100ms", "0", "1gbit", "0", "1bdp", uint16(0)
	backRate, backLoss := "", ""
	o.path.Seed = 1
	set := getopt.New()
	set.FlagLong(&rtt, "rtt", 0)
	set.FlagLong(&jitter, "jitter", 0)
	set.FlagLong(&rate, "rate", 0)
	set.FlagLong(&loss, "loss", 0)
	set.FlagLong(&queue, "queue", 0)
	set.FlagLong(&backRate, "back-rate", 0)
	set.FlagLong(&backLoss, "back-loss", 0)
	set.FlagLong(&o.path.Congestion, "congestion", 0)
	set.FlagLong(&o.path.Seed, "seed", 0)
	set.FlagLong(&o.path.Backend, "backend", 0)
	set.FlagLong(&o.server, "server", 0)
	set.FlagLong(&port, "server-port", 0)
	set.FlagLong(&o.json, "json", 0)
	set.FlagLong(&o.selfCheck, "self-check", 0)
	set.FlagLong(&o.short, "short", 0)
	set.FlagLong(&o.markdown, "markdown", 0)
	if err := set.Getopt(args, nil); err != nil {
		return o, fmt.Errorf("%w; see bbbench help wan", err)
	}
	o.command, o.port = set.Args(), port
	if err := o.complete(set.IsSet); err != nil {
		return o, err
	}
	if backRate == "" {
		backRate = rate
	}
	if backLoss == "" {
		backLoss = loss
	}
	return o, o.describePath(rtt, jitter, queue, [2]way{{rate, loss}, {backRate, backLoss}})
}

// complete says what is missing or does not go together.
func (o *wanOptions) complete(given func(any) bool) error {
	if b := o.path.Backend; b != "" && b != wan.BackendTUN && b != wan.BackendPacket {
		return fmt.Errorf("--backend %q: want %s or %s", b, wan.BackendTUN, wan.BackendPacket)
	}
	if !o.selfCheck {
		switch {
		case o.short || o.markdown != "":
			return errors.New("--short and --markdown go with --self-check; see bbbench help wan")
		case o.port != 0 && o.server == "":
			return errors.New("--server-port goes with --server; see bbbench help wan")
		case len(o.command) == 0:
			return errors.New("wan: which command? see bbbench help wan")
		}
		return nil
	}
	if len(o.command) > 0 {
		return fmt.Errorf("unexpected argument %q after --self-check; see bbbench help wan", o.command[0])
	}
	// The self-check chooses its paths itself: it must not seem to check another.
	for _, name := range []string{
		"rtt", "jitter", "rate", "loss", "queue", "back-rate", "back-loss", "congestion", "seed",
		"server", "server-port", "json",
	} {
		if given(name) {
			return fmt.Errorf("--%s does not go with --self-check; see bbbench help wan", name)
		}
	}
	return nil
}

// way is what differs between the directions.
type way struct{ rate, loss string }

func (o *wanOptions) describePath(rtt, jitter, queue string, ways [2]way) error {
	trip, err := scenario.ParseTime(rtt)
	if err != nil {
		return fmt.Errorf("--rtt: %w", err)
	}
	shake, err := scenario.ParseTime(jitter)
	if err != nil {
		return fmt.Errorf("--jitter: %w", err)
	}
	room, err := scenario.ParseQueue(queue)
	if err != nil {
		return fmt.Errorf("--queue: %w", err)
	}
	o.rtt = trip
	for i, d := range []*wan.Direction{&o.path.Forward, &o.path.Back} {
		prefix := [2]string{"--", "--back-"}[i]
		if d.Rate, err = scenario.ParseRate(ways[i].rate); err != nil {
			return fmt.Errorf("%srate: %w", prefix, err)
		}
		if d.Loss, err = scenario.ParseLoss(ways[i].loss); err != nil {
			return fmt.Errorf("%sloss: %w", prefix, err)
		}
		d.Delay, d.Jitter = trip/2, shake
		if d.Queue = room.Of(d.Rate, trip); d.Queue == 0 {
			d.Queue = wan.DefaultQueue(d.Rate, trip)
		}
	}
	return o.path.Validate()
}
