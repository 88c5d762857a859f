package interop

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// largeSize ends a byte behind what every split and block divides.
const largeSize = 1<<30 + 1

// scope is what the matrix is made of, besides programs and versions.
type scope struct {
	operations []string
	streams    []int
	sizes      []int64
}

func extent() scope {
	s := scope{
		operations: []string{"put", "get", "mput", "mget"},
		streams:    []int{1, 3, 12, 25},
		sizes:      []int64{0, 1, 100003, largeSize},
	}
	if os.Getenv(extentEnv) == "quick" {
		s.streams, s.sizes = s.streams[:2], s.sizes[:3]
	}
	return s
}

func (s scope) quick() bool { return !slices.Contains(s.sizes, largeSize) }

// row is one pair of programs and the version they speak.
type row struct {
	client  client
	server  server
	version int
}

func (r row) String() string {
	return fmt.Sprintf("%s-client,%s-server,v%d", r.client.name(), r.server.name(), r.version)
}

// batch is one run of a client: files of several sizes, moved in one way.
type batch struct {
	row
	operation string
	gzip      bool
	streams   int // asked for
	large     bool
	sizes     []int64
}

func (b batch) String() string {
	return fmt.Sprintf("%v,%s,%s,%d-streams", b.row, b.operation, framing(b.gzip), b.streams)
}

func framing(gzip bool) string {
	if gzip {
		return "gzip"
	}
	return "plain"
}

// puts tells in which direction the files go.
func (b batch) puts() bool { return strings.HasSuffix(b.operation, "put") }

// carry returns how many streams have to carry a file that is large enough for
// all of them.
func (b batch) carry() int {
	switch {
	case b.version == 1:
		return min(b.streams, 10)
	case b.tooManyFor321():
		return 12
	}
	return b.streams
}

// tooManyFor321 tells that release 3.2.1 would write the ports of its streams
// behind the end of its memory (wire.md 11.22).
func (b batch) tooManyFor321() bool {
	return b.version == 3 && b.streams > 12 && b.server.is321()
}

// product lists every batch of every row, large and small.
func product(clients []client, servers []server, s scope) []batch {
	var all []batch
	for _, c := range clients {
		for _, srv := range servers {
			for version := 1; version <= 3; version++ {
				all = append(all, s.batches(row{c, srv, version})...)
			}
		}
	}
	return all
}

func (s scope) batches(r row) []batch {
	var all []batch
	for _, operation := range s.operations {
		for _, gzip := range []bool{false, true} {
			for _, streams := range s.streams {
				for _, large := range []bool{false, true} {
					sizes := slices.DeleteFunc(slices.Clone(s.sizes), func(size int64) bool { return (size == largeSize) != large })
					if len(sizes) > 0 {
						all = append(all, batch{r, operation, gzip, streams, large, sizes})
					}
				}
			}
		}
	}
	return all
}

// reason says why a batch is not run, or nothing.
func (b batch) reason() string {
	switch {
	case b.client.legacy && b.version == 1:
		return "version 1 by the legacy client: no client since release 2.0 speaks it"
	case b.server.port(b.version) == 0:
		return fmt.Sprintf("version %d of server %s: none of the programs named serves it", b.version, b.server.release)
	case b.client.legacy && b.tooManyFor321():
		return fmt.Sprintf("%d streams of version 3 by the legacy client to server 3.2.1: more than 12 would corrupt that server's memory, and this client does not hold back", b.streams)
	case b.large && strings.HasPrefix(b.operation, "m") && b.streams != 3:
		return fmt.Sprintf("1 GiB + 1 by %s with %d streams: for the sake of time, that size goes with 3 streams", b.operation, b.streams)
	}
	return ""
}

// plan parts what is run from what is not; the latter by reason, in files.
func plan(all []batch) (batches []batch, left map[string]int) {
	left = map[string]int{}
	for _, b := range all {
		if why := b.reason(); why != "" {
			left[why] += len(b.sizes)
		} else {
			batches = append(batches, b)
		}
	}
	return batches, left
}

// TestPlan counts the full matrix.
func TestPlan(t *testing.T) {
	clients := []client{{program: program{release: "4.0.0"}}, {program: program{release: "3.3.0", legacy: true}}}
	servers := []server{{program: clients[0].program}, {program: clients[1].program}, {program: program{release: "3.2.1", legacy: true}}}
	for i := range servers {
		servers[i].ports = [3]int{5021, 5021, 5021}
	}
	t.Setenv(extentEnv, "")
	all := product(clients, servers, extent())
	files := 0
	for _, b := range all {
		files += len(b.sizes)
	}
	if want := 2 * 3 * 3 * 4 * 2 * 4 * 4; files != want {
		t.Errorf("the matrix has %d files, want %d", files, want)
	}
	batches, left := plan(all)
	for _, b := range batches {
		files -= len(b.sizes)
		if b.client.legacy && b.tooManyFor321() {
			t.Errorf("%v would corrupt the server", b)
		}
	}
	for _, n := range left {
		files -= n
	}
	if files != 0 {
		t.Errorf("%d files are neither run nor accounted for", files)
	}
}
