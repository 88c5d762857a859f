package telemetry

import (
	"testing"
	"time"
)

func TestNetwork(t *testing.T) {
	for _, tt := range []judgement{
		{
			name: "bbr fills the link", report: sender(1, gigabit, path),
			limit: Link, share: 1,
		},
		{
			name: "cubic fills link and queue, and overflows it", limit: Link, share: 1,
			report: sender(4, gigabit, streamOf(cubic, func(s *Stream) { s.RTT, s.Retransmits = 130*ms, 400 })),
		},
		{
			name: "cubic has grown no further", limit: Link, share: 1, advice: "--congestion bbr",
			report: sender(1, gigabit/4, cubic),
		},
		{
			// 2.3 MB/s over 80 ms at a loss of 10⁻⁴, as Mathis has it.
			name: "cubic under loss", limit: Loss, share: 1, advice: "--congestion bbr",
			report: sender(1, 25e5, streamOf(cubic, func(s *Stream) { s.RTT, s.Retransmits = 81*ms, 2 })),
		},
		{
			name: "bbr under heavy loss", limit: Loss, share: 1,
			report: sender(2, gigabit/10, streamOf(path, func(s *Stream) { s.RTT, s.Retransmits = 81*ms, 4000 })),
		},
		{
			name: "few losses do not limit bbr", limit: Link, share: 1,
			report: sender(1, gigabit, streamOf(path, func(s *Stream) { s.RTT, s.Retransmits = 81*ms, 90 })),
		},
		{
			name: "the receiver's window", limit: RecvWindow, share: 0.95,
			advice: "--window auto, with net.ipv4.tcp_rmem's third figure at 1 MiB or more on the receiver",
			report: sender(1, 256*kiB*12, streamOf(cubic, func(s *Stream) {
				s.RTT, s.SendWindow, s.MeanSendWindow, s.RecvLimited = 80*ms, 256*kiB, 256*kiB, 9500*ms
			})),
		},
		{
			name: "a window that bbr paces out", limit: RecvWindow, share: 0.96,
			advice: "--window auto, with net.ipv4.tcp_rmem's third figure at 1 MiB or more on the receiver",
			report: sender(2, 2*256*kiB*12, streamOf(path, func(s *Stream) {
				s.RTT, s.SendWindow, s.MeanSendWindow, s.RecvLimited = 80*ms, 256*kiB, 256*kiB, 1500*ms
			})),
		},
		{
			name: "a receiver that lets its window shrink", limit: Peer, share: 0.8,
			report: sender(1, 20e6, streamOf(path, func(s *Stream) {
				s.RTT, s.SendWindow, s.MeanSendWindow, s.RecvLimited = 80*ms, 16*miB, 16e5, 8*time.Second
			})),
		},
		{
			name: "both ends on one machine", limit: Peer, share: 1,
			report: with(sender(1, 500e6, path), func(r *Report) { r.Loopback = true }),
		},
		{
			name: "a receiver that is slow on a short path", limit: Peer, share: 0.9,
			report: sender(1, 500e6, Stream{
				Congestion: "cubic", RTT: 100 * time.Microsecond, MinRTT: 50 * time.Microsecond, Busy: whole,
				SendWindow: 3 * miB, MeanSendWindow: 2 * miB, RecvLimited: 9 * time.Second,
			}),
		},
		{
			name: "a receiver that writes long after the last byte", limit: Peer, share: 0.7,
			report: sender(1, 500e6, streamOf(path, func(s *Stream) { s.Busy = 3 * time.Second })),
		},
		{
			name: "the send buffer", limit: SendBuffer, share: 0.6,
			advice: "net.ipv4.tcp_wmem's third figure at 8 MiB or more here",
			report: sender(1, 20e6, streamOf(path, func(s *Stream) { s.BufferLimited = 6 * time.Second })),
		},
		{
			name: "a send buffer of a size asked for", limit: SendBuffer, share: 1, advice: "--window auto",
			report: with(sender(1, 20e6, streamOf(path, func(s *Stream) { s.BufferLimited = 6 * time.Second })),
				func(r *Report) { r.SendFixed = 2 * miB }),
		},
		{
			name: "a send buffer that the kernel does not blame", limit: SendBuffer, share: 1, advice: "--window auto",
			report: with(sender(1, 9e6, streamOf(cubic, func(s *Stream) { s.RTT, s.MinRTT = 41*ms, 40*ms })),
				func(r *Report) { r.SendFixed = 256 * kiB }),
		},
		{
			name: "a congestion window that is not used", limit: SendBuffer, share: 1,
			advice: "net.ipv4.tcp_wmem's third figure at 4 MiB or more here",
			report: sender(1, 186e5, streamOf(cubic, func(s *Stream) { s.RTT, s.MinRTT, s.Cwnd = 42*ms, 40*ms, 23e5 })),
		},
		{
			name: "a send buffer that only holds the queue", limit: Link, share: 1,
			report: with(sender(1, gigabit, streamOf(cubic, func(s *Stream) { s.RTT = 120 * ms })),
				func(r *Report) { r.SendFixed = 16 * miB }),
		},
		{
			name: "over in a few round trips", limit: StartUp, share: 1, advice: "--streams 4",
			report: with(sender(1, 1e6, path), func(r *Report) {
				r.Elapsed, r.Streams[0].Elapsed, r.SocketWait = 500*ms, 500*ms, 500*ms
			}),
		},
		{
			name: "slow start took most of it", limit: StartUp, share: 0.6, advice: "--streams 16",
			report: with(sender(4, 1e7, path), func(r *Report) {
				r.Elapsed, r.Ramp, r.SocketWait = 2*time.Second, 1200*ms, 8*time.Second
				for i := range r.Streams {
					r.Streams[i].Elapsed = r.Elapsed
				}
			}),
		},
		{
			name: "a slow begin of a long transfer", limit: Link, share: 1,
			report: with(sender(1, gigabit, path), func(r *Report) { r.Ramp = 6 * time.Second }),
		},
		{
			name: "a system without TCP_INFO", limit: PeerOrPath, share: 1,
			report: with(sender(1, gigabit, Stream{}), func(r *Report) { r.Streams[0].Samples = 0 }),
		},
		{
			name: "one of several paths of Multipath TCP", limit: PeerOrPath, share: 1,
			report: with(sender(1, gigabit, path), func(r *Report) { r.Streams[0].Bytes /= 2 }),
		},
		{
			name: "blocks are fewer bytes than the file", limit: Link, share: 1,
			report: with(sender(1, gigabit, path), func(r *Report) { r.Payload, r.Deflated, r.BlockBytes = 4*r.Payload, 4*r.Payload, r.Payload }),
		},
		{
			name: "the kernel saw nothing under way", limit: Peer, share: 1,
			report: sender(1, gigabit, streamOf(path, func(s *Stream) { s.Busy = 0 })),
		},
		{
			name: "a receiver without data", limit: PeerOrPath, share: 1,
			report: receiver(1, gigabit, path),
		},
		{
			name: "a receiver whose window was fixed", limit: RecvWindow, share: 1, advice: "--window auto",
			report: with(receiver(1, 256*kiB*12, streamOf(path, func(s *Stream) { s.RecvWindow = 256 * kiB })),
				func(r *Report) { r.RecvFixed = 256 * kiB }),
		},
		{
			name: "a receiver at the end of tcp_rmem", limit: RecvWindow, share: 1,
			advice: "--window auto, with net.ipv4.tcp_rmem's third figure at 16 MiB or more here",
			report: receiver(2, 2*3*miB*12, streamOf(path, func(s *Stream) { s.RecvWindow = 3 * miB })),
		},
		{
			name: "a receiver sees slow start", limit: StartUp, share: 1, advice: "--streams 4",
			report: with(receiver(1, 1e6, path), func(r *Report) {
				r.Elapsed, r.Streams[0].Elapsed, r.SocketWait = 500*ms, 500*ms, 500*ms
			}),
		},
	} {
		t.Run(tt.name, tt.check)
	}
}
