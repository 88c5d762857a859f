package doctor

import (
	"fmt"
	"io"
	"strings"
)

// Text writes findings for a reader: what limits first, and in the end the
// lines to set.
func Text(w io.Writer, p Path, f Facts, findings []Finding) error {
	var b strings.Builder
	fmt.Fprintf(&b, "One stream of %s over %v: the BDP is %s.\n\n", bits(float64(p.Rate)), p.RTT, size(p.BDP()))
	for _, state := range []State{Limit, Hint, Unknown, OK} {
		for _, finding := range findings {
			if finding.State != state {
				continue
			}
			fmt.Fprintf(&b, "%-8s %s: %s\n", finding.State, finding.Check, finding.Text)
			if finding.State != OK && finding.Source != "" {
				fmt.Fprintf(&b, "%8s (%s)\n", "", finding.Source)
			}
		}
	}
	for _, why := range f.Unread {
		fmt.Fprintf(&b, "%-8s %s\n", Unknown, why)
	}
	if lines := Settings(findings); len(lines) > 0 {
		b.WriteString("\nLines for a file in /etc/sysctl.d, which sysctl --system loads (as root; sysctl -p FILE loads one for now):\n\n")
		for _, s := range lines {
			fmt.Fprintf(&b, "  %s\n", s)
		}
	}
	var runs []string
	for _, finding := range findings {
		if finding.Run != "" {
			runs = append(runs, "  "+finding.Run+"\n")
		}
	}
	if len(runs) > 0 {
		b.WriteString("\nCommands, as root:\n\n" + strings.Join(runs, ""))
	}
	b.WriteString("\n" + verdict(findings) + "\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func verdict(findings []Finding) string {
	if limits := Limits(findings); len(limits) > 0 {
		return "This limits the path: " + strings.Join(limits, ", ") + "."
	}
	return "Nothing found limits the path."
}

// size in binary units, as buffers are given.
func size(n int64) string {
	units := []string{"bytes", "KiB", "MiB", "GiB", "TiB"}
	value, i := float64(n), 0
	for ; value >= 1024 && i < len(units)-1; i++ {
		value /= 1024
	}
	return figure(value) + " " + units[i]
}

// bits per second in decimal units, as links are given.
func bits(rate float64) string {
	units := []string{"bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"}
	i := 0
	for ; rate >= 1000 && i < len(units)-1; i++ {
		rate /= 1000
	}
	return figure(rate) + " " + units[i]
}

func seconds(s float64) string {
	if s < 120 {
		return figure(s) + " s"
	}
	return figure(s/60) + " min"
}

// figure has three digits, or all before the point.
func figure(v float64) string {
	switch {
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return strings.TrimSuffix(fmt.Sprintf("%.1f", v), ".0")
	}
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.2f", v), "0"), ".")
}
