package faults

import (
	"cmp"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// report renders the table as Markdown.
type report struct {
	begun   time.Time
	elapsed time.Duration
	rows    []*row
}

func (r report) String() string {
	var b strings.Builder
	unexplained := 0
	for _, row := range r.rows {
		if !row.explained() {
			unexplained++
		}
	}
	fmt.Fprintf(&b, "# Faults\n\nWritten by `make faults` on %s: %s, %d processors, the programs in network namespaces of one machine.\n\n",
		r.begun.UTC().Format("2006-01-02 15:04 MST"), system(), runtime.NumCPU())
	fmt.Fprintf(&b, "**%d faults brought about, %d unexplained.** %.0f seconds.\n\n", len(r.rows), unexplained, r.elapsed.Seconds())
	b.WriteString(preface)
	for _, fault := range r.faults() {
		fmt.Fprintf(&b, "\n## %s\n\n", strings.ToUpper(fault[:1])+fault[1:])
		if note := notes[fault]; note != "" {
			fmt.Fprintf(&b, "%s\n\n", note)
		}
		var lines [][]string
		for _, g := range r.groups(fault) {
			lines = append(lines, g.line())
		}
		table(&b, []string{"step", "role", "outcome", "rows", "of", "the client says; figures"}, lines)
	}
	return b.String()
}

const preface = `Each line tells what became of transfers that a fault struck at a step: what is named had passed, nothing after it. ` +
	`*error N* is the client's exit status, *untouched* a target with what it held before, *whole* one with all of the new file, ` +
	`*retried* a transfer that succeeded after another login. After each the same server, or the one started again, ` +
	`had ended the session, served a fresh put and get, and left no temporary file; its log told of no crash.
`

// notes tell of a fault what its name does not.
var notes = map[string]string{
	"kill -9": "A server is killed and started again on its port by the time the client knows. Plain: the client has one try. Gzip: it has five, and a supervisor has the server up again at once.",
	"kill -9 of a process of --system-accounts":    "The monitor is root, a login process nobody, a session process the user. Without the monitor nobody of them stays.",
	"stalled handshake, goes on within the limits": "One side is stopped for a second, in the middle of the TLS handshake or right after it.",
	"stalled handshake beyond the limits":          "The server is stopped until the client has given up, after 8 s (--timeout); the client until the server has, after the 60 s of a login.",
	"half-open peer": "The peer's machine vanishes: no packet comes from it any more, and none reaches it. The other side gives up by its own limits: 60 s for a login, 10 s for the first command and for a start, " +
		"here 2 s (setdatato and its like) and 8 s (--timeout) in the place of 300 s and 180 s, and the system's for what nobody acknowledges, here 13 s by net.ipv4.tcp_retries2; where nothing is owed, 150 s of keep-alive probes.",
	"network cut, comes back within the limits":             "Both links go down for a second.",
	"network cut beyond the limits":                         "Both links stay down until the client has given up.",
	"network cut beyond the limits, then back":              "The links come back once the client has given up its first try.",
	"file system goes read-only, damaged":                   "ext4 with errors=remount-ro that was told of an error: the only way to read-only under a file that is open for writing.",
	"quota exceeded, at the allocation":                     quotaNote,
	"quota exceeded, while writing":                         quotaNote,
	"no descriptors left":                                   "The client's limit of open files falls to what it has open. The daemon, which may have 128, is called 256 times by others.",
	"clock jumps 25 hours ahead":                            clockNote,
	"clock jumps 25 hours back":                             clockNote,
	"target replaced by a directory":                        "A server then has the client store into that directory, which here belongs to somebody else.",
	"walks over sessions that break every rule":             "By 24 clients at once: logins, commands and data streams, whole, spoilt, cut, in the wrong order, with bombs in the blocks. Afterwards no goroutine or descriptor is left, no more memory was taken than allowed, every stored file is whole, and nothing lies outside of the tree.",
	"600 logins that trickle":                               "From 30 addresses, a byte every 100 ms; who is thrown out comes again.",
	"connections that say nothing, garbage or half a login": "600 of them from 30 addresses; who is thrown out comes again.",
}

const (
	quotaNote = "EDQUOT comes from a seccomp filter on one side's fallocate, pwrite and splice: file systems without quotas can't say it by themselves."
	clockNote = "The time of day that one side is told, by a seccomp filter, jumps at the step; the machine's own clock is everybody's."
)

func (r report) faults() (names []string) {
	for _, row := range r.rows {
		if !slices.Contains(names, row.fault) {
			names = append(names, row.fault)
		}
	}
	return names
}

// group is rows with the same fault, step, role and outcome.
type group struct {
	first *row
	rows  []*row
}

func (r report) groups(fault string) (all []*group) {
	for _, row := range r.rows {
		if row.fault != fault {
			continue
		}
		at := slices.IndexFunc(all, func(g *group) bool {
			return g.first.step == row.step && g.first.role == row.role && g.first.outcome == row.outcome && g.first.explained() == row.explained()
		})
		if at < 0 {
			at, all = len(all), append(all, &group{first: row})
		}
		all[at].rows = append(all[at].rows, row)
	}
	slices.SortStableFunc(all, func(a, b *group) int {
		return cmp.Or(slices.Index(order, a.first.step)-slices.Index(order, b.first.step), cmp.Compare(a.first.role, b.first.role))
	})
	return all
}

func (g *group) line() []string {
	outcome := g.first.outcome
	if !g.first.explained() {
		outcome = "**unexplained:** " + outcome
	}
	var says []string
	for _, row := range g.rows {
		if row.says != "" && !slices.Contains(says, row.says) && len(says) < 2 {
			says = append(says, row.says)
		}
	}
	return []string{string(g.first.step), g.first.role, outcome, strconv.Itoa(len(g.rows)), g.variants(), strings.ReplaceAll(strings.Join(says, " / "), "|", `\|`)}
}

// variants tells what the rows are of: "put 1–3, get 1–3, plain and gzip".
func (g *group) variants() string {
	var parts []string
	for _, operation := range []string{put, get} {
		for _, way := range []struct {
			name      string
			gzip, tls bool
		}{{"", false, false}, {" gzip", true, false}, {" TLS", false, true}} {
			var versions []string
			for version := 1; version <= 3; version++ {
				if slices.ContainsFunc(g.rows, func(r *row) bool {
					return r.operation == operation && r.gzip == way.gzip && r.tls == way.tls && r.version == version
				}) {
					versions = append(versions, strconv.Itoa(version))
				}
			}
			if versions != nil {
				name := operation + way.name
				parts = append(parts, name+" V"+strings.Join(versions, ","))
			}
		}
	}
	return strings.Join(parts, "; ")
}

func system() string {
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		return "unknown system"
	}
	// The kernel's number alone: what follows names the machine's maker.
	release, _, _ := strings.Cut(unix.ByteSliceToString(name.Release[:]), "-")
	return fmt.Sprintf("%s %s on %s", unix.ByteSliceToString(name.Sysname[:]), release, unix.ByteSliceToString(name.Machine[:]))
}

// table writes a Markdown table.
func table(b *strings.Builder, head []string, rows [][]string) {
	fmt.Fprintf(b, "| %s |\n|%s\n", strings.Join(head, " | "), strings.Repeat("---|", len(head)))
	for _, row := range rows {
		fmt.Fprintf(b, "| %s |\n", strings.Join(row, " | "))
	}
}

// TestReport looks at a report of an explained and an unexplained row.
func TestReport(t *testing.T) {
	good := &row{fault: "kill -9", role: "server", step: middle, version: 3, operation: put, allowed: []string{lostUntouched}, outcome: lostUntouched, says: "a|b"}
	also, bad := *good, *good
	also.version, bad.outcome = 1, "error 3, target TORN, 7 bytes"
	text := report{rows: []*row{good, &also, &bad}}.String()
	for _, want := range []string{
		"**3 faults brought about, 1 unexplained.**",
		"\n## Kill -9\n",
		`| middle of the data | server | error 3, target untouched | 2 | put V1,3 | a\|b |`,
		"| middle of the data | server | **unexplained:** error 3, target TORN, 7 bytes | 1 | put V3 |",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the report lacks %q:\n%s", want, text)
		}
	}
}
