package demo

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bbftp/engine/transfer"
)

func TestTable(t *testing.T) {
	const size = 2 << 30
	var out strings.Builder
	table := NewTable(&out)
	for _, r := range []Result{
		{
			Scenario: Scenario{Op: "put", Streams: 1}, Bytes: size, Seconds: 0.5,
			Sender:   transfer.Paths{Sendfile: size},
			Receiver: transfer.Paths{Splice: size / 4 * 3, Copied: size / 4},
		},
		{
			Scenario: Scenario{Op: "get", Streams: 10}, Bytes: size, Seconds: 12.345,
			Sender:   transfer.Paths{Sendfile: size - 1, Copied: 1},
			Receiver: transfer.Paths{Copied: size},
		},
		{
			Scenario: Scenario{Op: "get", Streams: 4, Compressed: true}, Bytes: size, Seconds: 2,
			Sender:   transfer.Paths{Deflated: size / 2, Stored: size / 2, BlockBytes: size / 100 * 56},
			Receiver: transfer.Paths{Deflated: size / 2, Stored: size / 2, BlockBytes: 1},
		},
		{
			Scenario: Scenario{Op: "put", Streams: 1, Compressed: true}, Seconds: 1,
		},
	} {
		table.Add(r)
	}
	want := `     streams  data    seconds   Gbit/s   wire  sender                   receiver
put        1  plain      0.50     34.4  100 %  sendfile 100 %           splice 75 %, copied 25 %
get       10  plain     12.35      1.4  100 %  sendfile 100 %, copied 0 % copied 100 %
get        4  zlib       2.00      8.6   56 %  zlib 50 %, stored 50 %   zlib 50 %, stored 50 %
put        1  zlib       1.00      0.0      -                           
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
}
