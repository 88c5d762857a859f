// Package engine holds no code, only tests across packages: client and server
// together through every fault, and the rules that keep the packages of the
// whole module in their places (ARCHITECTURE.md).
package engine

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// forbidden lists the arrows between our own packages that must not exist.
var forbidden = []struct{ from, to, why string }{
	{"engine", "bench", "the engine must not know the bench"},
	{"engine", "cmd", "libraries must not know programs"},
	{"netio", "bench", "netio must not know the bench"},
	{"netio", "cmd", "libraries must not know programs"},
	{"netio", "engine", "netio is a leaf"},
	{"bench", "cmd", "libraries must not know programs"},
	{"bench/report", "bench/wan", "reports are made from the records alone"},
	{"engine/client", "engine/tuning", "a client takes a Tuner, whichever it is"},
	{"engine/server", "engine/tuning", "a server takes what its clients chose"},
	{"engine/client", "engine/server", "a client must work without a server"},
	{"engine/server", "engine/client", "a server must work without a client"},
}

// leaves import nothing of ours but what is listed.
var leaves = map[string][]string{
	"engine/wire":      nil,
	"engine/command":   nil,
	"engine/storage":   {"netio/zerocopy"},
	"engine/recorded":  {"engine/wire"},
	"netio":            nil,
	"netio/zerocopy":   {"netio/clock"},
	"netio/clock":      nil,
	"engine/telemetry": {"netio", "netio/clock"},
	"engine/admission": nil,
	"engine/audit":     nil,
	"engine/trust":     nil,
	"bench/wan":        nil,
	"bench/trial":      nil,
	"bench/payload":    nil,
	"bench/scenario":   {"bench/trial"},
	"bench/stats":      {"bench/trial"},
	"bench/report":     {"bench/trial", "bench/stats", "bench/report/chart"},
}

// forTests are the packages that only test files may import.
var forTests = []string{"engine/recorded", "cmd/internal/programtest"}

// stdOnly packages take nothing from outside the standard library.
var stdOnly = []string{"engine/wire", "engine/command"}

// homes are the packages a module is used from. A home covers what is below it.
var homes = map[string][]string{
	"golang.org/x/sys":                    {"netio", "engine/storage", "bench/wan", "bench/observe", "bench/doctor", "bench/peer", "cmd/bbftpd"},
	"golang.org/x/crypto":                 {"engine/auth"},
	"golang.org/x/time":                   {"netio"},
	"golang.org/x/term":                   {"cmd/internal/terminal"},
	"github.com/klauspost/compress":       {"engine/transfer"},
	"github.com/montanaflynn/stats":       {"bench/stats"},
	"golang.org/x/perf":                   {"bench/stats", "bench/report"},
	"github.com/BurntSushi/toml":          {"bench/scenario", "cmd/bbftpd"},
	"golang.org/x/sync":                   {"engine/transfer"},
	"github.com/go-crypt":                 {"engine/auth"},
	"github.com/msteinert/pam":            {"engine/auth"},
	"github.com/landlock-lsm/go-landlock": {"cmd/bbftpd"},
	"github.com/elastic/go-seccomp-bpf":   {"cmd/bbftpd"},
	"github.com/prometheus/client_golang": {"cmd/bbftpd"},
	"github.com/vishvananda/netlink":      {"bench/wan", "bench/observe", "bench/doctor"},
	"github.com/vishvananda/netns":        {"bench/wan", "bench/observe", "bench/doctor"},
	"github.com/pborman/getopt":           {"cmd"},
	"github.com/dustin/go-humanize":       {"cmd"},
	"github.com/coreos/go-systemd":        {"cmd/bbftpd"},
	"github.com/mattn/go-shellwords":      {"cmd/bbftp/internal/argument"},
	"github.com/vbauerster/mpb":           {"cmd/bbftp/modern", "cmd/bbbench"},
	"github.com/rogpeppe/go-internal":     {"cmd/internal/programtest"},
	"github.com/creack/pty":               {"cmd/internal/programtest", "bench/peer"},
}

func TestImports(t *testing.T) {
	files := 0
	err := filepath.WalkDir("..", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && strings.HasPrefix(d.Name(), ".") && d.Name() != ".." {
			return fs.SkipDir
		}
		if !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return nil
		}
		files++
		rel, err := filepath.Rel("..", file)
		if err != nil {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range f.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if why := refuse(path.Dir(filepath.ToSlash(rel)), imported); why != "" {
				t.Errorf("%s imports %s: %s", rel, imported, why)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 10 {
		t.Fatalf("only %d Go files found: the test looks in the wrong place", files)
	}
}

// refuse says why from must not import the package imported, or nothing.
func refuse(from, imported string) string {
	if ours, ok := strings.CutPrefix(imported, "bbftp/"); ok {
		for _, p := range forTests {
			if ours == p {
				return p + " is for tests only"
			}
		}
		for _, rule := range forbidden {
			if within(from, rule.from) && within(ours, rule.to) && !within(ours, rule.from) {
				return rule.why
			}
		}
		if allowed, leaf := leaves[from]; leaf {
			for _, a := range allowed {
				if ours == a {
					return ""
				}
			}
			return from + " is a leaf"
		}
		return ""
	}
	if first, _, _ := strings.Cut(imported, "/"); !strings.Contains(first, ".") {
		return "" // standard library
	}
	for _, p := range stdOnly {
		if from == p {
			return from + " uses the standard library only"
		}
	}
	for module, packages := range homes {
		if !within(imported, module) {
			continue
		}
		for _, home := range packages {
			if within(from, home) {
				return ""
			}
		}
		return module + " belongs to " + strings.Join(packages, ", ")
	}
	return "this module has no home yet: name one in homes"
}

func within(p, parent string) bool { return p == parent || strings.HasPrefix(p, parent+"/") }

// TestRefuse proves that the rules bite.
func TestRefuse(t *testing.T) {
	for _, tt := range []struct {
		from, imported string
		refused        bool
	}{
		{"engine/client", "bbftp/engine/server", true},
		{"engine/server", "bbftp/engine/client", true},
		{"engine/server", "bbftp/engine/transfer", false},
		{"engine/wire", "bbftp/engine/command", true},
		{"engine/wire", "github.com/klauspost/compress/zlib", true},
		{"engine/transfer", "github.com/klauspost/compress/zlib", false},
		{"engine/storage", "bbftp/netio/zerocopy", false},
		{"engine/storage", "bbftp/netio", true},
		{"netio/zerocopy", "bbftp/netio", true},
		{"engine/server", "bbftp/engine/recorded", true},
		{"bench", "bbftp/cmd/internal/programtest", true},
		{"engine/recorded", "bbftp/engine/wire", false},
		{"engine/recorded", "bbftp/engine/transfer", true},
		{"netio", "bbftp/bench", true},
		{"bench", "bbftp/engine/client", false},
		{"bench", "bbftp/cmd/bbftp", true},
		{"bench/report", "bbftp/bench/wan", true},
		{"bench/stats", "bbftp/bench/trial", false},
		{"engine/server", "golang.org/x/sys/unix", true},
		{"netio/zerocopy", "golang.org/x/sys/unix", false},
		{"engine/server", "example.org/new/module", true},
		{"engine/server", "net/http", false},
	} {
		if why := refuse(tt.from, tt.imported); (why != "") != tt.refused {
			t.Errorf("%s imports %s: %q", tt.from, tt.imported, why)
		}
	}
}
