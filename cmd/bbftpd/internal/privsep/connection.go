package privsep

import (
	"cmp"
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
	"bbftp/engine/control"
)

// connection is what the monitor knows of one client. Its goroutine owns it.
//
//	its turn ─► door started ─► LOGIN ─┬─ check ─► denied, busy, full ─► the door says so and ends
//	                                   │    └────► ADMITTED ─ enter ─► session started ─► SERVED ─► both gone
//	                                   ├─ sign, once, before check ─► LOGIN
//	                                   └─ line, record ─► written down
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
	ready   bool   // the door is
	started func() // ends the turn of its start
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

var (
	errLogin  = errors.New("login not over within the time limit")
	errHungUp = errors.New("the client has hung up before its turn")
)

// serve serves one client to the end of its processes.
func (m *Monitor) serve(ctx context.Context, conn net.Conn, visit *admission.Visit, keys *auth.KeyPool) {
	defer func() { _ = conn.Close() }()
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		m.cfg.Log.Error("connection refused: not one of TCP", "client", conn.RemoteAddr().String())
		return
	}
	c := &connection{monitor: m, terms: m.now(), visit: visit, client: control.AddrPort(tcp.RemoteAddr()), local: control.AddrPort(tcp.LocalAddr())}
	c.log = m.cfg.Log.With("client", c.client.String())
	err := c.run(ctx, tcp, keys)
	switch {
	case ctx.Err() != nil:
		c.log.Info("connection ended", "reason", context.Cause(ctx))
	case err != nil:
		c.log.Warn("connection failed", "error", err)
	}
}

func (c *connection) run(ctx context.Context, tcp *net.TCPConn, keys *auth.KeyPool) error {
	if err := c.turn(ctx, tcp); err != nil {
		c.audit(audit.Record{Event: audit.Login, Outcome: audit.Failed, Reason: err.Error()})
		return err
	}
	defer c.started()
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
	door, err := start(partDoor, c.monitor.door, append([]*os.File{conn}, more...)...)
	if err != nil {
		return err
	}
	defer door.end()
	// One that is not there by then is no reason to keep others waiting.
	defer time.AfterFunc(grace, c.started).Stop()
	for _, file := range more {
		_ = file.Close()
	}
	err = c.login(ctx, door, first)
	c.started() // whether it was ready or not
	if err == nil && c.entered != nil {
		_ = tcp.Close() // the descriptor conn goes on
		err = c.session(ctx, door, conn, relay)
	}
	return c.buried(door, err)
}

// turn waits for the turn to start a door. Meanwhile the place may be given away. Taking
// the key of the login is a part of the start: keys are made one by one.
func (c *connection) turn(ctx context.Context, tcp *net.TCPConn) (err error) {
	ctx, cancel := c.bound(ctx, c.limit())
	defer cancel()
	c.visit.Waiting(true)
	defer c.visit.Waiting(false)
	if c.started, err = c.monitor.starts.take(ctx, queueOf(c.client.Addr())); err != nil {
		return err
	}
	if hungUp(tcp) {
		c.started()
		return errHungUp
	}
	return nil
}

// limit is how long a client may take for its login.
func (c *connection) limit() time.Duration {
	return cmp.Or(c.terms.settings.Server.Waits.Login, defaultLogin)
}

// bound is a context for what comes before the login: it ends after some time, and when
// nobody is to be let in any more.
func (c *connection) bound(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, errLogin)
	ctx, stop := context.WithCancelCause(ctx)
	undo := context.AfterFunc(c.monitor.draining, func() { stop(admission.ErrStopping) })
	return ctx, func() {
		undo()
		stop(nil)
		cancel()
	}
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
	limit := c.limit()
	// An honest door keeps the limit by itself, and says so to the client.
	c.due = time.Now().Add(limit - min(farewell, limit/4))
	ctx, cancel := c.bound(ctx, limit+farewell)
	defer cancel()
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
