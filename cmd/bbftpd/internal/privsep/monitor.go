package privsep

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/user"
	"runtime"
	"strconv"
	"sync"
	"time"

	"bbftp/cmd/bbftpd/internal/sandbox"
	"bbftp/engine/admission"
	"bbftp/engine/audit"
	"bbftp/engine/auth"
	"bbftp/engine/auth/system"
	"bbftp/engine/server"
	"bbftp/engine/trust"
	"bbftp/netio"
)

// Config describes a monitor. All but Identity is required.
type Config struct {
	// Accounts checks passwords, and says as whom a session runs.
	Accounts system.Accounts
	Gate     *admission.Gate
	// Audit is told of every login, file and change, and so is Log of events.
	Audit audit.Sink
	Log   *slog.Logger
	// Identity is the server's in TLS, which is not offered without. Its key
	// stays in this process.
	Identity *trust.Identity
	// RunAs names the user of the processes before the login: one that owns
	// nothing, and nobody else runs as.
	RunAs    string
	Settings Settings
	// Silence is how long a session may stand still before it is taken for stuck, and
	// killed: for no longer, and not before three quarters of it. Default 2 min.
	Silence time.Duration
	// asking has a session asked whether it is there, at each tick until stop. Default: four
	// times in Silence.
	asking func(user string) (ticks <-chan time.Time, stop func())
}

const defaultSilence = 2 * time.Minute

// Monitor accepts connections and has other processes serve them.
type Monitor struct {
	cfg      Config
	door     identity
	acceptor server.Acceptor
	starts   *turns
	shares   shares
	drained  chan struct{} // closed when Serve returns
	draining context.Context
	drain    context.CancelFunc

	mu      sync.RWMutex
	current terms // guarded by mu
}

// terms are what connections that come now are served with.
type terms struct {
	settings Settings
	identity *trust.Identity
	server   *server.Server // for those it refuses; it serves nobody
}

// identity is the user of a process.
type identity struct {
	uid, gid uint32
	groups   []uint32
}

// New checks cfg and makes a monitor. It fails unless this process is root, on Linux.
func New(cfg Config) (*Monitor, error) {
	if os.Geteuid() != 0 {
		return nil, errors.New("sessions of system accounts become their users, which only root can: start as root")
	}
	if cfg.Silence == 0 {
		cfg.Silence = defaultSilence
	}
	if cfg.asking == nil {
		cfg.asking = func(string) (<-chan time.Time, func()) {
			t := time.NewTicker(cfg.Silence / questions)
			return t.C, t.Stop
		}
	}
	door, err := nobody(cfg.RunAs)
	if err != nil {
		return nil, fmt.Errorf("user of the processes before the login: %w", err)
	}
	m := &Monitor{
		cfg:  cfg,
		door: door,
		// More would not be there any sooner.
		starts:  newTurns(runtime.GOMAXPROCS(0)),
		drained: make(chan struct{}),
	}
	withhold()
	m.draining, m.drain = context.WithCancel(context.Background())
	m.acceptor = server.Acceptor{
		Gate: cfg.Gate, Log: cfg.Log, Audit: cfg.Audit,
		Refuse: func(conn net.Conn, reason error) { m.now().server.Refuse(conn, reason) },
	}
	if err := m.Configure(cfg.Settings, cfg.Identity); err != nil {
		return nil, err
	}
	for _, what := range sandbox.Missing() {
		cfg.Log.Warn("this kernel can't confine the processes of clients as it might: they have the rights of their users", "missing", what)
	}
	return m, nil
}

// nobody looks up a user who owns nothing.
func nobody(name string) (identity, error) {
	u, err := user.Lookup(name)
	if err != nil {
		return identity{}, fmt.Errorf("%w; name one with --run-as USER", err)
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return identity{}, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return identity{}, err
	}
	if uid == 0 || gid == 0 {
		return identity{}, fmt.Errorf("%s has rights of root: name an unprivileged user with --run-as USER", name)
	}
	return identity{uid: uint32(uid), gid: uint32(gid)}, nil
}

// Configure changes the terms of who connects from now on, and of everybody the
// rate. An error leaves them as they were. id nil: TLS is not offered.
func (m *Monitor) Configure(settings Settings, id *trust.Identity) error {
	settings = settings.passable()
	// The processes have no privileges, and a door that fails can't say why.
	if err := netio.CheckCongestionUnprivileged(settings.Server.Congestion); err != nil {
		return err
	}
	s, err := server.New(settings.session(m.cfg.Log, m.cfg.Audit))
	if err != nil {
		return err
	}
	m.mu.Lock()
	m.current = terms{settings: settings, identity: id, server: s}
	m.mu.Unlock()
	m.shares.limit(settings.Server.RateLimit)
	return nil
}

func (m *Monitor) now() terms {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.current
}

// Serve serves the clients of l until ctx ends, which ends their sessions too, or
// until [Monitor.Drain]; it returns once all processes it started are gone. It
// closes l, whose connections must be those of TCP. It may be called once.
func (m *Monitor) Serve(ctx context.Context, l net.Listener) error {
	defer close(m.drained)
	keys := auth.NewKeyPool(ctx, 0)
	m.acceptor.Serve = func(ctx context.Context, conn net.Conn, visit *admission.Visit) {
		m.serve(ctx, conn, visit, keys)
	}
	return m.acceptor.Run(ctx, l)
}

// Drain lets nobody in any more, ends sessions that wait for their client, and the
// others when their transfer is over. It returns after the last, or with the cause of
// ctx, after which the context of Serve can end what is left.
func (m *Monitor) Drain(ctx context.Context) error {
	m.drain()
	m.acceptor.Drain()
	select {
	case <-m.drained:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
