package client

import (
	"fmt"
	"io/fs"
	"time"

	"bbftp/engine/wire"
)

// Settings are what may change from one operation to the next. The zero value
// of each is the documented default.
type Settings struct {
	// Streams is the number of data streams wanted per file, 1 to
	// [wire.MaxStreams]; a version 1 file takes at most 10, and the server may
	// grant fewer. Default what [Config].Tuner chooses, or else 1.
	Streams int
	// BufferSize is the largest block of compressed data and the smallest file
	// worth another stream, in KiB, for versions 2 and 3. Default 256.
	BufferSize int
	// SendWindow and RecvWindow are the TCP windows of data streams in KiB, as
	// seen from the side that connects them. Default 0: the kernel of this side
	// adjusts them, and the peer is asked for the 256 that it expects.
	SendWindow, RecvWindow int

	// Compress sends and asks for zlib blocks. A sender that deflates more
	// slowly than the connection takes leaves blocks as they are, unless
	// CompressAlways is set too.
	Compress, CompressAlways bool
	// MassStorage retrieves from the server's mass storage.
	MassStorage bool
	// InPlace asks the server to write to the target itself instead of to a
	// temporary file that is renamed when complete.
	InPlace bool
	// NoDirs leaves missing directories of a target missing.
	NoDirs bool
	// NoMode leaves permission bits to the umask instead of keeping the source's.
	NoMode bool
	// NoTimes leaves the times of the transfer instead of the source's.
	NoTimes bool
	// QBSS marks data streams as scavenger traffic (IP TOS 0x20).
	QBSS bool
	// TOS is the byte of the IP header of data streams that holds the DSCP in
	// its upper six bits (RFC 2474). Default 0: the system's, or QBSS.
	TOS int
	// Congestion names the congestion control algorithm of data streams.
	// Default: the system's.
	Congestion string
	// Multipath asks for Multipath TCP on data streams.
	Multipath bool
	// Sync waits until a file that was got is on disk, with its name, before it
	// counts as got.
	Sync bool
	// Sparse leaves holes in files that are got where they hold zeros.
	Sparse bool
	// Simulate opens the data streams but moves nothing; no file is changed. A
	// server up to release 3 may leave an empty NAME.bbftp.XXXXXXXX behind.
	Simulate bool

	// Umask is taken from the modes of files (0666) and directories (0777) made
	// on this side.
	Umask fs.FileMode
	// Waits bounds each wait for the server.
	Waits Waits
}

func (s Settings) validate() error {
	switch {
	case s.Streams < 0 || s.Streams > wire.MaxStreams:
		return fmt.Errorf("%d streams: want 1 to %d", s.Streams, wire.MaxStreams)
	case s.BufferSize < 0 || s.BufferSize > wire.MaxBufferSize:
		return fmt.Errorf("buffer of %d KiB: want 1 to %d", s.BufferSize, wire.MaxBufferSize)
	case s.SendWindow < 0 || s.SendWindow > maxWindow || s.RecvWindow < 0 || s.RecvWindow > maxWindow:
		return fmt.Errorf("windows of %d and %d KiB: want 1 to %d, or 0 for the kernel's choice", s.SendWindow, s.RecvWindow, maxWindow)
	}
	return nil
}

func (s Settings) WithDefaults() Settings {
	if s.Streams == 0 {
		s.Streams = 1
	}
	if s.BufferSize == 0 {
		s.BufferSize = defaultKiB
	}
	s.Waits = s.Waits.WithDefaults()
	return s
}

// defaultKiB is what legacy peers use for buffer and windows.
const defaultKiB = 256

// maxWindow is 1 GiB, what TCP can announce (RFC 7323), in KiB.
const maxWindow = 1 << 20

// options is the option word of s (wire.md 2.1).
func (s Settings) options() wire.Options {
	var o wire.Options
	for _, bit := range []struct {
		on  bool
		bit wire.Options
	}{
		{!s.InPlace, wire.OptTmp},
		{!s.NoTimes, wire.OptAcc},
		{!s.NoMode, wire.OptMode},
		{!s.NoDirs, wire.OptDir},
		{s.Compress, wire.OptGzip},
		{s.MassStorage, wire.OptRFIO},
		{s.QBSS, wire.OptQBSS},
	} {
		if bit.on {
			o |= bit.bit
		}
	}
	return o
}

// Waits are the client's time limits (wire.md 5). Zero values are the
// documented defaults. A legacy version 1 server may idle 20 s before its
// first byte: none of these may be shorter than 30 s in production.
type Waits struct {
	Connect time.Duration // for the host to answer, default 60 s
	Reply   time.Duration // for an answer that is due, default 180 s
	Send    time.Duration // for the server to take a message, default 180 s
	Accept  time.Duration // for the server to call back, default 200 s
	Idle    time.Duration // a data stream without progress, default 300 s
	Ack     time.Duration // for the ACK of a sent segment, default 100 s
	Settle  time.Duration // after a failed transfer, before the next command, default 2 s
}

// WithDefaults returns w with the defaults in place of its zeros.
func (w Waits) WithDefaults() Waits {
	set := func(d *time.Duration, def time.Duration) {
		if *d == 0 {
			*d = def
		}
	}
	set(&w.Connect, 60*time.Second)
	set(&w.Reply, 180*time.Second)
	set(&w.Send, 180*time.Second)
	set(&w.Accept, 200*time.Second)
	set(&w.Idle, 300*time.Second)
	set(&w.Ack, 100*time.Second)
	set(&w.Settle, 2*time.Second)
	return w
}
