package faults

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/dustin/go-humanize"
	"golang.org/x/sys/unix"
)

// bar is the least share of a single session's throughput that many must reach.
const bar = 0.85

// processors is the seconds of processor time that daemon and clients, which
// are this process, have used.
func (s *bbftpd) processors() float64 {
	var own unix.Rusage
	_ = unix.Getrusage(unix.RUSAGE_SELF, &own)
	used := float64(own.Utime.Nano()+own.Stime.Nano()) / 1e9
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	if err != nil {
		return used
	}
	// The name in parentheses may hold blanks; utime and stime are 14 and 15.
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	for _, i := range []int{11, 12} {
		ticks, _ := strconv.ParseFloat(fields[i], 64)
		used += ticks / 100 // USER_HZ of every Linux
	}
	return used
}

// watch counts the daemon's descriptors now and then, until stop.
func (s *bbftpd) watch(f *figure) (stop func()) {
	done := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() {
		for {
			if n, err := s.descriptors(); err == nil {
				f.descriptors = max(f.descriptors, n)
			}
			select {
			case <-done:
				return
			case <-time.After(100 * time.Millisecond):
			}
		}
	})
	return func() { close(done); watching.Wait() }
}

func (l *load) lost() (n int) {
	for _, r := range l.rounds {
		n += r.many.lost + r.one.lost
	}
	return n
}

// rate is the median of a side, in bytes per second.
func (l *load) rate(side func(round) figure) float64 {
	var all []float64
	for _, r := range l.rounds {
		all = append(all, float64(l.bytes())/side(r).seconds)
	}
	return median(all)
}

// ratio is the median of the rounds' own: what drifts in the machine meets both
// sides of a round.
func (l *load) ratio() float64 {
	var all []float64
	for _, r := range l.rounds {
		all = append(all, r.one.seconds/r.many.seconds)
	}
	return median(all)
}

func median(all []float64) float64 {
	slices.Sort(all)
	n := len(all)
	return (all[(n-1)/2] + all[n/2]) / 2
}

// loadReport renders the loads as Markdown.
type loadReport struct {
	begun time.Time
	loads []*load
}

const loadPreface = `The daemon is the real program in a process of its own; all clients are sessions of the client library in one other process, whose processor time counts on both sides alike. ` +
	`All are logged in before the clock starts. *One* moves the same files one after the other in a single session, right before or after, in turns; the ratio is the median of the rounds' own. ` +
	`Everything is in memory, so that no disk is measured. ` +
	`Small files are put and got back, then compared byte by byte, both copies. ` +
	`Large ones are zeros that lie in memory and are read, sent and received like any bytes, but leave holes where they arrive (--sparse); what arrived is checked for size and for being nothing but holes.

`

func (r loadReport) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Load\n\nWritten by `make load` on %s: %s, %d processors.\n\n", r.begun.UTC().Format("2006-01-02 15:04 MST"), system(), runtime.NumCPU())
	for _, l := range r.loads {
		verdict := "reached"
		if l.ratio() < bar {
			verdict = "**missed**"
		}
		fmt.Fprintf(&b, "**%s: %d sessions at once reach %.2f of a single session's throughput (bar %.2f: %s); %d lost.**\n\n", l.name, l.sessions, l.ratio(), bar, verdict, l.lost())
	}
	b.WriteString(loadPreface)
	var rows [][]string
	for _, l := range r.loads {
		one := func(f figure, sessions int) []string {
			return []string{
				l.name, strconv.Itoa(sessions), strconv.Itoa(l.sessions * l.files), humanize.IBytes(uint64(l.size)), humanize.IBytes(uint64(l.bytes())),
				fmt.Sprintf("%.1f", f.seconds), fmt.Sprintf("%.0f", float64(l.bytes())/f.seconds/1e6), fmt.Sprintf("%.1f", f.processors),
				fmt.Sprintf("%d MiB", f.peak>>20), strconv.Itoa(f.descriptors), fmt.Sprintf("%d, %d", f.whole, f.lost),
			}
		}
		for _, round := range l.rounds {
			rows = append(rows, one(round.many, l.sessions), one(round.one, 1))
		}
	}
	table(&b, []string{"load", "sessions", "files", "each", "moved", "seconds", "MB/s", "CPU seconds, both sides", "daemon's memory at its height", "its descriptors", "files whole, lost"}, rows)
	b.WriteString("\nMedians:\n\n")
	rows = nil
	for _, l := range r.loads {
		rows = append(rows, []string{
			l.name, strconv.Itoa(len(l.rounds)),
			fmt.Sprintf("%.0f", l.rate(func(r round) figure { return r.many })/1e6), fmt.Sprintf("%.0f", l.rate(func(r round) figure { return r.one })/1e6),
			fmt.Sprintf("%.2f", l.ratio()),
		})
	}
	table(&b, []string{"load", "n", "many, MB/s", "one, MB/s", "ratio"}, rows)
	return b.String()
}
