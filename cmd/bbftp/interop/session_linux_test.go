package interop

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// outcome is what became of a batch.
type outcome struct {
	batch
	files, differ int
	mode, times   tally
	carried       []int // streams, as the client told
	failures      []string
}

// tally counts files that kept an attribute.
type tally struct{ kept, of int }

func (t *tally) add(kept bool) {
	t.of++
	if kept {
		t.kept++
	}
}

func (o *outcome) fail(format string, args ...any) {
	o.failures = append(o.failures, fmt.Sprintf(format, args...))
}

// session runs a batch and looks at what arrived.
func (a *arena) session(t *testing.T, b batch) outcome {
	o := outcome{batch: b}
	here, there := a.mkdir(t, a.Work), a.mkdir(t, a.home())
	if err := os.Chown(there, accountID, accountID); err != nil {
		t.Fatal(err)
	}
	from, to := a.home(), filepath.Base(there) // of a put
	arrived := there
	if !b.puts() {
		from, to, arrived = "", here, here
	}
	cmd := a.command(b.client, errand{
		port: b.server.port(b.version), version: b.version, streams: b.streams, gzip: b.gzip,
		script: b.script(from, to),
	})
	limit := 5 * time.Minute
	if b.large {
		limit = 10 * time.Minute
	}
	stdout, stderr, err := finish(cmd, limit)
	if err != nil {
		o.fail("the client: %v; %s", err, said(stderr))
	}
	o.judge(stdout)
	for _, size := range b.sizes {
		o.examine(filepath.Join(arrived, filepath.Base(sourceName(size))), a.sources.sums[sourceName(size)])
	}
	o.leftovers(arrived)
	return o
}

// mkdir makes a directory that is gone, with its large files, as soon as the
// batch is over.
func (a *arena) mkdir(t *testing.T, parent string) string {
	dir, err := os.MkdirTemp(parent, "batch")
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// smallBuffer (KiB) is the buffer of a stream for which even the small file
// has enough pieces to use all streams (wire.md 6.2).
const smallBuffer = 2

// script makes the commands: from and to are directories.
func (b batch) script(from, to string) string {
	var lines []string
	if !b.large && b.version > 1 {
		lines = append(lines, fmt.Sprintf("setbuffersize %d", smallBuffer))
	}
	if strings.HasPrefix(b.operation, "m") {
		pattern := filepath.Join(from, sourceDir(b.large), "f*")
		return strings.Join(append(lines, fmt.Sprintf("%s %s %s", b.operation, pattern, to)), ";")
	}
	for _, size := range b.sizes {
		name := filepath.Join(from, sourceName(size))
		lines = append(lines, fmt.Sprintf("%s %s %s", b.operation, name, filepath.Join(to, filepath.Base(name))))
	}
	return strings.Join(lines, ";")
}

// figures matches a line of -m: operation, bytes, seconds, buffer, windows,
// streams, framing. The prompt for the password does not end its line.
var figures = regexp.MustCompile(`(?m)^(?:Password: )?(put|get) (\d+) \S+ \d+ \d+ \d+ (\d+) (gzip|nogzip)$`)

// judge reads what the client says about streams and framing of the files that
// are large enough for all streams.
func (o *outcome) judge(stdout string) {
	told := 0
	for _, line := range figures.FindAllStringSubmatch(stdout, -1) {
		if size, err := strconv.ParseInt(line[2], 10, 64); err != nil || size < 2 {
			continue
		}
		told++
		if !strings.HasSuffix(o.operation, line[1]) || (line[4] == "gzip") != o.gzip {
			o.fail("the client says %q", line[0])
		}
		streams, _ := strconv.Atoi(line[3])
		if streams != o.carry() {
			o.fail("the client used %d streams, want %d", streams, o.carry())
		}
		if !slices.Contains(o.carried, streams) {
			o.carried = append(o.carried, streams)
		}
	}
	want := 0
	for _, size := range o.sizes {
		if size > 1 {
			want++
		}
	}
	if told != want {
		o.fail("the client told of %d files, want %d: %s", told, want, said(stdout))
	}
}

// examine compares one file that arrived: content, and what else is promised.
func (o *outcome) examine(path, want string) {
	o.files++
	name := filepath.Base(path)
	info, err := os.Stat(path) // before the content is read
	if err != nil {
		o.differ++
		o.fail("%s did not arrive: %v", name, err)
		return
	}
	sum, err := hash(path)
	if err != nil || sum != want {
		o.differ++
		o.fail("%s, %d bytes, has SHA-256 %s, want %s: %v", name, info.Size(), sum, want, err)
	}
	if o.version == 1 {
		return // carries neither
	}
	o.mode.add(info.Mode() == sourceMode)
	if info.Mode() != sourceMode {
		o.fail("%s has mode %v, want %v", name, info.Mode(), fs.FileMode(sourceMode))
	}
	read, changed := times(info)
	kept := read == sourceRead.Unix() && changed == sourceChanged.Unix()
	o.times.add(kept)
	switch {
	case o.puts() && o.server.halvesTimes():
		kept = halfKept(path, read, sourceRead) && halfKept(path, changed, sourceChanged)
	case !o.puts() && o.client.legacy:
		kept = true // it leaves the times of what it gets alone (wire.md 11.27)
	}
	if !kept {
		o.fail("%s was read at %d and changed at %d, want %d and %d", name, read, changed, sourceRead.Unix(), sourceChanged.Unix())
	}
}

// times returns when a file was read and changed, in seconds since 1970.
func times(info fs.FileInfo) (read, changed int64) {
	raw := info.Sys().(*syscall.Stat_t)
	read, _ = raw.Atim.Unix()
	changed, _ = raw.Mtim.Unix()
	return read, changed
}

// halvesTimes tells that this server reads a time into the lower half of a
// 64-bit variable and leaves the upper half to chance.
func (s server) halvesTimes() bool { return s.is321() && strconv.IntSize == 64 }

// halfKept tells whether a time has the lower half of the source's. One that its
// file system can't keep has become the first or the last that it can.
func halfKept(path string, got int64, source time.Time) bool {
	if int32(got) == int32(source.Unix()) {
		return true
	}
	far := int64(1) << 40
	if got < 0 {
		far = -far
	}
	beyond, err := unix.TimeToTimespec(time.Unix(far, 0))
	if err != nil {
		return false
	}
	if err := unix.UtimesNanoAt(unix.AT_FDCWD, path, []unix.Timespec{beyond, beyond}, 0); err != nil {
		return false
	}
	info, err := os.Stat(path)
	if err != nil {
		return false
	}
	limit, _ := times(info)
	return got == limit
}

// leftovers finds files that should not be there, such as temporary ones.
func (o *outcome) leftovers(dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		o.fail("%v", err)
	}
	for _, e := range entries {
		known := slices.ContainsFunc(o.sizes, func(size int64) bool { return filepath.Base(sourceName(size)) == e.Name() })
		if !known {
			o.fail("%s was left behind", e.Name())
		}
	}
}

// said shortens what a program wrote.
func said(text string) string {
	return strconv.Quote(text[:min(len(text), 600)])
}
