package client

import (
	"context"
	"io/fs"
	"net"
	"os"
	"time"

	"bbftp/engine/storage"
	"bbftp/engine/telemetry"
	"bbftp/engine/transfer"
)

// Transfer is the record of a completed transfer.
type Transfer struct {
	Op         string // "put" or "get"
	Local      string
	Remote     string
	Bytes      int64
	Streams    int
	Compressed bool
	Simulated  bool
	// BufferSize, SendWindow and RecvWindow are those announced, in KiB; 0 in
	// version 1, which announces none.
	BufferSize, SendWindow, RecvWindow int
	// Duration counts from the go-ahead to the server's final word.
	Duration time.Duration
	// Paths says how the payload travelled on this side.
	Paths transfer.Paths
	// Report tells what it cost and what held it back.
	Report telemetry.Report
	// Why tells how the number of streams was chosen, if it was.
	Why []string
}

// grant is a transfer the server has consented to.
type grant struct {
	size    int64
	streams int
	blocks  bool // compressed framing
	block   int  // the largest block in bytes

	// The attributes of a file to retrieve, zero where they are not known.
	mode               *fs.FileMode
	accessed, modified time.Time

	// Where the data streams begin: version 1 listens before it asks, in version
	// 3 the server listens.
	listening listeners
	ports     []uint16
	storing   bool
}

func (g *grant) close() { g.listening.close() }

// dialect is what the versions do in different ways. Its methods need a ready
// connection.
type dialect interface {
	// store asks the server to take a file. An empty one is complete with that:
	// there is no grant then.
	store(ctx context.Context, remote string, src *storage.Source) (*grant, error)
	// retrieve asks for a file.
	retrieve(ctx context.Context, remote string) (*grant, error)
	// decline tells the server that nothing comes of its grant.
	decline()
	// start gives the go-ahead. The streams are there when gather returns.
	start(ctx context.Context, g *grant) (gather, error)
}

// gather waits for the data streams of a file and returns them in the order of
// its segments, or none.
type gather func(context.Context) ([]*net.TCPConn, error)

func (c *Client) dialect() dialect {
	if c.version == 1 {
		return version1{c}
	}
	return version2{c}
}

// mover is [transfer.Engine.Send] or its counterpart.
type mover func(context.Context, []*net.TCPConn, *os.File, int64, transfer.Options, *transfer.Counters) error

// carry moves the data of g between the server and file, and completes t.
func (c *Client) carry(ctx context.Context, t *Transfer, g *grant, file *os.File, move mover) error {
	t.Streams, t.Compressed = g.streams, g.blocks
	if c.version > 1 {
		t.SendWindow, t.RecvWindow = c.announced()
	}
	if c.tuned != nil {
		t.Why = c.tuned.Why
	}
	var counters transfer.Counters
	began := time.Now()
	streams, err := c.dialect().start(ctx, g)
	if err != nil {
		return err
	}
	if !t.Simulated && c.cfg.OnTransfer != nil {
		c.cfg.OnTransfer(Progress{
			Op: t.Op, Local: t.Local, Remote: t.Remote, Bytes: t.Bytes, Streams: t.Streams,
			Moved: func() int64 { return counters.Paths().Payload() },
		})
	}
	options := transfer.Options{
		Blocks: g.blocks, BlockSize: g.block, Always: c.set.CompressAlways, Limit: c.limiter,
		Sparse: c.set.Sparse, WriteBehind: c.set.Sync,
		Idle: c.set.Waits.Idle, AckWait: c.set.Waits.Ack,
	}
	err = c.conclude(ctx, func(ctx context.Context) error {
		conns, err := streams(ctx)
		if err != nil {
			return err
		}
		if t.Simulated {
			closeAll(conns) // without a byte and without an ACK (wire.md 6.6)
			return nil
		}
		return move(ctx, conns, file, t.Bytes, options, &counters)
	})
	t.Duration, t.Paths, t.Report = time.Since(began), counters.Paths(), counters.Report()
	if err == nil {
		c.learn(t)
	}
	return err
}

// record begins the record of a transfer.
func (c *Client) record(op, local, remote string) *Transfer {
	t := &Transfer{Op: op, Local: local, Remote: remote, Compressed: c.compress(), Simulated: c.set.Simulate}
	if c.version > 1 {
		t.BufferSize = c.set.BufferSize
		t.SendWindow, t.RecvWindow = c.announced()
	}
	return t
}

// compress tells whether to ask for compressed framing. A server that refused
// it once is not asked again (wire.md 8.3).
func (c *Client) compress() bool { return c.set.Compress && !c.plain }
