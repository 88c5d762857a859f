package privsep

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"time"

	"bbftp/engine/admission"
	"bbftp/engine/audit"
	"bbftp/engine/auth"
	"bbftp/engine/auth/system"
)

// connection is what the monitor knows of one client. Its goroutine owns it.
//
//	key ready ─► door started ─► LOGIN ─┬─ check ─► denied, busy, full ─► the door says so and ends
//	                                    │    └────► ADMITTED ─ enter ─► session started ─► SERVED ─► both gone
//	                                    ├─ sign, once, before check ─► LOGIN
//	                                    └─ line, record ─► written down
//
// A process that breaks these rules, the end of the time for a login, eviction and
// the end of the monitor's context kill what runs; the death of either process ends the connection.
type connection struct {
	monitor *Monitor
	terms   terms
	visit   *admission.Visit
	log     *slog.Logger
	client  netip.AddrPort
	local   netip.AddrPort

	claimed string      // user of the login, as its client spelt it
	user    system.User // once admitted
	checked bool
	due     time.Time // when the answer to check must be known
	entered *entering
	signed  bool
	lines   int
	record  bool // of the login was written
}

// Bounds of a door.
const (
	// maxDoorLines is more than an honest one writes.
	maxDoorLines = 16
	// defaultLogin is how long a login takes at most where settings don't say.
	defaultLogin = time.Minute
	// grace is what a process has to end of itself.
	grace = 5 * time.Second
	// farewell is what a door has, of the time for the login, to say that it failed, and
	// after it, to end.
	farewell = 2 * time.Second
)

var errLogin = errors.New("login not over within the time limit")

// serve serves one client to the end of its processes.
func (m *Monitor) serve(ctx context.Context, conn net.Conn, visit *admission.Visit, keys *auth.KeyPool) {
	defer func() { _ = conn.Close() }()
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		m.cfg.Log.Error("connection refused: not one of TCP", "client", conn.RemoteAddr().String())
		return
	}
	c := &connection{monitor: m, terms: m.now(), visit: visit, client: unmapped(tcp.RemoteAddr()), local: unmapped(tcp.LocalAddr())}
	c.log = m.cfg.Log.With("client", c.client.String())
	err := c.run(ctx, tcp, keys)
	switch {
	case ctx.Err() != nil:
		c.log.Info("connection ended", "reason", context.Cause(ctx))
	case err != nil:
		c.log.Warn("connection failed", "error", err)
	}
}

func unmapped(addr net.Addr) netip.AddrPort {
	ap := addr.(*net.TCPAddr).AddrPort()
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}

func (c *connection) run(ctx context.Context, tcp *net.TCPConn, keys *auth.KeyPool) error {
	key, err := keys.TakeOwn(ctx)
	if err != nil {
		return err
	}
	der, err := key.Marshal()
	if err != nil {
		return fmt.Errorf("pass on a login key: %w", err)
	}
	defer clear(der)
	conn, err := tcp.File()
	if err != nil {
		return fmt.Errorf("pass on a connection: %w", err)
	}
	defer func() { _ = conn.Close() }()
	first := &doorOrder{Settings: c.terms.settings, Key: der}
	var relay *os.File // the session's end of it
	var more []*os.File
	if id := c.terms.identity; id != nil {
		first.Chain = id.Chain
		ours, theirs, err := pair()
		if err != nil {
			return err
		}
		defer func() { _ = ours.Close() }()
		defer func() { _ = theirs.Close() }()
		relay, more = ours, []*os.File{theirs}
	}
	door, err := c.monitor.start(ctx, partDoor, c.monitor.door, conn, more...)
	if err != nil {
		return err
	}
	defer door.end()
	for _, file := range more {
		_ = file.Close()
	}
	err = c.login(ctx, door, first)
	if err == nil && c.entered != nil {
		_ = tcp.Close() // the descriptor conn goes on
		err = c.session(ctx, door, conn, relay)
	}
	return c.buried(door, err)
}

// buried waits for the end of the door, at once if err was the end of its client.
func (c *connection) buried(door *process, err error) error {
	defer func() { _ = door.Close() }() // it hears of no end before it has passed on all
	if err != nil {
		door.kill()
	}
	died := door.wait(grace)
	switch {
	case c.record || died == nil:
		return err
	case err == nil:
		err = fmt.Errorf("%s: %w", reasonDied, died)
	}
	c.audit(audit.Record{Event: audit.Login, Outcome: audit.Failed, Reason: reason(err), User: c.claimed})
	return err
}

// Reasons of records.
const (
	reasonDied  = "its process died"
	reasonRules = "its process broke the rules"
)

// reason is err without what a process has said.
func reason(err error) string {
	switch {
	case errors.Is(err, errRules):
		return reasonRules
	case errors.Is(err, errLogin):
		return errLogin.Error()
	}
	return reasonDied
}

// login answers the door until it has a client to be served, or none.
func (c *connection) login(ctx context.Context, door *process, first *doorOrder) error {
	limit := c.terms.settings.Waits.Login
	if limit == 0 {
		limit = defaultLogin
	}
	// An honest door keeps the limit by itself, and says so to the client.
	c.due = time.Now().Add(limit - min(farewell, limit/4))
	ctx, cancel := context.WithTimeoutCause(ctx, limit+farewell, errLogin)
	defer cancel()
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	defer context.AfterFunc(c.monitor.draining, func() { stop(admission.ErrStopping) })()
	defer context.AfterFunc(ctx, door.kill)()
	if err := door.send(order{Door: first}); err != nil {
		return ended(ctx, err)
	}
	c.visit.Waiting(true)
	defer c.visit.Waiting(false)
	for c.entered == nil {
		frame, err := door.receive(maxDoor)
		if err != nil {
			return ended(ctx, err)
		}
		r, err := parseRequest(frame)
		clear(frame)
		if err != nil {
			return err
		}
		if err := c.answer(ctx, door, r); err != nil {
			return err
		}
	}
	return nil
}

// audit writes down r, of which the process that asked for it has no say in whom
// it is about.
func (c *connection) audit(r audit.Record) {
	r.Time, r.Client, r.Session = time.Now(), c.client, c.visit.Number()
	if c.user.Name != "" {
		r.User = c.user.Name
	}
	c.monitor.cfg.Audit.Record(r)
}
