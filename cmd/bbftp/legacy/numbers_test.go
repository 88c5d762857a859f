package legacy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"syscall"
	"testing"

	"bbftp/cmd/bbftp/internal/interrupt"
	"bbftp/engine/auth"
	"bbftp/engine/client"
	"bbftp/engine/command"
	"bbftp/engine/storage"
	"bbftp/engine/wire"
)

func local(err error) error { return &client.LocalError{Op: "open x", Err: err} }

func at(errno syscall.Errno) error { return local(&fs.PathError{Op: "open", Path: "x", Err: errno}) }

func TestDescribe(t *testing.T) {
	refusal := &client.RefusedError{Text: "No such file or directory "}
	listening := &net.OpError{Op: "listen", Err: os.NewSyscallError("bind", syscall.EADDRINUSE)}
	about := subject{name: "NAME", command: "COMMAND"}
	for _, tt := range []struct {
		err    error
		number int
		text   string // "" for that of the error
	}{
		{misusef(20, "no commands"), 20, "no commands"},
		{interrupt.Error{Signal: os.Interrupt}, 33, "Killed by SIGINT"},
		{interrupt.Error{Signal: syscall.SIGTERM}, 34, "Killed by SIGTERM"},
		{fmt.Errorf("%w: %w", errPassword, fs.ErrNotExist), 19, "Error while entering password : file does not exist"},
		{fmt.Errorf("%w: %w", errPassword, interrupt.Error{Signal: syscall.SIGTERM}), 34, "Killed by SIGTERM"},
		{fmt.Errorf("%w: line 1", errStartFile), 1, ""},
		{fmt.Errorf("%w: x", command.ErrUnknown), 25, "Unkown command : NAME"},
		{fmt.Errorf("%w: no such option", command.ErrArguments), 26, "Incorrect command : COMMAND (no such option)"},
		{fmt.Errorf("%w: no path", command.ErrTURL), 26, "Incorrect command : COMMAND (no path)"},
		{&client.VersionError{Op: "rm", Version: 1}, 26, "Incorrect command : COMMAND (rm: version 1 of the protocol can't)"},
		{&client.RequestError{Op: "put", Name: "x", Err: wire.ErrString}, 26, `Incorrect command : COMMAND (put: remote name "x": malformed string)`},
		{client.ErrVersion, 101, "Incompatible deamon and client (no protocol version in common)"},
		{&client.BrokenError{Err: client.ErrVersion}, 101, "Incompatible deamon and client (no protocol version in common)"},
		{refusal, 100, refusal.Text},
		{&client.LoginError{Err: refusal}, 100, refusal.Text},
		{&client.LoginError{Err: auth.ErrTooLong}, 56, "Error reading encrypted message : too long for the login message"},
		{&client.LoginError{Err: errors.New("key of 512 bits")}, 57, "Unkown encryption method : key of 512 bits"},
		{&client.ConnectError{Err: &net.DNSError{IsNotFound: true}}, 17, "Hostname not found (NAME)"},
		{&client.ConnectError{Err: &net.DNSError{IsTemporary: true, Err: "try again", Name: "x"}}, 52, "Cannot connect to control socket: lookup x: try again"},
		{&client.ConnectError{Err: syscall.ECONNREFUSED}, 52, "Cannot connect to control socket: Connection refused"},
		{fmt.Errorf("%w: %w", errShell, &client.ConnectError{Err: &exec.Error{Name: "ssh", Err: exec.ErrNotFound}}), 46, ""},
		{fmt.Errorf("%w: %w", errShell, at(syscall.ENOENT)), 46, "Error while execvp ssh command (NAME) : No such file or directory"},
		{fmt.Errorf("%w: %w", errShell, &client.LoginError{Err: errors.New("hello")}), 62, "Unknown message while waiting for MSG_LOGGED_STDIN message : hello"},
		{fmt.Errorf("%w: %w", errLogin, &client.BrokenError{Err: io.EOF}), 59, "Error reading login message answer : EOF"},
		{fmt.Errorf("%w: %w", errLocalDir, at(syscall.ENOENT)), 71, "Error changing directory NAME (No such file or directory)"},
		{fmt.Errorf("%w: %w", errPattern, at(syscall.EACCES)), 86, "opendir NAME failed : Permission denied"},
		{at(syscall.ENOENT), 72, "Error stating file NAME : No such file or directory"},
		{at(syscall.EACCES), 72, "Error stating file NAME : Permission denied"},
		{local(storage.ErrIsDirectory), 73, "File NAME is a directory"},
		{at(syscall.ENOTDIR), 76, "File NAME is not a directory"},
		{fmt.Errorf("%w: %w", errTarget, at(syscall.ENOENT)), 75, ""},
		{fmt.Errorf("%w: %w", errTarget, at(syscall.EACCES)), 77, "File NAME creation error : Permission denied"},
		{fmt.Errorf("%w: %w", errTarget, at(syscall.EROFS)), 77, "File NAME creation error : Read-only file system"},
		{at(syscall.ENOSPC), 79, "Error writing file NAME : No space left on device"},
		{at(syscall.EDQUOT), 79, ""},
		{local(storage.ErrTooLarge), 79, ""},
		{fmt.Errorf("%w: %w", errTarget, at(syscall.EIO)), 79, "Error writing file NAME : Input/output error"},
		{at(syscall.EIO), 72, "Error reading file NAME : Input/output error"},
		{local(listening), 95, "Cannot bind on data socket : Address already in use"},
		{local(&net.OpError{Op: "listen", Err: syscall.EMFILE}), 97, "Cannot listen on data socket : Too many open files"},
		{&client.BrokenError{Err: &net.OpError{Op: "write", Err: syscall.EPIPE}}, 64, ""},
		{&client.BrokenError{Err: io.EOF}, 61, ""},
		{&client.BrokenError{Err: os.ErrDeadlineExceeded}, 61, ""},
		{&client.BrokenError{Err: wire.ErrLength}, 63, ""},
		{&client.BrokenError{Err: errors.New("MSG_OK as answer to MSG_STAT")}, 62, ""},
		{errors.Join(interrupt.Error{Signal: os.Interrupt}, &client.BrokenError{Err: net.ErrClosed}), 33, ""},
		{context.Canceled, 33, ""},
		{errors.New("data stream 2: cut"), 37, "data stream 2: cut"},
	} {
		for _, err := range []error{tt.err, &client.ExhaustedError{Tries: 5, Err: tt.err}} {
			got := describe(err, about)
			if got.number != tt.number {
				t.Errorf("%v has number %d, want %d", err, got.number, tt.number)
			}
			if tt.text != "" && got.text != tt.text {
				t.Errorf("%v is worded %q, want %q", err, got.text, tt.text)
			}
		}
	}
}

