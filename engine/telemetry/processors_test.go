package telemetry

import (
	"testing"
	"time"
)

// TestMachine: disk, processors, zlib.
func TestMachine(t *testing.T) {
	for _, tt := range []judgement{
		{
			name: "both ends on one busy machine", limit: CPU, share: 1,
			report: with(sender(1, 500e6, path), func(r *Report) { r.Loopback, r.Idle = true, 0.02 }),
		},
		{
			name: "reading the source", limit: DiskRead, share: 0.8, advice: "a faster disk under the source",
			report: with(sender(1, 100e6, path), func(r *Report) {
				r.SocketWait, r.FileTime, r.FileCPU = 500*ms, 9*time.Second, 1*time.Second
			}),
		},
		{
			name: "writing the target", limit: DiskWrite, share: 0.7, advice: "a faster disk under the target",
			report: with(receiver(2, 100e6, path), func(r *Report) {
				r.SocketWait, r.FileTime, r.FileCPU = 4*time.Second, 15*time.Second, 1*time.Second
			}),
		},
		{
			name: "what looks like the disk on a busy machine", limit: CPU, share: 0.9, advice: "less else on this machine meanwhile",
			report: with(receiver(1, 100e6, path), func(r *Report) {
				r.SocketWait, r.FileTime, r.FileCPU, r.Idle = 1*time.Second, 9*time.Second, 2*time.Second, 0.01
			}),
		},
		{
			name: "more streams than two processors serve", limit: CPU, share: 0.9, advice: "less else on this machine meanwhile",
			report: with(receiver(4, 2e9, path), func(r *Report) {
				r.SocketWait, r.FileTime, r.FileCPU, r.Idle, r.Cores = 4*time.Second, 36*time.Second, 8*time.Second, 0.18, 2
			}),
		},
		{
			name: "one stream on one of many processors", limit: CPU, share: 0.9, advice: "--streams 8",
			report: with(receiver(1, 3e9, path), func(r *Report) {
				r.SocketWait, r.FileTime, r.FileCPU, r.System = 1*time.Second, 9*time.Second, 8800*ms, 9*time.Second
				r.FileTime = r.FileCPU
			}),
		},
		{
			name: "one stream, and others have the other processors", limit: CPU, share: 0.9,
			report: with(receiver(1, 3e9, path), func(r *Report) {
				r.SocketWait, r.FileTime, r.FileCPU, r.System, r.Idle = 1*time.Second, 9*time.Second, 9*time.Second, 9*time.Second, 0.05
			}),
		},
		{
			name: "blocks of one stream on every processor", limit: CPU, share: 0.9,
			report: with(sender(1, 1e9, path), func(r *Report) {
				r.SocketWait, r.System, r.Codec, r.Deflated = 1*time.Second, 70*time.Second, 10*time.Second, 1e10
			}),
		},
		{
			name: "as many streams as processors", limit: CPU, share: 0.9,
			report: with(receiver(8, 9e9, path), func(r *Report) {
				r.SocketWait, r.FileTime, r.FileCPU, r.System = 8*time.Second, 72*time.Second, 72*time.Second, 70*time.Second
			}),
		},
		{
			name: "streams that wait for zlib", limit: Compression, share: 0.7, advice: "no -c",
			report: with(sender(2, 300e6, path), func(r *Report) {
				r.SocketWait, r.CodecWait, r.Codec, r.User, r.Deflated = 4*time.Second, 14*time.Second, 70*time.Second, 75*time.Second, 3e9
			}),
		},
		{
			name: "zlib on every processor", limit: Compression, share: 0.6, advice: "no -c",
			report: with(sender(8, 300e6, path), func(r *Report) {
				r.SocketWait, r.CodecWait, r.Codec, r.User, r.Deflated = 16*time.Second, 16*time.Second, 70*time.Second, 75*time.Second, 3e9
			}),
		},
		{
			name: "nobody counted waits", limit: Link, share: 1,
			report: with(sender(1, gigabit, path), func(r *Report) { r.SocketWait = 0 }),
		},
		{
			name:   "nobody counted anything, and nothing was under way",
			report: with(sender(1, gigabit, streamOf(path, func(s *Stream) { s.Busy = 0 })), func(r *Report) { r.SocketWait = 0 }),
		},
		{
			name:   "nobody counted anything at the receiver",
			report: with(receiver(1, gigabit, path), func(r *Report) { r.SocketWait = 0 }),
		},
	} {
		t.Run(tt.name, tt.check)
	}
}
