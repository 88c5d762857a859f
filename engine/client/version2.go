package client

import (
	"context"
	"fmt"
	"io/fs"
	"net"
	"time"

	"bbftp/engine/storage"
	"bbftp/engine/wire"
)

// version2 is the dialect of versions 2 and 3 (wire.md 8), which differ in who
// connects the data streams:
//
//	MSG_STORE_V2, MSG_RETR_V2 + MSG_FILENAME
//	  ├─► MSG_TRANS_OK_V2 ─ listen ──► MSG_TRANS_START_V2 ─ accept ─┐
//	  ├─► MSG_TRANS_OK_V3 ─ connect ─► MSG_TRANS_START_V3 ──────────┴─ data ─► MSG_OK
//	  └─► MSG_OK: stored, it was empty
type version2 struct{ *Client }

func (v version2) store(_ context.Context, remote string, src *storage.Source) (*grant, error) {
	v.tune(true, src.Size())
	m := v.wishes(wire.MsgStoreV2)
	m.Size = src.Size()
	m.Mode = permissions(src.Mode())
	m.Accessed, m.Modified = wire.NewTimestamp(src.Accessed()), wire.NewTimestamp(src.Modified())
	m.Streams = v.share(m, m.Size)
	if v.set.Simulate {
		remote = v.rehearsal(remote)
	}
	answer, err := v.ask(m, remote)
	if err != nil {
		return nil, err
	}
	if r, ok := answer.(wire.Reply); ok && r.Kind == wire.MsgOK && m.Size == 0 {
		return nil, nil
	}
	g, err := v.granted(m, answer)
	if err == nil && (g.size != m.Size || m.Size == 0) {
		err = v.broken(fmt.Errorf("the server grants a file of %d bytes instead of %d", g.size, m.Size))
	}
	return g, err
}

func (v version2) retrieve(_ context.Context, remote string) (*grant, error) {
	v.tune(false, -1)
	m := v.wishes(wire.MsgRetrV2)
	answer, err := v.ask(m, remote)
	if err != nil {
		return nil, err
	}
	return v.granted(m, answer)
}

// wishes is a request with what both kinds say.
func (v version2) wishes(kind wire.Code) wire.Transfer {
	send, recv := v.announced()
	o := v.set.options()
	if !v.compress() {
		o &^= wire.OptGzip
	}
	return wire.Transfer{
		Kind: kind, Options: o,
		SendWindow: int32(send), RecvWindow: int32(recv),
		BufferSize: int32(v.set.BufferSize), Streams: int32(v.wantedStreams()),
	}
}

// share is how many of m's streams a file is worth: no more than it fills
// buffers (wire.md 6.2).
func (version2) share(m wire.Transfer, size int64) int32 {
	return int32(worth(int(m.Streams), size, int(m.BufferSize)))
}

// worth is how many of n streams a file of size bytes fills buffers of so many
// KiB with.
func worth(n int, size int64, buffer int) int {
	return int(max(1, min(int64(n), size/(int64(buffer)<<10))))
}

// ask sends m with the file's name, which has to follow at once, and returns
// the answer.
func (v version2) ask(m wire.Transfer, remote string) (wire.Message, error) {
	name := wire.Filename{Path: remote}
	if err := name.Validate(); err != nil {
		return nil, &RequestError{Name: remote, Err: err}
	}
	wait := v.set.Waits.Reply
	if v.set.MassStorage {
		wait = 0 // as long as the tape takes
	}
	return v.command(wait, m, name)
}

// granted checks the answer to m: nothing in it may go beyond what was asked
// for.
func (v version2) granted(m wire.Transfer, answer wire.Message) (*grant, error) {
	a, ok := answer.(wire.Transfer)
	if !ok || a.Kind != v.consent() {
		return nil, v.unexpected(answer, m.Kind)
	}
	if err := a.Validate(); err != nil {
		return nil, v.broken(err)
	}
	if a.Size > 0 && a.Streams > m.Streams || a.BufferSize > m.BufferSize {
		return nil, v.broken(fmt.Errorf("the server grants %d streams of %d KiB, more than the %d of %d KiB asked for",
			a.Streams, a.BufferSize, m.Streams, m.BufferSize))
	}
	ports, err := a.Ports.Numbers()
	if err != nil {
		return nil, v.broken(err)
	}
	g := &grant{
		size: a.Size, streams: int(a.Streams), ports: ports, storing: m.Kind == wire.MsgStoreV2,
		blocks: m.Options.Has(wire.OptGzip) && a.Options.Has(wire.OptGzip), block: a.BlockLimit(),
		accessed: v.time(a.Accessed), modified: v.time(a.Modified),
	}
	mode := fs.FileMode(a.Mode) & fs.ModePerm // set-id bits are for the owner to give
	g.mode = &mode
	if a.Size == 0 {
		g.streams = 0
		return g, nil
	}
	v.noted(int(v.share(m, a.Size)), g.streams)
	if m.Options.Has(wire.OptGzip) && !g.blocks {
		v.plain = true
		v.warn(CompressionRefused{})
	}
	return g, nil
}

// consent is the answer that fits the version.
func (v version2) consent() wire.Code {
	if v.version == 2 {
		return wire.MsgTransOKV2
	}
	return wire.MsgTransOKV3
}

// time reads a timestamp; one that makes no sense is none.
func (v version2) time(t wire.Timestamp) time.Time {
	at, err := t.Time()
	if err != nil {
		v.log.Warn("file time", "error", err)
	}
	return at
}

func (v version2) decline() { v.say(wire.MsgAbort) }

func (v version2) start(ctx context.Context, g *grant) (gather, error) {
	if v.version == 2 {
		return v.active(ctx, g)
	}
	return v.passive(ctx, g)
}

// active listens and tells the server where.
func (v version2) active(ctx context.Context, g *grant) (gather, error) {
	ls, err := v.listen(ctx, g.streams)
	if err != nil {
		v.decline()
		return nil, err
	}
	g.listening = ls
	m := wire.ActiveStart{Kind: wire.MsgTransStartV2}
	if v.set.Simulate {
		m.Kind = wire.MsgTransSimul
	}
	for _, port := range ls.ports() {
		m.Ports = append(m.Ports, int32(port))
	}
	if err := v.send(m); err != nil {
		return nil, err
	}
	return v.accept(ls), nil
}

// passive connects, which the server expects to be over when it is told.
func (v version2) passive(ctx context.Context, g *grant) (gather, error) {
	limit := v.set.Waits.Connect
	if g.storing {
		limit = min(limit, startWithin)
	}
	conns, err := v.connect(ctx, g.ports, limit)
	if err != nil {
		v.decline()
		return nil, err
	}
	kind := wire.MsgTransStartV3
	if v.set.Simulate {
		kind = wire.MsgTransSimulV3
	}
	if err := v.send(wire.NewPassiveStart(kind, g.streams)); err != nil {
		closeAll(conns)
		return nil, err
	}
	return func(context.Context) ([]*net.TCPConn, error) { return conns, nil }, nil
}

// startWithin is how long connecting may take before a store: the server waits
// 10 s for its start, and would then close without a word (wire.md 5).
const startWithin = 6 * time.Second