func TestDescribeWarning(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want failure
	}{
		{client.CompressionRefused{}, failure{27, "The server cannot handle compression: option ignored"}},
		{client.StreamsLimited{Wanted: 25, Granted: 12, Why: "a server of release 3.2.1"}, failure{29, "12 data streams instead of 25: a server of release 3.2.1"}},
		{&client.VersionError{Op: "setremoteumask", Version: 1}, failure{30, "setremoteumask: version 1 of the protocol can't"}},
		{client.ServerInfo{Text: "going down"}, failure{100, "going down"}},
		{errors.New("else"), failure{100, "else"}},
	} {
		if got := describeWarning(tt.err); got != tt.want {
			t.Errorf("%v gives %+v", tt.err, got)
		}
	}
}

// TestNumbersAreExplained: every number that this package names is in a table,
// and the help shows exactly the tables.
func TestNumbersAreExplained(t *testing.T) {
	known := map[int]bool{}
	var shown []string
	for _, n := range append(Errors(), Warnings()...) {
		if n.Meaning == "" || n.Number < 1 || n.Number > 255 {
			t.Errorf("number %d: meaning %q", n.Number, n.Meaning)
		}
		known[n.Number] = true
		shown = append(shown, fmt.Sprintf("  %3d  %s\n", n.Number, n.Meaning))
	}
	for _, line := range shown {
		if !regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(line)).MatchString(usage()) {
			t.Errorf("the help lacks %q", line)
		}
	}
	if found := regexp.MustCompile(`(?m)^ +\d+  `).FindAllString(usage(), -1); len(found) != len(shown) {
		t.Errorf("the help explains %d numbers, the tables %d", len(found), len(shown))
	}
	named := regexp.MustCompile(`misusef\((\d+),|misuse\{(\d+),`)
	sources, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range sources {
		text, err := os.ReadFile(file.Name())
		if err != nil {
			continue // a directory
		}
		for _, match := range named.FindAllSubmatch(text, -1) {
			n, _ := strconv.Atoi(string(match[1]) + string(match[2]))
			if !known[n] {
				t.Errorf("%s: number %d is in no table", file.Name(), n)
			}
		}
	}
}
