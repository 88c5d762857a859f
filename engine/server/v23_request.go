package server

import (
	"errors"
	"fmt"

	"bbftp/engine/wire"
	"bbftp/netio"
)

// withFile reads MSG_STORE_V2 or MSG_RETR_V2 and the MSG_FILENAME that follows
// at once. Nothing is answered in between.
func (v versions23) withFile(h wire.Header, serve func(wire.Transfer, string) error) error {
	if h.Len != wire.TransferSize {
		return v.end(h, wire.MsgBad, textTransferSize)
	}
	m, err := v.ctl.ReadBody(h)
	if err != nil {
		return fmt.Errorf("read %v: %w", h.Code, err)
	}
	r := m.(wire.Transfer)
	next, err := v.ctl.ReadHeader(v.server.cfg.Waits.Filename)
	switch {
	case err != nil:
		return fmt.Errorf("wait for MSG_FILENAME: %w", err)
	case next.Code != wire.MsgFilename:
		return v.breach(unexpected(next))
	case next.Len < 0 || next.Len > wire.MaxString:
		return v.end(next, wire.MsgBad, textStringLength)
	}
	if m, err = v.ctl.ReadBody(next); err != nil {
		return fmt.Errorf("read MSG_FILENAME: %w", err)
	}
	name := m.(wire.Filename)
	if err := name.Validate(); err != nil {
		return v.invalid(next, err)
	}
	return serve(r, name.Path)
}

const (
	// maxBlock is the largest buffer in KiB of compressed data: each stream
	// holds three such blocks in memory.
	maxBlock = 32 << 10
	// maxBlocks is the most in KiB that the blocks of all streams of a file may
	// come to, once each: a client that wants larger ones gets fewer streams.
	maxBlocks = 2 * maxBlock
	// maxWindow is the most that a window counts for, in bytes: the kernel
	// doubles it, and its own limits are far below.
	maxWindow = 1 << 30
	// ownWindow is the window in KiB that legacy clients send when their user
	// asked for none. It would halve what the kernel reaches by itself.
	ownWindow = 256
	// qbss is the TOS of a transfer that gives way to others (wire.md 8.4).
	qbss = 0x20
)

var errWindow = errors.New("window out of range")

// valid tells why a request must not be obeyed.
func valid(r wire.Transfer) error {
	if r.Kind == wire.MsgRetrV2 {
		r.Size = 0 // means nothing there
	}
	if err := r.Validate(); err != nil {
		return err
	}
	switch {
	case r.SendWindow < 0 || r.RecvWindow < 0:
		return fmt.Errorf("%d and %d KiB: %w", r.SendWindow, r.RecvWindow, errWindow)
	case r.Options.Has(wire.OptGzip) && r.BufferSize > maxBlock:
		return fmt.Errorf("blocks of %d KiB, at most %d: %w", r.BufferSize, maxBlock, wire.ErrBufferSize)
	}
	return nil
}

// request is a transfer as the client wants it.
type request struct {
	*fileTransfer
	wishes  wire.Transfer
	sockets netio.Options
}

func (v versions23) request(op, name string, r wire.Transfer) *request {
	t := v.begin(op, name, r.Options.Has(wire.OptGzip))
	if t.options.Blocks {
		t.options.BlockSize = r.BlockLimit()
	}
	return &request{fileTransfer: t, wishes: r, sockets: v.sockets(r)}
}

// sockets are the options of the data streams. The windows are named from the
// connecting side, which is the client in version 3 (wire.md 6.3).
func (v versions23) sockets(r wire.Transfer) netio.Options {
	o := netio.Options{SendBuffer: window(r.SendWindow), RecvBuffer: window(r.RecvWindow)}
	if v.version == 3 {
		o.SendBuffer, o.RecvBuffer = o.RecvBuffer, o.SendBuffer
	}
	if r.Options.Has(wire.OptQBSS) {
		o.TOS = qbss
	}
	return o
}

// window is the size of a socket buffer in bytes, 0 for what the kernel thinks
// best.
func window(kib int32) int {
	if kib == ownWindow {
		return 0
	}
	return int(min(int64(kib)*1024, maxWindow))
}

// streams is how many the server allows of those the client wants.
func (v versions23) streams(r wire.Transfer) int32 {
	n := int32(v.quota.AtMost(int(min(r.Streams, int32(v.server.cfg.MaxStreams)))))
	if r.Options.Has(wire.OptGzip) {
		n = min(n, maxBlocks/r.BufferSize)
	}
	return n
}
