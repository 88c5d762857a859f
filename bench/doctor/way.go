package doctor

import (
	"fmt"
	"slices"
	"strings"
)

const (
	algorithmName = "net.ipv4.tcp_congestion_control"
	availableName = "net.ipv4.tcp_available_congestion_control"
)

// congestion judges the algorithm. Recovery from one loss takes Reno half of
// its window in round trips, and CUBIC is held down by steady losses; BBR goes
// by the rate that arrives.
func congestion(f Facts, p Path) []Finding {
	const check, source = "congestion control", "RFC 9438, 1; draft-ietf-ccwg-bbr; RFC 5681"
	now := f.Sysctls[algorithmName]
	if now == "" {
		return unread(check, algorithmName)
	}
	available := strings.Fields(f.Sysctls[availableName])
	bbr := []Setting{{algorithmName, "bbr"}}
	finding := Finding{Check: check, Source: source}
	switch {
	case now == "bbr":
		finding.State, finding.Text = OK, "bbr: bears random losses; fair to others only in part"
		return []Finding{finding}
	case slices.Contains(longFat, now):
		finding.State, finding.Text = OK, now+": made for long fat paths; where packets are lost at random, bbr holds the rate ("+bbr[0].String()+")"
		return []Finding{finding}
	case now == "cubic":
		finding.State, finding.Text = Hint, "cubic: good on a clean path; where packets are lost at random, bbr holds the rate ("+bbr[0].String()+")"
		return []Finding{finding}
	default:
		finding.State = Hint
		finding.Text = fmt.Sprintf("%s: not made for long fat paths; cubic or bbr is", now)
		if now == "reno" {
			wait := float64(p.BDP()/segment) / 2 * p.RTT.Seconds()
			if wait > patience {
				finding.State = Limit
			}
			finding.Text = fmt.Sprintf("reno: after one loss the rate is back after %s", seconds(wait))
		}
	}
	finding.Set = bbr
	if !slices.Contains(available, "bbr") {
		// Setting it loads the module, if there is one.
		finding.Text += fmt.Sprintf(" (loaded are %s; bbr may need: modprobe tcp_bbr)", strings.Join(available, ", "))
	}
	return []Finding{finding}
}

// longFat are the kernel's other algorithms whose authors had such paths in
// mind.
var longFat = []string{"bic", "highspeed", "htcp", "hybla", "illinois", "scalable", "yeah"}

const (
	segment  = 1448 // bytes of payload in a packet of 1500 with timestamps
	patience = 10   // seconds after a loss that a transfer can bear
)

// thresholdName is a setting of newer kernels, on by default.
const thresholdName = "net.ipv4.tcp_no_ssthresh_metrics_save"

// metrics are what the kernel remembers of connections to a host for the next
// one. Of these only slow start's threshold does harm.
func metrics(f Facts, _ Path) []Finding {
	const check, name, source = "metrics of past connections", "net.ipv4.tcp_no_metrics_save", "ip-sysctl: tcp_no_metrics_save, tcp_no_ssthresh_metrics_save"
	n, ok := f.number(name, 0)
	noThreshold, _ := f.number(thresholdName, 0)
	switch {
	case !ok:
		return unread(check, name)
	case n == 0 && noThreshold != 0:
		return []Finding{{Check: check, State: OK, Text: "are kept, but not the threshold at which slow start ends", Source: source}}
	case n == 0:
		return []Finding{{
			Check: check, State: Hint, Source: source, Set: []Setting{{name, "1"}},
			Text: "are kept: one that met losses makes the next leave slow start early",
		}}
	}
	return []Finding{{Check: check, State: OK, Text: "are not kept", Source: source}}
}

// qdisc judges how packets wait before the interface. Without fq the kernel
// paces by timers of its own: it works, at a higher cost.
func qdisc(f Facts, _ Path) (all []Finding) {
	const check, source = "queueing discipline", "tc-fq(8); Linux 4.13: TCP paces by itself without fq"
	i := f.Interface
	switch {
	case i.Loopback:
		return nil
	case i.Qdisc == "":
		return unread(check, "the queueing discipline of the interface")
	case i.Qdisc == "fq":
		return []Finding{{Check: check, State: OK, Text: i.Name + " has fq: packets are paced", Source: source}}
	}
	finding := Finding{
		Check: check, State: Hint, Source: source,
		Text: fmt.Sprintf("%s has %s: fq paces packets at the least cost, above all for bbr", i.Name, i.Qdisc),
		Run:  "tc qdisc replace dev " + i.Name + " root fq",
	}
	if i.Queues {
		// A single fq would send all of the interface's queues through one lock;
		// a new mq gives each the default discipline.
		finding.Run = "tc qdisc replace dev " + i.Name + " root handle 1: mq"
	}
	if f.Sysctls["net.core.default_qdisc"] != "fq" {
		finding.Set = []Setting{{"net.core.default_qdisc", "fq"}}
	}
	return []Finding{finding}
}

func mtu(f Facts, p Path) []Finding {
	const check, source = "MTU", "RFC 8899; RFC 4821"
	const ethernet, fast = 1500, 10e9
	i := f.Interface
	finding := Finding{Check: check, State: OK, Source: source, Text: fmt.Sprintf("%s has %d bytes", i.Name, i.MTU)}
	switch {
	case i.Loopback:
		return nil
	case i.MTU == 0:
		return unread(check, "the MTU of the interface")
	case i.MTU < ethernet:
		finding.State = Hint
		finding.Text += ", less than Ethernet's 1500: a tunnel? More of the rate goes into headers"
	case i.MTU == ethernet && p.Rate >= fast:
		finding.State = Hint
		// No command: set where a neighbour does not bear it, it cuts the host off.
		finding.Text += ": where the whole path and all neighbours bear 9000, there is a sixth of the packets to handle"
	}
	return []Finding{finding}
}

func linkSpeed(f Facts, p Path) []Finding {
	i := f.Interface
	if i.Loopback || i.Speed == 0 {
		return nil // virtual interfaces have none
	}
	finding := Finding{Check: "interface", State: OK, Text: fmt.Sprintf("%s has %s", i.Name, bits(float64(i.Speed)))}
	if i.Speed < p.Rate {
		finding.State = Limit
		finding.Text += fmt.Sprintf(", less than the %s asked for", bits(float64(p.Rate)))
	}
	return []Finding{finding}
}

// mptcp is never a limit: bbftp speaks plain TCP and has streams of its own.
func mptcp(f Facts, _ Path) []Finding {
	text := "not in this kernel"
	if n, ok := f.number("net.mptcp.enabled", 0); ok {
		text = "off"
		if n != 0 {
			text = "on"
		}
	}
	return []Finding{{Check: "MPTCP", State: OK, Source: "RFC 8684", Text: text + "; bbftp's streams are plain TCP, on one path each, unless --mptcp asks for more"}}
}
