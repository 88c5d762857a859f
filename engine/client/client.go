// Package client is the bbftp client: it connects, logs in, moves files and
// keeps its place through broken connections.
//
// A Client belongs to one goroutine. Its operations connect when needed, retry
// what a retry may mend, and leave either a complete target or none.
package client

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/netip"
	"os"
	"sync/atomic"
	"time"

	"bbftp/engine/control"
	"bbftp/engine/storage"
	"bbftp/engine/transfer"
	"bbftp/engine/wire"
)

// Config describes a client. Host, User and Password are required; the zero
// value of the other fields is the documented default.
type Config struct {
	// Host is a name or an address; Port its control port. Default 5021.
	Host string
	Port uint16
	User string
	// Password is sent encrypted, unless ClearText is set.
	Password string
	// ClearText sends name and password unencrypted, to a server that allows it.
	ClearText bool
	// Protocol forces a version. Default 0: ask for the newest, fall back to 1.
	Protocol int
	// Streams is the number of data streams a file, 1 to 10. Default 1.
	Streams int
	// Compress sends and asks for zlib blocks.
	Compress bool
	// MassStorage retrieves from the server's mass storage.
	MassStorage bool
	// DataFrom is where data streams come from when the server answers from
	// another address than that of the control connection.
	DataFrom netip.Addr
	// Umask is taken from the mode (0666) of retrieved files.
	Umask fs.FileMode
	// LocalDir is where relative local names begin. Default: the working
	// directory of the process.
	LocalDir string
	// Storage bounds what a server can make this machine store. Its reserve is
	// none by default: this is the user's own disk.
	Storage storage.Limits
	// Tries is how often an operation is tried. Default 5.
	Tries int
	// RetryWait is the pause between two tries. Default 30 s.
	RetryWait time.Duration
	// Waits bounds each wait for the server.
	Waits Waits
	// OnLogin, if set, is told each server greeting.
	OnLogin func(greeting string)
	// OnRetry, if set, is told before each pause between two tries.
	OnRetry func(wait time.Duration, cause error)
	// Log receives what happens on the way. Default: none.
	Log *slog.Logger
}

// Waits are the client's time limits (wire.md 5). Zero values are the
// documented defaults. A legacy version 1 server may idle 20 s before its
// first byte: none of these may be shorter than 30 s in production.
type Waits struct {
	Connect time.Duration // for the host to answer, default 60 s
	Reply   time.Duration // for an answer that is due, default 180 s
	Accept  time.Duration // for the server to call back, default 200 s
	Idle    time.Duration // a data stream without progress, default 300 s
	Ack     time.Duration // for the ACK of a sent segment, default 100 s
	Settle  time.Duration // after a failed transfer, before the next command, default 2 s
}

func (w Waits) withDefaults() Waits {
	set := func(d *time.Duration, def time.Duration) {
		if *d == 0 {
			*d = def
		}
	}
	set(&w.Connect, 60*time.Second)
	set(&w.Reply, 180*time.Second)
	set(&w.Accept, 200*time.Second)
	set(&w.Idle, 300*time.Second)
	set(&w.Ack, 100*time.Second)
	set(&w.Settle, 2*time.Second)
	return w
}

// Client is a client of one server.
type Client struct {
	cfg    Config
	log    *slog.Logger
	engine transfer.Engine
	local  *storage.Tree
	ldir   string

	ctl     *control.Conn // nil while not connected
	unhook  func() bool   // frees ctl from the context of the running operation
	fresh   bool          // no command was sent on ctl yet
	spoken  atomic.Bool   // the server has reacted to a command before
	since   time.Time     // when ctl was logged in
	settled time.Time     // when the server may take the next command
	dir     string        // remote directory to return to, "" for the login directory
}

// New checks cfg and makes a client. It connects with the first operation.
func New(cfg Config) (*Client, error) {
	switch {
	case cfg.Host == "":
		return nil, errors.New("bbftp client: no host")
	case cfg.User == "":
		return nil, errors.New("bbftp client: no user")
	case cfg.Streams < 0 || cfg.Streams > wire.MaxStreamsV1:
		return nil, fmt.Errorf("bbftp client: %d streams: version 1 takes 1 to %d", cfg.Streams, wire.MaxStreamsV1)
	case cfg.Protocol != 0 && cfg.Protocol != 1:
		return nil, fmt.Errorf("bbftp client: protocol version %d is not supported: only 1 is", cfg.Protocol)
	case cfg.Tries < 0:
		return nil, fmt.Errorf("bbftp client: %d tries", cfg.Tries)
	}
	if cfg.Port == 0 {
		cfg.Port = 5021
	}
	if cfg.Streams == 0 {
		cfg.Streams = 1
	}
	if cfg.Tries == 0 {
		cfg.Tries = 5
	}
	if cfg.RetryWait == 0 {
		cfg.RetryWait = 30 * time.Second
	}
	if cfg.LocalDir == "" {
		var err error
		if cfg.LocalDir, err = os.Getwd(); err != nil {
			return nil, fmt.Errorf("bbftp client: find the local directory: %w", err)
		}
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Storage.Reserve == 0 {
		cfg.Storage.Reserve = storage.NoReserve
	}
	cfg.Waits = cfg.Waits.withDefaults()
	return &Client{cfg: cfg, log: cfg.Log, local: storage.Unconfined(cfg.Storage), ldir: cfg.LocalDir}, nil
}

// Connect connects and logs in, which the first operation otherwise does.
func (c *Client) Connect(ctx context.Context) error { return c.retry(ctx, c.ready) }

// Close ends the session. Version 1 has no farewell: the client just closes.
func (c *Client) Close() error {
	c.disconnect()
	return c.local.Close()
}

// SetCompress switches compressed framing for the transfers that follow.
func (c *Client) SetCompress(on bool) { c.cfg.Compress = on }

// SetMassStorage makes the gets that follow read the server's mass storage.
func (c *Client) SetMassStorage(on bool) { c.cfg.MassStorage = on }

// retry runs op until it succeeds, fails for good, or the tries are used up.
// A lost connection is made anew and the remote directory restored.
func (c *Client) retry(ctx context.Context, op func(context.Context) error) error {
	for try := 1; ; try++ {
		err := op(ctx)
		c.release()
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			// Cancelling closes the connection: what fails then is a consequence.
			return context.Cause(ctx)
		case !Retryable(err):
			return err
		}
		if try >= c.cfg.Tries {
			return &ExhaustedError{Tries: try, Err: err}
		}
		if c.cfg.OnRetry != nil {
			c.cfg.OnRetry(c.cfg.RetryWait, err)
		}
		if err := sleep(ctx, c.cfg.RetryWait); err != nil {
			return err
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
