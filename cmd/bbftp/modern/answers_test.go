package modern

import (
	"math"
	"slices"
	"strings"
	"testing"
)

func TestList(t *testing.T) {
	names := []string{"b.dat", "a.dat", ".hidden", "dir/", "dir/x", "dir/esc\x1b[31m", "empty/", "[1].dat"}
	for _, tt := range []struct {
		line   string
		asked  []string
		status int
		out    string
	}{
		{"h:", []string{"list *"}, 0, "[1].dat\na.dat\nb.dat\ndir/\nempty/\n"},
		{"-a h:.", []string{"list ./*"}, 0, ".hidden\n[1].dat\na.dat\nb.dat\ndir/\nempty/\n"},
		{"h:dir/", []string{"list dir/*"}, 0, "esc?[31m\nx\n"},
		{"h:dir", []string{"list dir", "list dir/*"}, 0, "esc?[31m\nx\n"},
		{"h:empty", []string{"list empty", "list empty/*"}, 0, ""},
		{"h:a.dat", []string{"list a.dat"}, 0, "a.dat\n"},
		{"h:*.dat", []string{"list *.dat"}, 0, "[1].dat\na.dat\nb.dat\n"},
		{`h:\[1].dat`, []string{`list \[1].dat`}, 0, "[1].dat\n"},
		{"h:dir/x*", []string{"list dir/x*"}, 0, "dir/x\n"},
		{"h:dir/ h:a.dat", []string{"list dir/*", "list a.dat"}, 0, "dir/:\nesc?[31m\nx\na.dat\n"},
		{"h: h:empty/", []string{"list *", "list empty/*"}, 0, ".:\n[1].dat\na.dat\nb.dat\ndir/\nempty/\nempty/:\n"},
		{"h:nix", []string{"list nix"}, 1, ""},
		{"h:n*x", []string{"list n*x"}, 1, ""},
		{
			"-l h:",
			[]string{"list *", "stat [1].dat", "stat a.dat", "stat b.dat", "stat dir", "stat empty"},
			0,
			"-rw-r----- 1001 1002 1000 2001-02-03 04:05:07 [1].dat\n" +
				"-rw-r----- 1001 1002 1000 2001-02-03 04:05:07 a.dat\n" +
				"-rw-r----- 1001 1002 1000 2001-02-03 04:05:07 b.dat\n" +
				"drwxr-x--- 1001 1002 4096 2001-02-03 04:05:07 dir/\n" +
				"drwxr-x--- 1001 1002 4096 2001-02-03 04:05:07 empty/\n",
		},
	} {
		f := &fakeServer{names: names}
		status, stdout, stderr := try(t.Context(), t, f, append([]string{"ls"}, strings.Fields(tt.line)...)...)
		if len(f.asked) > 2 {
			slices.Sort(f.asked[1:]) // asked in the order of the directory
		}
		if status != tt.status || !slices.Equal(f.asked, tt.asked) || stdout != tt.out || (stderr == "") != (status == 0) {
			t.Errorf("ls %s: exit status %d, asked %q\n%s%s", tt.line, status, f.asked, stdout, stderr)
		}
	}
}

// TestListV1 has no types to go by.
func TestListV1(t *testing.T) {
	for operand, want := range map[string]string{"h:dir": "x\n", "h:file": "file\n", "h:": "dir\nfile\n"} {
		f := &fakeServer{names: []string{"file", "dir/", "dir/x"}, v1: true}
		if status, stdout, stderr := try(t.Context(), t, f, "ls", operand); status != 0 || stdout != want {
			t.Errorf("%s: exit status %d, %q, %s", operand, status, stdout, stderr)
		}
	}
}

func TestStat(t *testing.T) {
	f := &fakeServer{names: []string{"a"}}
	status, stdout, stderr := try(t.Context(), t, f, "stat", "h:a", "h:nix")
	for _, want := range []string{
		"    Path: a\n", "    Type: file\n", "    Size: 1000 bytes", "    Mode: 0640 (-rw-r-----)\n", "   Owner: user 1001, group 1002\n",
		"   Inode: 8\n", "Modified: 2001-02-03 04:05:07 (server's time)\n",
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("no %q in\n%s", want, stdout)
		}
	}
	if status != exitSome || !strings.HasPrefix(stderr, "bbftp: stat nix: stat nix failed\n") {
		t.Errorf("exit status %d, %s", status, stderr)
	}
}

func TestDf(t *testing.T) {
	f := &fakeServer{}
	status, stdout, _ := try(t.Context(), t, f, "df", "h:", "h:dir")
	const want = "     Size Available  Free        Inodes   Free inodes  Path\n" +
		"   4.1 GB    1.0 GB   25%          5000          4000  .\n" +
		"   4.1 GB    1.0 GB   25%          5000          4000  dir\n"
	if status != 0 || stdout != want {
		t.Errorf("exit status %d\n%s", status, stdout)
	}
}

func TestChange(t *testing.T) {
	f := &fakeServer{fail: map[string]error{"rm b": refusal("Unable to delete b"), "mkdir b": refusal("no")}}
	if status, stdout, stderr := try(t.Context(), t, f, "rm", "h:a", "h:b"); status != exitSome || stdout != "" ||
		!strings.HasPrefix(stderr, "bbftp: rm b: Unable to delete b\n") {
		t.Errorf("rm: exit status %d, %q, %q", status, stdout, stderr)
	}
	if status, _, stderr := try(t.Context(), t, f, "mkdir", "h:b"); status != exitRefused || stderr != "bbftp: mkdir b: no\n" {
		t.Errorf("mkdir: exit status %d, %q", status, stderr)
	}
	if want := []string{"rm a", "rm b", "mkdir b"}; !slices.Equal(f.asked, want) {
		t.Errorf("asked %q, want %q", f.asked, want)
	}
}

// TestSpaceTooLarge is a server that says anything.
func TestSpaceTooLarge(t *testing.T) {
	for _, tt := range []struct{ blocks, size, want int64 }{
		{1000, 4096, 4096000},
		{0, 4096, 0},
		{-5, 4096, 0},
		{5, -4096, 0},
		{math.MaxInt64, 1, math.MaxInt64},
		{math.MaxInt64, 2, math.MaxInt64},
		{math.MaxInt64, math.MaxInt64, math.MaxInt64},
	} {
		if got := bytesIn(tt.blocks, tt.size); got != tt.want {
			t.Errorf("%d blocks of %d bytes are %d bytes, want %d", tt.blocks, tt.size, got, tt.want)
		}
	}
}
