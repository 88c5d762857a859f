package transfer

import (
	"errors"
	"fmt"
	"testing"
)

// BenchmarkSendReceive moves a file over loopback, both sides in this process;
// bytes per second are payload.
func BenchmarkSendReceive(b *testing.B) {
	const size = 64 << 20
	for _, f := range framings {
		src := newFile(b, f.content(size))
		for _, streams := range []int{1, 4} {
			b.Run(fmt.Sprintf("%s/streams=%d", f.name, streams), func(b *testing.B) {
				var from, to Engine
				dst := newSparse(b, size)
				o := Options{Blocks: f.blocks}
				b.SetBytes(size)
				b.ReportAllocs()
				for b.Loop() {
					b.StopTimer()
					near, far := connect(b, streams)
					b.StartTimer()
					sent := make(chan error, 1)
					go func() { sent <- from.Send(b.Context(), near, src, size, o, new(Counters)) }()
					err := to.Receive(b.Context(), far, dst, size, o, new(Counters))
					if err := errors.Join(err, <-sent); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
