package modern

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"bbftp/cmd/bbftp/internal/interrupt"
	"bbftp/engine/client"
)

// here makes a working directory with files and directories (a slash at the
// end).
func here(t *testing.T, names ...string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for _, name := range names {
		if dir, ok := strings.CutSuffix(name, "/"); ok {
			if err := os.MkdirAll(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte("12345"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestPutTargets(t *testing.T) {
	here(t, "a", "b", "sub/a")
	for _, tt := range []struct {
		line   string
		asked  []string
		status int
		said   string
	}{
		{"a h:", []string{"put a a"}, 0, ""},
		{"a h:dir/", []string{"put a dir/a"}, 0, ""},
		{"a h:new/", []string{"put a new/a"}, 0, ""},
		{"a h:.", []string{"put a ./a"}, 0, ""},
		{"a h:dir", []string{"stat dir", "put a dir/a"}, 0, ""},
		{"a h:c", []string{"stat c", "put a c"}, 0, ""},
		{"a h:file", []string{"stat file", "put a file"}, 0, ""},
		{"sub/a h:/", []string{"put sub/a /a"}, 0, ""},
		{"a b h:dir", []string{"stat dir", "put a dir/a", "put b dir/b"}, 0, ""},
		{"a b h:dir/x", []string{"stat dir/x"}, 1, "bbftp: put: dir/x is not a directory on the server; written dir/x/"},
		{"a b h:file", []string{"stat file"}, 1, "file is not a directory"},
		{"a sub/a h:dir/", []string{"put a dir/a"}, 1, "bbftp: put sub/a: not copied over the other file"},
		{"a b bbftp://h//x/", []string{"put a /x/a", "put b /x/b"}, 0, ""},
		{"nix h:", nil, 1, "bbftp: put nix: no such file or directory\n"},
		{"sub h:", nil, 1, "bbftp: put sub: is a directory"},
		{"nix a h:dir", []string{"stat dir", "put a dir/a"}, 1, "bbftp: put: 1 done, 1 failed"},
		{"nix a h:new", []string{"stat new"}, 1, "new is not a directory"},
		{"h:a h:b", nil, 2, "h:a is on a server: put copies local files, and a local h:a is written ./h:a\n"},
		{"bbftp://h/a h:b", nil, 2, "bbftp://h/a is on a server: put copies local files\n"},
		{"a b", nil, 2, "names no server"},
	} {
		f := &fakeServer{names: []string{"dir/", "file"}}
		status, _, stderr := try(t.Context(), t, f, append([]string{"put"}, strings.Fields(tt.line)...)...)
		if status != tt.status || !slices.Equal(f.asked, tt.asked) || !strings.Contains(stderr, tt.said) {
			t.Errorf("put %s: exit status %d, asked %q, said %s", tt.line, status, f.asked, stderr)
		}
	}
}

// TestPutGuesses asks only where a server that notices directories in time has
// refused.
func TestPutGuesses(t *testing.T) {
	here(t, "a", "b")
	for _, tt := range []struct {
		line   string
		asked  []string
		status int
	}{
		{"a h:c", []string{"put a c"}, 0},
		{"a h:dir", []string{"put a dir", "stat dir", "put a dir/a"}, 0},
		{"a h:dir/", []string{"put a dir/a"}, 0},
		{"a h:file", []string{"put a file", "stat file"}, exitRefused},
		{"a b h:dir", []string{"stat dir", "put a dir/a", "put b dir/b"}, 0},
	} {
		f := &fakeServer{names: []string{"dir/", "file"}, refuses: true, fail: map[string]error{
			"put a dir": refusal("dir is a directory"), "put a file": refusal("not yours"),
		}}
		status, _, stderr := try(t.Context(), t, f, append([]string{"put"}, strings.Fields(tt.line)...)...)
		if status != tt.status || !slices.Equal(f.asked, tt.asked) {
			t.Errorf("put %s: exit status %d, asked %q, said %s", tt.line, status, f.asked, stderr)
		}
	}
}

// TestPutTargetV1 finds a directory without stat.
func TestPutTargetV1(t *testing.T) {
	here(t, "a")
	for dst, want := range map[string]string{"h:dir": "put a dir/a", "h:file": "put a file"} {
		f := &fakeServer{names: []string{"dir/", "file"}, v1: true}
		if status, _, stderr := try(t.Context(), t, f, "put", "a", dst); status != 0 || !slices.Contains(f.asked, want) {
			t.Errorf("%s: exit status %d, asked %q, said %s", dst, status, f.asked, stderr)
		}
	}
}

func TestGetTargets(t *testing.T) {
	here(t, "dir/", "file")
	for _, tt := range []struct {
		line   string
		asked  []string
		status int
		said   string
	}{
		{"h:a .", []string{"get a ./a"}, 0, ""},
		{"h:a dir", []string{"get a dir/a"}, 0, ""},
		{"h:sub/c new/", []string{"get sub/c new/c"}, 0, ""},
		{"h:a file", []string{"get a file"}, 0, ""},
		{"h:a c", []string{"get a c"}, 0, ""},
		{"h:a h:b dir", []string{"get a dir/a", "get b dir/b"}, 0, ""},
		{"h:* dir", []string{"list *", "get a dir/a", "get b dir/b"}, 0, ""},
		{"h:.* dir", []string{"list .*", "get .rc dir/.rc"}, 0, ""},
		{`h:\.r* dir`, []string{`list \.r*`, "get .rc dir/.rc"}, 0, ""},
		{"h:?rc dir", []string{"list ?rc"}, 1, "nothing matches"},
		{"h:sub/c* h:b dir", []string{"list sub/c*", "get sub/c dir/c", "get b dir/b"}, 0, ""},
		{"h:a h:b c", nil, 1, "bbftp: get: c does not exist; written c/"},
		{"h:a h:b file", nil, 1, "file is not a directory"},
		{"h:a* file", nil, 1, "file is not a directory"},
		{"h:x* dir", []string{"list x*"}, 1, "bbftp: get x*: nothing matches"},
		{"h:sub/ dir", nil, 1, "bbftp: get sub/: is a directory"},
		{"h:nix dir", []string{"get nix dir/nix"}, 5, "bbftp: get nix: No such file\n"},
		{"h:nix h:a dir", []string{"get nix dir/nix", "get a dir/a"}, 1, "bbftp: get: 1 done, 1 failed"},
		{"h:a h:sub/a dir", []string{"get a dir/a"}, 1, "not copied over the other file"},
		{"h:a i:b dir", nil, 2, "one server at a time"},
		{"h:a h:dir/", nil, 2, "h:dir/ is on a server: get copies to this machine, and a local h:dir/ is written ./h:dir/\n"},
		{"h:a bbftp://h/dir/", nil, 2, "bbftp://h/dir/ is on a server: get copies to this machine\n"},
		{"a dir", nil, 2, "names no server"},
	} {
		f := &fakeServer{names: []string{".rc", "a", "b", "sub/", "sub/c"}}
		status, _, stderr := try(t.Context(), t, f, append([]string{"get"}, strings.Fields(tt.line)...)...)
		if status != tt.status || !slices.Equal(f.asked, tt.asked) || !strings.Contains(stderr, tt.said) {
			t.Errorf("get %s: exit status %d, asked %q, said %s", tt.line, status, f.asked, stderr)
		}
	}
}

func TestLines(t *testing.T) {
	here(t, "a", "b")
	f := &fakeServer{fail: map[string]error{"put b b": refusal("bad \x1b[2J")}}
	status, stdout, stderr := try(t.Context(), t, f, "put", "a", "b", "h:")
	if status != exitSome || stdout != "a  1.0 kB  1.00 s  0.0 MB/s  0.000 Gbit/s\n" {
		t.Errorf("exit status %d, %q", status, stdout)
	}
	if stderr != "bbftp: put b: bad ?[2J\nbbftp: put: 1 done, 1 failed\n" {
		t.Errorf("%q", stderr)
	}
	status, stdout, stderr = try(t.Context(), t, &fakeServer{}, "put", "--quiet", "a", "b", "h:")
	if status != exitDone || stdout != "" || stderr != "" {
		t.Errorf("--quiet: exit status %d, %q, %q", status, stdout, stderr)
	}
}

func TestUnreachable(t *testing.T) {
	here(t, "a", "b")
	status, stdout, stderr := try(t.Context(), t, nil, "put", "a", "b", "h:")
	if status != exitLost || stdout != "" || stderr != "bbftp: put h: connection refused\nbbftp: put: 0 done, 0 failed, 2 not tried\n" {
		t.Errorf("exit status %d, %q, %q", status, stdout, stderr)
	}
}

// TestStops ends a run in its middle, when no session can be had any more and
// when the user wants it to end.
func TestStops(t *testing.T) {
	here(t, "a", "b", "c")
	lost := &client.SessionError{Err: &client.ConnectError{Err: syscall.ECONNREFUSED}}
	f := &fakeServer{fail: map[string]error{"put b b": lost}}
	status, _, stderr := try(t.Context(), t, f, "put", "a", "b", "c", "h:")
	if status != exitLost || len(f.asked) != 2 || !strings.HasSuffix(stderr, "1 done, 1 failed, 1 not tried\n") {
		t.Errorf("exit status %d, asked %q, %s", status, f.asked, stderr)
	}
	for signal, want := range map[os.Signal]int{os.Interrupt: exitInterrupted, syscall.SIGTERM: exitTerminated} {
		ctx, cancel := context.WithCancelCause(t.Context())
		killed := interrupt.Error{Signal: signal}
		f := &fakeServer{fail: map[string]error{"put b b": killed}}
		f.before = func(question string) {
			if question == "put b b" {
				cancel(killed)
			}
		}
		if status, _, _ := try(ctx, t, f, "put", "a", "b", "c", "h:"); status != want || len(f.asked) != 2 {
			t.Errorf("%v: exit status %d, asked %q", signal, status, f.asked)
		}
		cancel(nil)
	}
}
