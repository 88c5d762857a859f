package programtest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/rogpeppe/go-internal/testscript"

	"bbftp/bench/payload"
)

func save(ts *testscript.TestScript, _ bool, args []string) {
	usage(ts, args, 3, "save VARIABLE FILE PATTERN")
	match := awaited(ts, args[1], args[2])
	if len(match) < 2 {
		ts.Fatalf("%q has no group", args[2])
	}
	ts.Setenv(args[0], match[1])
}

func appears(ts *testscript.TestScript, _ bool, args []string) {
	usage(ts, args, 2, "appears FILE PATTERN")
	awaited(ts, args[0], args[1])
}

// awaited waits until a file has what matches pattern, and returns the match with its
// groups: who writes it may do so beside what the script waits for.
func awaited(ts *testscript.TestScript, file, pattern string) []string {
	re, err := regexp.Compile("(?m)" + pattern)
	ts.Check(err)
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		if match := re.FindStringSubmatch(content(ts, file)); match != nil {
			return match
		}
		if time.Now().After(deadline) {
			ts.Fatalf("%s has nothing like %q", file, pattern)
		}
	}
}

// content is that of a file, which may not be there yet, or an output of the last command.
func content(ts *testscript.TestScript, file string) string {
	if file == "stdout" || file == "stderr" {
		return ts.ReadFile(file)
	}
	b, err := os.ReadFile(ts.MkAbs(file))
	if !errors.Is(err, fs.ErrNotExist) {
		ts.Check(err)
	}
	return string(b)
}

func unescape(ts *testscript.TestScript, _ bool, args []string) {
	usage(ts, args, 2, "unescape VARIABLE TEXT")
	text, err := strconv.Unquote(`"` + args[1] + `"`)
	ts.Check(err)
	ts.Setenv(args[0], text)
}

func dialogue(ts *testscript.TestScript, _ bool, args []string) {
	usage(ts, args, 2, "dialogue FILE LINE...")
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.Join(args[1:], "\n")+"\n"), 0o600))
}

func size(ts *testscript.TestScript, text string) int64 {
	n, err := humanize.ParseBytes(text)
	ts.Check(err)
	return int64(n)
}

func generate(ts *testscript.TestScript, _ bool, args []string) {
	usage(ts, args, 2, "generate FILE SIZE")
	ts.Check(payload.Write(ts.MkAbs(args[0]), payload.Mixed, size(ts, args[1]), 1))
}

func sparse(ts *testscript.TestScript, _ bool, args []string) {
	usage(ts, args, 2, "sparse FILE SIZE")
	f, err := os.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	ts.Check(errors.Join(f.Truncate(size(ts, args[1])), f.Close()))
}

func same(ts *testscript.TestScript, _ bool, args []string) {
	usage(ts, args, 2, "same FILE FILE")
	ts.Check(payload.Same(ts.MkAbs(args[0]), ts.MkAbs(args[1])))
}

func entries(ts *testscript.TestScript, _ bool, args []string) {
	usage(ts, args, 1, "entries DIRECTORY [NAME...]")
	want := slices.Sorted(slices.Values(args[1:]))
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		found, err := os.ReadDir(ts.MkAbs(args[0]))
		ts.Check(err)
		var names []string
		for _, entry := range found {
			names = append(names, entry.Name())
		}
		if slices.Equal(names, want) {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("%s holds %q, want %q", args[0], names, want)
		}
	}
}

func mode(ts *testscript.TestScript, _ bool, args []string) {
	usage(ts, args, 2, "mode FILE MODE")
	if got := fmt.Sprintf("%o", stat(ts, args[0]).Mode().Perm()); got != args[1] {
		ts.Fatalf("%s has mode %s, want %s", args[0], got, args[1])
	}
}

func owner(ts *testscript.TestScript, _ bool, args []string) {
	usage(ts, args, 2, "owner FILE USER")
	want, err := user.Lookup(args[1])
	ts.Check(err)
	got := stat(ts, args[0]).Sys().(*syscall.Stat_t)
	if fmt.Sprint(got.Uid) != want.Uid || fmt.Sprint(got.Gid) != want.Gid {
		ts.Fatalf("%s belongs to %d:%d, want %s:%s", args[0], got.Uid, got.Gid, want.Uid, want.Gid)
	}
}

func stat(ts *testscript.TestScript, name string) fs.FileInfo {
	info, err := os.Stat(ts.MkAbs(name))
	ts.Check(err)
	return info
}
