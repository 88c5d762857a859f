package doctor

import (
	"fmt"
	"strconv"
	"strings"
)

// The kernel's own least and first sizes, of which the lines leave alone what
// is not in their way (ip-sysctl).
const (
	firstReceive = "4096 131072"
	firstSend    = "4096 16384"
)

// atLeast are the least and the first size that the host has, where they are
// larger than the kernel's own.
func (f Facts) atLeast(name, kernels string) string {
	sizes := strings.Fields(kernels)
	for i, own := range sizes {
		most, err := strconv.ParseInt(own, 10, 64)
		if has, ok := f.number(name, i); err == nil && ok && has > most {
			sizes[i] = strconv.FormatInt(has, 10)
		}
	}
	return strings.Join(sizes, " ")
}

// share is the part of a buffer that holds data, in percent; the rest is
// bookkeeping.
type share struct {
	percent int64
	words   string
}

// The kernel offers half of a receive buffer as window until it has seen how
// large the packets are. A sender's share is what 4 and 12 MiB gave over 100 ms.
var (
	ofReceive = share{50, "about half"}
	ofSend    = share{75, "about three quarters"}
)

func receiveBuffer(f Facts, p Path) []Finding {
	return autotuned(f, p, "receive buffer", "net.ipv4.tcp_rmem", firstReceive, ofReceive)
}

func sendBuffer(f Facts, p Path) []Finding {
	return autotuned(f, p, "send buffer", "net.ipv4.tcp_wmem", firstSend, ofSend)
}

// autotuned checks how far the kernel may let a buffer grow by itself.
func autotuned(f Facts, p Path, check, name, first string, part share) []Finding {
	const source = "tcp(7); ip-sysctl: tcp_rmem, tcp_wmem, tcp_adv_win_scale"
	top, ok := f.number(name, 2)
	if !ok {
		return unread(check, name)
	}
	finding := Finding{Check: check, Source: source}
	if need := p.BDP() * 100 / part.percent; top < need {
		streams := (need + max(top, 1) - 1) / max(top, 1)
		window := float64(top) * float64(part.percent) / 100
		finding.State = Limit
		finding.Text = fmt.Sprintf("%s grows to %s at most, a window of %s of it: one stream reaches %s over %v, %d streams the %s asked for",
			name, size(top), part.words, bits(window*8/p.RTT.Seconds()), p.RTT, streams, bits(float64(p.Rate)))
		finding.Set = []Setting{{name, fmt.Sprintf("%s %d", f.atLeast(name, first), p.Buffer())}}
	} else {
		finding.State = OK
		finding.Text = fmt.Sprintf("%s grows to %s, enough for the BDP of %s", name, size(top), size(p.BDP()))
	}
	return []Finding{finding}
}

// fixedBuffers checks what a program may ask for: the kernel cuts a greater
// wish without an error.
func fixedBuffers(f Facts, p Path) (all []Finding) {
	for _, side := range []struct{ check, name string }{
		{"receive window by option", "net.core.rmem_max"},
		{"send window by option", "net.core.wmem_max"},
	} {
		top, ok := f.number(side.name, 0)
		if !ok {
			all = append(all, unread(side.check, side.name)...)
			continue
		}
		finding := Finding{Check: side.check, Source: "socket(7): SO_RCVBUF, SO_SNDBUF"}
		if top < p.BDP() {
			// Only whoever sets a window is concerned: without one the kernel
			// tunes the buffer and does not look here.
			finding.State = Hint
			finding.Text = fmt.Sprintf("%s cuts a window that a program asks for to %s, the BDP is %s", side.name, size(top), size(p.BDP()))
			finding.Set = []Setting{{side.name, strconv.FormatInt(p.Buffer(), 10)}}
		} else {
			finding.State = OK
			finding.Text = fmt.Sprintf("%s allows windows of %s", side.name, size(top))
		}
		all = append(all, finding)
	}
	return all
}

func autotuning(f Facts, p Path) []Finding {
	return switchedOn(f, "autotuning", "net.ipv4.tcp_moderate_rcvbuf", "ip-sysctl: tcp_moderate_rcvbuf",
		"the receive buffer stays at its first size", Limit)
}

// options checks those of the handshake.
func options(f Facts, p Path) []Finding {
	scaling := Hint
	if p.BDP() > 65535 {
		scaling = Limit
	}
	// Without timestamps an old segment may be taken for a new one once the
	// sequence numbers come round within a segment's life of two minutes.
	stamps := Hint
	if int64(1)<<32/max(p.Rate/8, 1) < 120 {
		stamps = Limit
	}
	all := switchedOn(f, "window scaling", "net.ipv4.tcp_window_scaling", "RFC 7323, 2",
		"no window is larger than 64 KiB", scaling)
	all = append(all, switchedOn(f, "timestamps", "net.ipv4.tcp_timestamps", "RFC 7323, 5",
		"nothing guards against sequence numbers that come round, and round-trip times are measured less often", stamps)...)
	return append(all, switchedOn(f, "selective acknowledgement", "net.ipv4.tcp_sack", "RFC 2018",
		"one lost packet is repaired per round trip", Limit)...)
}

func switchedOn(f Facts, check, name, source, otherwise string, state State) []Finding {
	n, ok := f.number(name, 0)
	switch {
	case !ok:
		return unread(check, name)
	case n == 0:
		return []Finding{{Check: check, State: state, Text: name + " is off: " + otherwise, Source: source, Set: []Setting{{name, "1"}}}}
	}
	return []Finding{{Check: check, State: OK, Text: name + " is on", Source: source}}
}

// memoryLimit checks the sum of all buffers. There is no line for it: the
// kernel took the figure from the memory it has.
func memoryLimit(f Facts, p Path) []Finding {
	const check, name, source = "memory for TCP", "net.ipv4.tcp_mem", "ip-sysctl: tcp_mem"
	pages, ok := f.number(name, 1)
	if !ok || f.PageSize == 0 {
		return unread(check, name)
	}
	pressure := pages * f.PageSize
	if need := 3 * p.BDP(); pressure < need {
		return []Finding{{
			Check: check, State: Limit, Source: source,
			Text: fmt.Sprintf("above %s in all buffers the kernel makes them smaller (%s, second value), and the path takes up to %s: the host needs more memory", size(pressure), name, size(need)),
		}}
	}
	return []Finding{{Check: check, State: OK, Text: fmt.Sprintf("%s in all buffers before the kernel makes them smaller", size(pressure)), Source: source}}
}

func unread(check, name string) []Finding {
	return []Finding{{Check: check, State: Unknown, Text: name + " could not be read"}}
}
