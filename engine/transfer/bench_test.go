package transfer

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"bbftp/bench/payload"
)

// BenchmarkSendReceive moves a file over loopback, both sides in this process;
// bytes per second are payload, wire/payload is what it took on the connection.
func BenchmarkSendReceive(b *testing.B) {
	const size = 64 << 20
	for _, way := range []struct {
		name string
		o    Options
	}{
		{"raw", Options{}},
		{"compressed", Options{Blocks: true}},
		{"compressed-always", Options{Blocks: true, Always: true}},
	} {
		for _, kind := range payload.Kinds() {
			src := newPayload(b, kind, size)
			for _, streams := range []int{1, 4} {
				b.Run(fmt.Sprintf("%s/%s/streams=%d", way.name, kind, streams), func(b *testing.B) {
					var from, to Engine
					dst := newSparse(b, size)
					b.SetBytes(size)
					b.ReportAllocs()
					var out Counters
					for b.Loop() {
						b.StopTimer()
						near, far := connect(b, streams)
						b.StartTimer()
						sent := make(chan error, 1)
						go func() { sent <- from.Send(b.Context(), near, src, size, way.o, &out) }()
						err := to.Receive(b.Context(), far, dst, size, way.o, new(Counters))
						if err := errors.Join(err, <-sent); err != nil {
							b.Fatal(err)
						}
					}
					if way.o.Blocks {
						b.ReportMetric(float64(out.BlockBytes.Load())/float64(b.N*size), "wire/payload")
					}
				})
			}
		}
	}
}

// BenchmarkCodec deflates and inflates blocks of each kind by each gear, on one
// processor.
func BenchmarkCodec(b *testing.B) {
	const size, block = 8 << 20, 256 << 10
	for _, kind := range payload.Kinds() {
		content := fileBytes(b, newPayload(b, kind, size))
		for g, level := range levels {
			if gear(g) == leave {
				continue
			}
			var e codec
			var packed []*buffer
			b.Run(fmt.Sprintf("deflate/%s/level=%d", kind, level), func(b *testing.B) {
				b.SetBytes(size)
				on := int64(0)
				for b.Loop() {
					for _, p := range packed {
						e.put(p)
					}
					packed, on = packed[:0], 0
					for at := 0; at < size; at += block {
						p, err := e.pack(gear(g), content[at:][:block])
						if err != nil {
							b.Fatal(err)
						}
						if p == nil {
							on += block
							continue
						}
						on += int64(len(p.b))
						packed = append(packed, p)
					}
				}
				b.ReportMetric(float64(on)/size, "wire/payload")
			})
			b.Run(fmt.Sprintf("inflate/%s/level=%d", kind, level), func(b *testing.B) {
				if len(packed) == 0 {
					b.Skip("nothing of it is deflated")
				}
				b.SetBytes(int64(len(packed)) * block)
				for b.Loop() {
					for _, p := range packed {
						plain, err := e.unpack(p.b, block, block)
						if err != nil {
							b.Fatal(err)
						}
						e.put(plain)
					}
				}
			})
		}
		b.Run(fmt.Sprintf("look/%s", kind), func(b *testing.B) {
			b.SetBytes(block)
			for b.Loop() {
				compressible(content[:block])
			}
		})
	}
}

func newPayload(b *testing.B, kind payload.Kind, size int64) *os.File {
	b.Helper()
	path := filepath.Join(b.TempDir(), "payload")
	if err := payload.Write(path, kind, size, 1); err != nil {
		b.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { f.Close() })
	return f
}
