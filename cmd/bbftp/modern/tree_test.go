package modern

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"bbftp/cmd/bbftp/internal/interrupt"
	"bbftp/engine/client"
	"bbftp/engine/wire"
)

// asks checks what a command line asked of f.
func asks(t *testing.T, f *fakeServer, line string, status int, said string, asked ...string) {
	t.Helper()
	got, _, stderr := try(t.Context(), t, f, strings.Fields(line)...)
	if got != status || !slices.Equal(f.asked, asked) || !strings.Contains(stderr, said) {
		t.Errorf("%s: exit status %d, asked %q, said %s", line, got, f.asked, stderr)
	}
}

// hereTree is [here] with directories of mode 0755, whatever the umask.
func hereTree(t *testing.T, names ...string) {
	t.Helper()
	here(t, names...)
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		return os.Chmod(name, 0o755)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestPutTree(t *testing.T) {
	hereTree(t, "t/b", "t/a", "t/sub/x", "t/sub/deep/y", "t/empty/", "u/z", "file", "open/")
	for dir, mode := range map[string]fs.FileMode{"t/sub": 0o750, "t/sub/deep": 0o555, "u": 0o700, "open": 0o777} {
		if err := os.Chmod(dir, mode); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { _ = os.Chmod("t/sub/deep", 0o755) })
	names := []string{"dir/", "there"}
	tree := func(root string) []string {
		return []string{
			"umask 022", "mkdir " + root, "put t/a " + root + "/a", "put t/b " + root + "/b",
			"mkdir " + root + "/empty",
			"umask 027", "mkdir " + root + "/sub", "put t/sub/x " + root + "/sub/x",
			"umask 022", "mkdir " + root + "/sub/deep", "put t/sub/deep/y " + root + "/sub/deep/y",
		}
	}
	with := func(first []string, lists ...[]string) []string {
		return slices.Concat(append([][]string{first}, lists...)...)
	}
	for _, tt := range []struct {
		line  string
		asked []string
	}{
		{"t h:dir", with([]string{"stat dir", "confine t"}, tree("dir/t"))},
		{"t/ h:dir", with([]string{"stat dir", "confine t/"}, tree("dir/t"))},
		{"t h:", with([]string{"confine t"}, tree("t"))},
		{"t h:new", with([]string{"stat new", "confine t"}, tree("new"))},
		{"t h:a/new", with([]string{"stat a/new", "confine t", "mkdir a"}, tree("a/new"))},
		{"t h:new/", with([]string{"confine t", "mkdir new"}, tree("new/t"))},
		{"t h:new//./", with([]string{"confine t", "mkdir new"}, tree("new//./t"))},
		{"t h:link/../new", with([]string{"stat link/../new", "confine t"}, tree("link/../new"))},
		{"t h:link/../a/new", with([]string{"stat link/../a/new", "confine t", "mkdir link/../a"}, tree("link/../a/new"))},
		{"u open file t h:dir", with(
			[]string{
				"stat dir", "confine u", "umask 077", "mkdir dir/u", "put u/z dir/u/z",
				"confine open", "umask 000", "mkdir dir/open", "umask 077", "confine ", "put file dir/file", "confine t",
			},
			tree("dir/t"),
		)},
		{"t h:/", with([]string{"confine t"}, tree("/t"))},
		{"u file t h:dir", with(
			[]string{"stat dir", "confine u", "umask 077", "mkdir dir/u", "put u/z dir/u/z", "confine ", "put file dir/file", "confine t"},
			tree("dir/t"),
		)},
		{"u/. h:dir", []string{"stat dir", "confine u/.", "umask 077", "mkdir dir", "put u/./z dir/z"}},
		{"u/. h:", []string{"confine u/.", "umask 077", "put u/./z z"}},
		{"--no-mode u h:dir", []string{"stat dir", "confine u", "mkdir dir/u", "put u/z dir/u/z"}},
		{"--no-mkdir u h:new/", []string{"confine u", "umask 077", "mkdir new/u", "put u/z new/u/z"}},
		{"-n t h:new/", []string{"confine t", "stat new/t"}},
		{"-n u/. h:", []string{"confine u/.", "stat .", "put u/./z z"}},
		{"-n u/. h:dir", []string{"stat dir", "confine u/.", "stat dir", "put u/./z dir/z"}},
		{"file h:new", []string{"stat new", "put file new"}},
	} {
		f := &fakeServer{names: names}
		asks(t, f, "put -r "+tt.line, 0, "", tt.asked...)
	}
	asks(t, &fakeServer{names: names}, "put -r t u h:new", 1, "new is not a directory on the server; written new/", "stat new")
	asks(t, &fakeServer{}, "put -r t/. u h:dir/", exitUsage, "t/. has no name of its own")
	asks(t, &fakeServer{}, "put t h:dir/", exitSome, "put t: is a directory: --recursive")
	asks(t, &fakeServer{}, "put -r u/.. h:dir/", exitSome, `".." is no name to copy to`)
}

// TestPutTreeV1 has directories that are there refused, and no umask.
func TestPutTreeV1(t *testing.T) {
	hereTree(t, "t/a", "t/sub/b")
	asks(t, &fakeServer{v1: true}, "put -r t/sub/. h:[d]?r", 0, "",
		"stat [d]?r", `list \[d]\?r/.`, "confine t/sub/.", "mkdir [d]?r", "put t/sub/./b [d]?r/b")
	f := &fakeServer{v1: true, names: []string{"dir/", "dir/t/"}, fail: map[string]error{"mkdir dir/t": refusal("File exists")}}
	asks(t, f, "put -r t h:dir", 0, "",
		"stat dir", "list dir/.", "confine t", "mkdir dir/t", "stat dir/t", "list dir/t/.",
		"put t/a dir/t/a", "mkdir dir/t/sub", "put t/sub/b dir/t/sub/b")
}

// TestPutTreeFails has one directory refused, one file, and no umask.
func TestPutTreeFails(t *testing.T) {
	hereTree(t, "t/a", "t/no/b", "t/no/in/c", "t/not", "t/z/d")
	f := &fakeServer{fail: map[string]error{
		"mkdir t/no": refusal("no room"), "put t/not t/not": refusal("no file"), "umask 022": refusal("no umask"),
	}}
	asks(t, f, "put -r t h:", 1, "bbftp: put: 2 done, 2 failed, 2 not tried\n",
		"confine t", "umask 022", "mkdir t", "put t/a t/a", "put t/not t/not",
		"mkdir t/no", "stat t/no", "mkdir t/z", "put t/z/d t/z/d")

	lost := &client.SessionError{Err: &client.ConnectError{Err: syscall.ECONNREFUSED}}
	for _, failing := range []string{"umask 022", "mkdir t", "confine t"} {
		f := &fakeServer{fail: map[string]error{failing: lost}}
		status, _, stderr := try(t.Context(), t, f, "put", "-r", "t", "h:")
		if status != exitLost || f.asked[len(f.asked)-1] != failing || !strings.HasSuffix(stderr, "0 done, 1 failed, 5 not tried\n") {
			t.Errorf("%s: exit status %d, asked %q, %s", failing, status, f.asked, stderr)
		}
	}
	asks(t, &fakeServer{fail: map[string]error{"put t/a t/a": lost}}, "put -r t h:", exitLost, "0 done, 1 failed, 4 not tried\n",
		"confine t", "umask 022", "mkdir t", "put t/a t/a")
}

func TestPutTreeLeavesOut(t *testing.T) {
	hereTree(t, "t/a", "t/sub/b", "out")
	for name, to := range map[string]string{"near": "sub/b", "dir": "sub", "away": "../out", "root": "/etc/passwd", "gone": "nix", "self": "self"} {
		if err := os.Symlink(to, filepath.Join("t", name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo("t/fifo", 0o600); err != nil {
		t.Fatal(err)
	}
	f := &fakeServer{}
	status, stdout, _ := try(t.Context(), t, f, "put", "-r", "--json", "t", "h:")
	want := []string{
		"confine t", "umask 022", "mkdir t", "put t/a t/a", "put t/near t/near", "mkdir t/sub", "put t/sub/b t/sub/b",
	}
	if status != exitSome || !slices.Equal(f.asked, want) {
		t.Errorf("exit status %d, asked %q", status, f.asked)
	}
	for name, why := range map[string]leftOut{
		"dir": linkToFolder, "away": linkAway, "root": linkAway, "gone": linkAway, "self": linkAway, "fifo": "named pipe",
	} {
		event := fmt.Sprintf(`{"event":"file","op":"put","object":"t/%s","ok":false,"left_out":true,"error":"put t/%s: %s"}`, name, name, why.Error())
		if !strings.Contains(stdout, event+"\n") {
			t.Errorf("no %s in\n%s", event, stdout)
		}
	}
	if !strings.Contains(stdout, `{"event":"start","op":"put","files":3,"bytes":15}`) || !strings.Contains(stdout, `"done":3,"failed":0,"skipped":6,`) {
		t.Error(stdout)
	}
}

// TestPutTreeInterrupted ends before anybody is asked for a password.
func TestPutTreeInterrupted(t *testing.T) {
	hereTree(t, "t/a")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(interrupt.Error{Signal: syscall.SIGTERM})
	f := &fakeServer{}
	if status, _, stderr := try(ctx, t, f, "put", "-r", "t", "h:"); status != exitTerminated || len(f.asked) > 0 {
		t.Errorf("exit status %d, asked %q, %s", status, f.asked, stderr)
	}
}

func TestGetTree(t *testing.T) {
	here(t, "dir/", "there")
	names := []string{"t/", "t/b", "t/.a", "t/sub/", "t/sub/x", "t/sub/deep/", "t/empty/", "file", "pat/", "pat/.h/", "pat/f", "pat/d/", "pat/d/y"}
	listing := func(top string) []string {
		return []string{
			"list " + top + "/*", "stat " + top + "/empty", "list " + top + "/empty/*",
			"stat " + top + "/sub", "list " + top + "/sub/*", "stat " + top + "/sub/deep", "list " + top + "/sub/deep/*",
		}
	}
	files := func(root string) []string {
		return []string{
			"get t/.a " + root + "/.a", "get t/b " + root + "/b",
			"mkdirlocal " + root + "/empty 750", "mkdirlocal " + root + "/sub 750", "get t/sub/x " + root + "/sub/x", "mkdirlocal " + root + "/sub/deep 750",
		}
	}
	for _, tt := range []struct {
		line  string
		asked []string
	}{
		{"h:t dir", slices.Concat([]string{"stat t"}, listing("t"), []string{"mkdirlocal dir 755", "confine dir", "mkdirlocal dir/t 750"}, files("dir/t"))},
		{"h:t ./new", slices.Concat([]string{"stat t"}, listing("t"), []string{"mkdirlocal . 755", "mkdirlocal ./new 750", "confine ./new"}, files("./new"))},
		{"h:pat/d link/../x/new", []string{
			"stat pat/d", "list pat/d/*",
			"mkdirlocal link/../x 755", "mkdirlocal link/../x/new 750", "confine link/../x/new", "get pat/d/y link/../x/new/y",
		}},
		{"h:pat/d new", []string{"stat pat/d", "list pat/d/*", "mkdirlocal . 755", "mkdirlocal new 750", "confine new", "get pat/d/y new/y"}},
		{"h:t/sub .", []string{
			"stat t/sub", "list t/sub/*", "stat t/sub/deep", "list t/sub/deep/*",
			"mkdirlocal . 755", "confine .", "mkdirlocal ./sub 750", "get t/sub/x ./sub/x", "mkdirlocal ./sub/deep 750",
		}},
		{"h:pat/d/. new/", []string{"stat pat/d/.", "list pat/d/./*", "mkdirlocal new/ 755", "confine new/", "get pat/d/./y new/y"}},
		{"h:file new", []string{"stat file", "get file new"}},
		{"h:file h:pat/d new/", []string{
			"stat file", "stat pat/d", "list pat/d/*",
			"mkdirlocal new/ 755", "confine new/", "get file new/file", "mkdirlocal new/d 750", "get pat/d/y new/d/y",
		}},
		{"h:pat/* dir", []string{
			"list pat/*", "stat pat/d", "list pat/d/*",
			"mkdirlocal dir 755", "confine dir", "mkdirlocal dir/d 750", "get pat/d/y dir/d/y", "get pat/f dir/f",
		}},
		{"--no-mode h:pat/d dir", []string{
			"stat pat/d", "list pat/d/*", "mkdirlocal dir 755", "confine dir", "mkdirlocal dir/d 755", "get pat/d/y dir/d/y",
		}},
		{"--no-mkdir h:pat/d new/", []string{"stat pat/d", "list pat/d/*", "confine new/", "mkdirlocal new/d 750", "get pat/d/y new/d/y"}},
		{"-n h:pat/d new/", []string{"stat pat/d", "list pat/d/*", "get pat/d/y new/d/y"}},
	} {
		f := &fakeServer{names: append(slices.Clone(names), "pat/d/./")}
		asks(t, f, "get -r "+tt.line, 0, "", tt.asked...)
	}
	f := &fakeServer{names: names}
	asks(t, f, "get -r h:nix h:t/empty dir", 1, "bbftp: get nix: stat nix failed\n",
		"stat nix", "stat t/empty", "list t/empty/*", "mkdirlocal dir 755", "confine dir", "mkdirlocal dir/empty 750")
	asks(t, &fakeServer{names: names}, "get -r h:t h:file new", 1, "new does not exist; written new/")
	asks(t, &fakeServer{names: names}, "get h:t/ dir", 1, "get t/: is a directory: --recursive")
	asks(t, &fakeServer{names: names, v1: true}, "get -r h:t dir", 1, "--protocol", "stat t")
	asks(t, &fakeServer{names: names, v1: true}, "get -r h:t* dir", 1, "--protocol", "list t*")
}

// TestGetTreeInterrupted ends also where directories have nothing in them to wait for.
func TestGetTreeInterrupted(t *testing.T) {
	here(t, "dir/")
	ctx, cancel := context.WithCancelCause(t.Context())
	f := &fakeServer{names: []string{"t/", "t/a/", "t/b/"}}
	f.before = func(question string) {
		if strings.HasPrefix(question, "mkdirlocal dir/t/a") {
			cancel(interrupt.Error{Signal: syscall.SIGINT})
		}
	}
	status, _, _ := try(ctx, t, f, "get", "-r", "h:t", "dir")
	if last := f.asked[len(f.asked)-1]; status != exitInterrupted || last != "mkdirlocal dir/t/a 750" {
		t.Errorf("exit status %d, asked last %s", status, last)
	}
}

// TestGetTreeLeavesOut has a server that tries everything.
func TestGetTreeLeavesOut(t *testing.T) {
	here(t, "dir/")
	f := &fakeServer{
		names: []string{"t/", "t/.", "t/..", "t/dir", "t/gone", "t/link", "t/a", "t/a", "t/bad/", "t/z/"},
		types: map[string]wire.FileType{"t/.": {' ', 'd'}, "t/..": {' ', 'd'}, "t/dir": {'l', 'd'}, "t/gone": {'l', 'u'}, "t/link": {'l', 'f'}},
		fail:  map[string]error{"list t/bad/*": refusal("not yours"), "stat t/z": refusal("gone"), "get t/a dir/t/a": &client.LocalError{Op: "x", Err: fs.ErrExist}},
	}
	status, _, stderr := try(t.Context(), t, f, "get", "-r", "h:t", "dir")
	want := []string{
		"stat t", "list t/*", "stat t/bad", "list t/bad/*", "stat t/z", "list t/z/*",
		"mkdirlocal dir 755", "confine dir", "mkdirlocal dir/t 750", "get t/a dir/t/a", "get t/link dir/t/link", "mkdirlocal dir/t/z 755",
	}
	if status != exitSome || !slices.Equal(f.asked, want) {
		t.Errorf("exit status %d, asked %q", status, f.asked)
	}
	const said = `bbftp: get t/a: left out: the server lists it twice
bbftp: get t/dir: left out: a symbolic link to a directory
bbftp: get t/gone: left out: a symbolic link that leads nowhere
bbftp: get t/bad: not yours
bbftp: get t/a: x: file already exists
bbftp: get: 1 done, 2 failed, 3 not tried
`
	if stderr != said {
		t.Error(stderr)
	}
}

// endless has directories in directories without an end.
type endless struct{ *fakeServer }

func (endless) List(_ context.Context, pattern string) ([]wire.ListEntry, error) {
	return []wire.ListEntry{{Path: within(filepath.Dir(pattern), "d"), Type: wire.FileType{' ', 'd'}}}, nil
}

func (endless) Stat(context.Context, string) (string, error) { return "", refusal("no") }

func TestRemoteTreeBounds(t *testing.T) {
	var said strings.Builder
	walk := func() *remoteWalk {
		r := &run{verb: "get", o: &options{}, out: &plain{out: &said, err: &said}}
		return &remoteWalk{ctx: t.Context(), server: endless{&fakeServer{}}, run: r}
	}
	w := walk()
	if err := w.tree("top", 0o755); err != nil || len(w.trees) != 1 || len(w.trees[0].folders) != maxLevels+1 {
		t.Errorf("%v, %d trees", err, len(w.trees))
	}
	if text := said.String(); strings.Count(text, "\n") != 1 || !strings.HasSuffix(text, "/d: left out: too many directories deep\n") {
		t.Error(text)
	}
	w = walk()
	w.names = maxNames - 5
	if err := w.tree("top", 0o755); !errors.Is(err, errTooMany) || w.names != maxNames+1 {
		t.Errorf("%v at %d names", err, w.names)
	}
	w = walk()
	w.bytes = maxPathBytes - 50
	if err := w.tree("top", 0o755); !errors.Is(err, errTooMany) {
		t.Errorf("%v at %d bytes", err, w.bytes)
	}
}

func TestLeaves(t *testing.T) {
	var entries []wire.ListEntry
	for _, path := range []string{
		"./b", "d//a", ".", "..", "d/.", "d/..", "d/", "", "../../up", "/etc/root", "nul\x00", "b", "...", "-x", `back\slash`, "new\nline", "\xff",
	} {
		entries = append(entries, wire.ListEntry{Path: path, Type: wire.FileType{' ', 'f'}})
	}
	var got []string
	for _, l := range leaves(entries) {
		text := fmt.Sprintf("%q", l.name)
		if l.bad != "" {
			text += "!"
		}
		got = append(got, text)
	}
	want := []string{`""!`, `""!`, `"-x"`, `"..."`, `"a"`, `"b"`, `"b"!`, `"back\\slash"`, `"new\nline"`, `"nul\x00"!`, `"root"`, `"up"`, `"\xff"`}
	if !slices.Equal(got, want) {
		t.Errorf("%s, want %s", got, want)
	}
}

// FuzzLeaves has a server name files as it likes: what becomes of it lies in the
// directory that it was listed for, and nothing overwrites another.
func FuzzLeaves(f *testing.F) {
	for _, body := range []string{"d/a\x00 f\x00d/b\x00 d\x00", "../../x\x00 f\x00", "/\x00 f\x00", "d/..\x00ld\x00", "a\x00 f\x00a\x00 d\x00", "\x00lu\x00"} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		h := wire.Header{Code: wire.MsgListReplV2, Len: int32(len(body))}
		m, _, err := wire.Parse(append(h.Append(nil), body...), wire.Server)
		if err != nil {
			return
		}
		taken := map[string]bool{}
		for _, l := range leaves(m.(wire.ListReplyV2).Entries) {
			if l.refused() != nil {
				continue
			}
			to := filepath.Join("/target", within("sub", l.name))
			if filepath.Dir(to) != "/target/sub" || strings.ContainsRune(l.name, 0) || taken[to] {
				t.Errorf("%q becomes %q", l.name, to)
			}
			taken[to] = true
		}
	})
}
