package faults

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"bbftp/engine/wire"
)

// relay stands between a client and its server, on the control connection and
// on every data stream, and counts the steps of the protocol. When the step it
// was made for is reached it lets nothing pass until the fault has been brought
// about: which byte was the last is then no matter of time.
//
//	client ── control ──► near relay far ── control ──► server
//	client ◄─── data ──── near relay far ◄─── data ──── server   versions 1 and 2
//	client ──── data ───► near relay far ──── data ───► server   version 3
type relay struct {
	near, far netip.Addr // its own addresses, towards either side
	client    netip.Addr
	server    netip.AddrPort
	at        step
	// identity is what the server shows in TLS, which the relay goes through with either
	// side; nil: not offered.
	identity *tls.Config
	// fault happens at the step, once. The byte held back at lastByte is lost
	// with it if it says so.
	fault func() (lost bool)

	ctx  context.Context // ends with the relay
	stop context.CancelFunc
	all  sync.WaitGroup
	done chan struct{} // closed when the fault has happened

	mu    sync.Mutex // held while something passes, until the fault has happened
	acks  *sync.Cond
	fired bool
	calls int // control connections so far
	open  []io.Closer
	shut  bool
}

// start opens the relay; port is where clients find it.
func (r *relay) start() (port uint16, err error) {
	r.acks, r.done = sync.NewCond(&r.mu), make(chan struct{})
	r.ctx, r.stop = context.WithCancel(context.Background())
	listener, err := listen(r.near)
	if err != nil {
		return 0, err
	}
	r.keep(listener)
	r.all.Go(func() {
		for {
			near, err := listener.AcceptTCP()
			if err != nil {
				return
			}
			r.all.Go(func() { r.control(near) })
		}
	})
	return uint16(listener.Addr().(*net.TCPAddr).Port), nil
}

func listen(at netip.Addr) (*net.TCPListener, error) {
	return net.ListenTCP("tcp", net.TCPAddrFromAddrPort(netip.AddrPortFrom(at, 0)))
}

// close ends everything at once.
func (r *relay) close() {
	r.stop()
	r.mu.Lock()
	r.shut, r.fired = true, true
	for _, c := range r.open {
		_ = c.Close()
	}
	r.acks.Broadcast()
	r.mu.Unlock()
	r.all.Wait()
}

// dial connects from one of the relay's addresses. Where its own link is down it waits, as the packets of a
// machine that knew nothing of that would.
func (r *relay) dial(from netip.Addr, to netip.AddrPort) (*net.TCPConn, error) {
	d := net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(from, 0))}
	for {
		conn, err := d.DialContext(r.ctx, "tcp", to.String())
		switch {
		case err == nil:
			r.keep(conn)
			return conn.(*net.TCPConn), nil
		case !errors.Is(err, unix.ENETUNREACH) && !errors.Is(err, unix.EHOSTUNREACH):
			return nil, err
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func (r *relay) keep(open ...io.Closer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open = append(r.open, open...)
	if r.shut {
		for _, c := range open {
			_ = c.Close()
		}
	}
}

// reach is told of each step, with mu held.
func (r *relay) reach(s step) (lost bool) {
	if s != r.at || r.fired {
		return false
	}
	lost = r.fault()
	r.fired = true
	r.acks.Broadcast()
	close(r.done)
	return lost
}

// struck tells whether the fault has happened; one under way is waited for.
func (r *relay) struck() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.fired
}

// called tells how often a client came.
func (r *relay) called() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.calls
}

// dialogue is one control connection and what is known of its transfer; the
// relay's mu guards it.
type dialogue struct {
	*relay
	loggedIn, asked, storing, gzip bool
	size, claimed, moved           int64 // bytes of content
	streams, links, answers        int   // agreed on, connected, acknowledged
}

// party is a side of a control connection.
type party struct {
	net.Conn // what it says: TCP, or what TLS made of it
	tcp      *net.TCPConn
}

func (r *relay) control(near *net.TCPConn) {
	r.keep(near)
	far, err := r.dial(r.far, r.server)
	if err != nil {
		_ = near.Close()
		return // the server is gone
	}
	defer func() { _ = near.Close(); _ = far.Close() }()
	d := &dialogue{relay: r}
	r.mu.Lock()
	r.calls++
	r.reach(connected)
	r.mu.Unlock()
	client, server := &party{near, near}, &party{far, far}
	if r.identity != nil && !d.secure(client, server) {
		return
	}
	var both sync.WaitGroup
	both.Go(func() { d.messages(client, server, wire.Client) })
	both.Go(func() { d.messages(server, client, wire.Server) })
	both.Wait()
}

func (d *dialogue) messages(from, to *party, sender wire.Sender) {
	for {
		if _, err := d.message(from, to, sender); err != nil {
			d.over(from, to, err)
			return
		}
	}
}

// message passes one on.
func (d *dialogue) message(from, to *party, sender wire.Sender) (wire.Message, error) {
	m, err := wire.Read(from, sender)
	if err == nil {
		err = d.say(to, m, sender)
	}
	return m, err
}

// over passes on how a party ended.
func (d *dialogue) over(from, to *party, err error) {
	if secured, ok := to.Conn.(*tls.Conn); ok {
		switch {
		case errors.Is(err, io.EOF):
			_ = secured.CloseWrite()
		case errors.Is(err, io.ErrUnexpectedEOF): // it died: TLS was told no end
			err = io.EOF
		}
	}
	end(from.tcp, to.tcp, err)
}

// end passes on how a direction ended: orderly, or not.
func end(from, to *net.TCPConn, err error) {
	if errors.Is(err, io.EOF) {
		_ = to.CloseWrite()
		return
	}
	_ = to.SetLinger(0)
	_ = to.Close()
	_ = from.Close()
}
