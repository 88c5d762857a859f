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
	"log/slog"
	"net/netip"
	"os"
	"sync/atomic"
	"time"

	"bbftp/engine/control"
	"bbftp/engine/storage"
	"bbftp/engine/transfer"
	"bbftp/engine/trust"
	"bbftp/engine/wire"
	"bbftp/netio"
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
	// ClearText sends name and password unencrypted, to a server that allows it,
	// unless they go through TLS.
	ClearText bool
	// Trust, if set, has the control connection go through TLS where the server
	// offers it, and decides which servers may go without and which keys they may
	// have. Default: no TLS.
	Trust *trust.Policy
	// SSH, if set, starts the server through ssh instead of connecting to Port;
	// User may then be "" and Password is not used.
	SSH *SSH
	// Protocol is the only version to speak, 1, 2 or 3. Default 0: the highest
	// one in common.
	Protocol int
	// Active makes the server connect the data streams, which versions 1 and 2
	// do: version 3 is not offered.
	Active bool
	// DataPorts is where this side listens for data streams. Default: any port.
	DataPorts netio.PortRange
	// DataFrom is where data streams come from when the server answers from
	// another address than that of the control connection.
	DataFrom netip.Addr
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
	// RateLimit is the most bytes per second of all data streams together.
	// Default 0: no limit.
	RateLimit int64
	// Tuner chooses what Settings leave open for each file. Default: none.
	Tuner Tuner
	// Settings are the first ones; [Client.Settings] changes them.
	Settings
	// OnLogin, if set, is told each server greeting; over ssh there is none,
	// and it is told "".
	OnLogin func(greeting string)
	// OnTrust, if set, is told, before OnLogin, of each server that was logged in to
	// through TLS.
	OnTrust func(trust.Met)
	// OnReply, if set, is told the text with which the server confirms a command
	// that returns nothing else.
	OnReply func(text string)
	// OnRetry, if set, is told before each pause between two tries.
	OnRetry func(wait time.Duration, cause error)
	// OnWarning, if set, is told what does not stop an operation: a
	// [ServerInfo], a [CompressionRefused], a [StreamsLimited] or, with Trust, a
	// [PasswordExposed], a [NotRemembered]. While data moves it is called from another goroutine than the operation's.
	OnWarning func(warning error)
	// OnTransfer, if set, is told when the data of a file begin to move; after a
	// failure it may be told again of the same file.
	OnTransfer func(Progress)
	// Log receives what happens on the way. Default: none.
	Log *slog.Logger
}

// Client is a client of one server.
type Client struct {
	cfg      Config
	log      *slog.Logger
	engine   transfer.Engine
	local    *storage.Tree
	ldir     string
	confined *confinement // nil: local names may lead anywhere
	set      Settings     // of the running operation
	limiter  *netio.RateLimit

	ctl      *control.Conn  // nil while not connected
	unhook   func() bool    // frees ctl from the context of the running operation
	greeting string         // of the server at ctl, "" over ssh
	version  int            // agreed on
	choice   []wire.Message // what tells the server so, not sent yet
	presumed bool           // the answer to MSG_PROT is still to come
	wary     bool           // such an answer was another one: none is presumed any more
	fresh    bool           // no command was sent on ctl yet
	since    time.Time      // when ctl was logged in
	settled  time.Time      // when the server may take the next command
	talked   int            // bytes of warnings in the running try
	spoken   atomic.Bool    // a server has reacted to a command before

	// What each new connection begins with.
	umask *wire.IntCommand
	class *wire.IntCommand
	dir   string // remote directory to return to, "" for the login directory

	tuned   *tuned          // what the tuner chose for the running operation
	room    int             // the fewest streams the server has granted of more, 0: none known
	plain   bool            // the server can't compress
	warned  map[string]bool // why the streams were limited
	exposed bool            // the password has gone without TLS, and the user was told
}

// completed are the settings with their defaults, but for what a tuner chooses.
func (cfg Config) completed() Settings {
	s := cfg.Settings.WithDefaults()
	if cfg.Tuner != nil {
		s.Streams = cfg.Streams
	}
	return s
}

// New checks cfg and makes a client. It connects with the first operation.
func New(cfg Config) (*Client, error) {
	switch {
	case cfg.Host == "":
		return nil, errors.New("bbftp client: no host")
	case cfg.User == "" && cfg.SSH == nil:
		return nil, errors.New("bbftp client: no user")
	case cfg.Protocol < 0 || cfg.Protocol > 3:
		return nil, fmt.Errorf("bbftp client: protocol version %d: want 1, 2 or 3", cfg.Protocol)
	case cfg.Protocol == 3 && cfg.Active:
		return nil, errors.New("bbftp client: in version 3 the server never connects the data streams")
	case cfg.Tries < 0:
		return nil, fmt.Errorf("bbftp client: %d tries", cfg.Tries)
	}
	if cfg.Trust != nil {
		if err := cfg.Trust.Validate(); err != nil {
			return nil, fmt.Errorf("bbftp client: %w", err)
		}
	}
	if cfg.SSH != nil {
		if err := cfg.SSH.validate(cfg); err != nil {
			return nil, fmt.Errorf("bbftp client: %w", err)
		}
	}
	if err := cfg.validate(); err != nil {
		return nil, fmt.Errorf("bbftp client: %w", err)
	}
	if cfg.Port == 0 {
		cfg.Port = 5021
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
	cfg.Settings = cfg.completed()
	return &Client{
		cfg: cfg, log: cfg.Log, local: storage.Unconfined(cfg.Storage), ldir: cfg.LocalDir,
		limiter: netio.NewRateLimit(cfg.RateLimit),
		warned:  make(map[string]bool),
	}, nil
}

// Connect connects and logs in, which the first operation otherwise does.
func (c *Client) Connect(ctx context.Context) error { return c.retry(ctx, c.ready) }

// Close ends the session.
func (c *Client) Close() error {
	if c.ctl != nil {
		c.ctl.SetLimits(control.Limits{Receive: parting, Send: parting})
	}
	c.look()
	c.farewell()
	c.disconnect()
	_ = c.Confine("")
	return c.local.Close()
}

// parting is how long a server may take with the half message that it has sent last,
// or to take the last of ours: nothing depends on either.
const parting = time.Second

// Settings are those of the operations that follow; change them between two.
func (c *Client) Settings() *Settings { return &c.cfg.Settings }

// retry runs op until it succeeds, fails for good, or the tries are used up.
// A lost connection is made anew and what belongs to it restored.
func (c *Client) retry(ctx context.Context, op func(context.Context) error) error {
	if err := c.cfg.validate(); err != nil {
		return &LocalError{"settings", err}
	}
	c.set, c.tuned = c.cfg.completed(), nil
	for try := 1; ; try++ {
		c.talked = 0
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
		if err := sleep(ctx, c.cfg.RetryWait, nil); err != nil {
			return err
		}
	}
}

// sleep waits for d, ctx, or what closes early, if that is not nil.
func sleep(ctx context.Context, d time.Duration, early <-chan struct{}) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-early:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return nil
}
