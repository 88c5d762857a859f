package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"runtime/debug"
	"sync"
	"syscall"
	"time"

	"bbftp/engine/admission"
	"bbftp/engine/audit"
	"bbftp/engine/control"
	"bbftp/netio"
)

// Acceptor takes the connections of a listener and serves those that its gate lets
// in, each in a goroutine of its own. A panic there ends that connection only.
//
//	running ─┬─ ctx ends: connections are cut ────────┐
//	         └─ Drain: no more of them, those left end ┴─► Run returns
//
// Where there is no place, up to [Lobby] connections wait a second for a session that is
// ending; the others are refused at once. Peers that are gone without a word end their
// connections: see [Unheard].
type Acceptor struct {
	// Gate decides who may come in.
	Gate *admission.Gate
	// Log receives refusals and failures.
	Log *slog.Logger
	// Audit is told of refusals; nil: nobody is.
	Audit audit.Sink
	// Refuse answers and closes a connection that was not let in, for one of the
	// errors of package admission. It must not wait: others stand behind it.
	Refuse func(net.Conn, error)
	// Serve serves a connection to its end and closes it. ctx ends, as that of Run
	// does, when its place is given to somebody else. The visit is left after it.
	Serve func(ctx context.Context, conn net.Conn, visit *admission.Visit)

	once   sync.Once
	ending context.Context
	end    context.CancelFunc
	lobby  chan struct{} // holds one element for each connection that waits for a place
}

// errEvicted is the cause of a connection's end that had to make way.
var errEvicted = errors.New("kept the server waiting while others wanted its place")

// Lobby is how many connections wait for a place, with a descriptor each.
const Lobby = 32

func (a *Acceptor) init() {
	a.once.Do(func() {
		a.ending, a.end = context.WithCancel(context.Background())
		a.lobby = make(chan struct{}, Lobby)
	})
}

// Drain has no connection come in any more: listeners are closed, and Run returns
// when those that are in have ended by themselves. That they do is the matter of
// whoever serves them.
func (a *Acceptor) Drain() {
	a.init()
	a.Gate.Shut()
	a.end()
}

// Run serves the connections of l until ctx ends, which also ends the context of
// each, or until Drain, and returns once all of them are gone. It closes l, whose
// connections must be those of TCP. The error is that of a listener that fails.
func (a *Acceptor) Run(ctx context.Context, l net.Listener) error {
	a.init()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var serving sync.WaitGroup
	defer serving.Wait()
	closeListener := func() { _ = l.Close() }
	defer closeListener()
	defer context.AfterFunc(ctx, closeListener)()
	defer context.AfterFunc(a.ending, closeListener)()
	err := a.accept(ctx, l, &serving)
	if err != nil {
		cancel()
	}
	return err
}

func (a *Acceptor) accept(ctx context.Context, l net.Listener, serving *sync.WaitGroup) error {
	for {
		conn, err := l.Accept()
		if ctx.Err() != nil || a.ending.Err() != nil {
			if err == nil {
				a.refuse(conn, admission.ErrStopping)
			}
			return nil
		}
		if err == nil {
			a.admit(ctx, conn, serving)
			continue
		}
		if errors.Is(err, net.ErrClosed) || errors.Is(err, syscall.EINVAL) { // EINVAL: it does not listen
			return fmt.Errorf("accept on %v: %w", l.Addr(), err)
		}
		// All others pass: no descriptors until a session ends, a firewall,
		// a client that gave up meanwhile (accept(2)).
		a.Log.Error("accept", "error", err)
		select {
		case <-ctx.Done():
		case <-a.ending.Done():
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// admit serves conn if it may come in.
func (a *Acceptor) admit(ctx context.Context, conn net.Conn, serving *sync.WaitGroup) {
	noticeEnd(conn)
	ctx, evict := context.WithCancelCause(ctx)
	from, evicted := control.AddrPort(conn.RemoteAddr()).Addr(), func() { evict(errEvicted) }
	visit, err := a.Gate.TryEnter(from, evicted)
	if admission.Passing(err) {
		select {
		case a.lobby <- struct{}{}:
			serving.Go(func() {
				defer evict(nil)
				visit, err := a.Gate.EnterSoon(ctx, from, evicted)
				<-a.lobby
				a.receive(ctx, conn, visit, err)
			})
			return
		default:
		}
	}
	if err != nil {
		if visit, err = a.Gate.Enter(from, evicted); err != nil { // which counts it
			evict(nil)
			a.refuse(conn, err)
			return
		}
	}
	serving.Go(func() {
		defer evict(nil)
		a.receive(ctx, conn, visit, nil)
	})
}

// receive serves a connection that has a place, and refuses others.
func (a *Acceptor) receive(ctx context.Context, conn net.Conn, visit *admission.Visit, refused error) {
	if refused != nil {
		a.refuse(conn, refused)
		return
	}
	defer visit.Leave()
	defer survive(a.Log, conn)
	a.Serve(ctx, conn, visit)
}

func (a *Acceptor) refuse(conn net.Conn, reason error) {
	recordRefusal(a.Log, a.Audit, conn, reason)
	a.Refuse(conn, reason)
}

// Unheard is how long the peer of a control connection may leave unacknowledged what
// was sent to it, or the kernel's probes, the first of which comes when nothing has
// been heard for 15 s: a machine that vanished can't say that it is gone. Where the
// system has no such limit (see [netio.Options]), its own hold.
const Unheard = 2 * time.Minute

// noticeEnd sets that limit; package net has probes sent on whatever it accepts.
func noticeEnd(conn net.Conn) {
	if tcp, ok := conn.(syscall.Conn); ok {
		_ = netio.SetUserTimeout(tcp, Unheard)
	}
}

// survive keeps a defect in one session from ending the others.
func survive(log *slog.Logger, conn net.Conn) {
	if p := recover(); p != nil {
		_ = conn.Close()
		log.Error("session crashed", "client", conn.RemoteAddr().String(), "panic", p, "stack", string(debug.Stack()))
	}
}
