package replay

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"

	"bbftp/engine/wire"
)

// player is the server of a recording. It plays the recorded events one after
// the other, and insists that the client plays its own. What a recording cannot
// know is translated: the key, the ports, and what is encrypted.
type player struct {
	*recording
	key      *key
	listener *net.TCPListener // for control connections
	conns    map[int]*conn

	streams []*net.TCPListener // of the MSG_TRANS_OK_V3 sent last
	checks  *net.TCPListener   // of the MSG_LOGGED_STDIN sent last
	ports   []uint16           // the client announced last
	block   int                // limit of a compressed block in the transfer at hand
	options map[string]string  // single-letter options of the client's command line

	client func(os.Signal) error
	exited atomic.Bool // set once the client has ended
}

// patience only ends a test that has failed. A client that has ended does
// nothing more: what it did is in the kernel.
const (
	patience      = time.Minute
	afterExit     = 10 * time.Second
	pollingPeriod = 100 * time.Millisecond
)

// host is where the players listen, in the place of the recordings' host:
// programs of other tests, which think that a port of 127.0.0.1 is still closed,
// don't come here.
var host = func() netip.Addr {
	if runtime.GOOS != "linux" {
		return netip.AddrFrom4([4]byte{127, 0, 0, 1}) // all there is
	}
	pid := os.Getpid()
	return netip.AddrFrom4([4]byte{127, byte(64 + pid>>16%64), byte(pid >> 8), byte(pid)})
}()

// conn is a connection to the client.
type conn struct {
	*net.TCPConn
	control bool
	read    []byte       // that nobody has asked for yet
	taken   int          // how many bytes were asked for before them
	ends    []int        // where the client's writes to a control connection ended
	bounds  map[int]bool // where messages ended
	err     error        // that ended reading
	hungUp  bool         // the server sent its last byte
}

func newPlayer(r *recording, k *key) (*player, error) {
	l, err := listen()
	return &player{recording: r, key: k, listener: l, conns: make(map[int]*conn), options: options(r.run)}, err
}

func listen() (*net.TCPListener, error) {
	return net.ListenTCP("tcp4", net.TCPAddrFromAddrPort(netip.AddrPortFrom(host, 0)))
}

func portOf(l *net.TCPListener) uint16 { return l.Addr().(*net.TCPAddr).AddrPort().Port() }

// play plays all events.
func (p *player) play() error {
	for i, e := range p.events {
		if err := p.step(e); err != nil {
			return fmt.Errorf("event %d, %.100v: %w", i+1, e, err)
		}
	}
	return nil
}

func (p *player) step(e event) error {
	switch e.kind {
	case control, check, accept, call:
		return p.open(e)
	case signal:
		return p.client(map[string]os.Signal{"INT": os.Interrupt, "KILL": os.Kill}[e.signal])
	}
	c := p.conns[e.conn]
	if c == nil {
		return errors.New("this connection is not open")
	}
	if e.from == wire.Client {
		return p.expect(c, e)
	}
	switch e.kind {
	case eof:
		c.hungUp = true
		return gone(c.CloseWrite())
	case reset:
		c.hungUp, c.read, c.err = true, nil, io.ErrUnexpectedEOF
		return errors.Join(c.SetLinger(0), c.Close())
	case offer:
		return p.send(c, p.key.offer(e.offer).Append(nil))
	}
	b, err := p.contents.Join(e.bytes)
	if err != nil {
		return err
	}
	if c.control {
		if b, err = p.announce(b); err != nil {
			return err
		}
	}
	return p.send(c, b)
}

func (p *player) send(c *conn, b []byte) error {
	if err := c.SetWriteDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	_, err := c.Write(b)
	return gone(err)
}

// gone forgives that the client has left: what it does is for its own events to
// check.
func gone(err error) error {
	for _, e := range []error{syscall.ECONNRESET, syscall.EPIPE, syscall.ENOTCONN} {
		if errors.Is(err, e) {
			return nil
		}
	}
	return err
}

// open waits for the client's connection, or connects to it.
func (p *player) open(e event) error {
	l := p.listener
	switch {
	case e.kind == call:
		if e.stream >= len(p.ports) {
			return fmt.Errorf("the client announced %d ports", len(p.ports))
		}
		to := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: int(p.ports[e.stream])}
		tcp, err := net.DialTCP("tcp4", net.TCPAddrFromAddrPort(netip.AddrPortFrom(host, 0)), to)
		if err == nil {
			p.conns[e.conn] = &conn{TCPConn: tcp}
		}
		return err
	case e.kind == check:
		l = p.checks
	case e.kind == accept && e.stream < len(p.streams):
		l = p.streams[e.stream]
	case e.kind == accept:
		return fmt.Errorf("there are %d streams", len(p.streams))
	}
	c := &conn{control: e.kind == control, bounds: map[int]bool{}}
	err := p.wait(l.SetDeadline, func() (err error) {
		c.TCPConn, err = l.AcceptTCP()
		return err
	})
	if err != nil {
		return fmt.Errorf("no connection: %w", err)
	}
	p.conns[e.conn] = c
	if e.kind == control && p.shell() {
		return p.greetShell(c)
	}
	return nil
}

// greetShell checks what the remote shell was asked to run.
func (p *player) greetShell(c *conn) error {
	var line []byte
	for len(line) == 0 || line[len(line)-1] != '\n' {
		b, err := p.take(c, 1)
		if err != nil {
			return err
		}
		line = append(line, b...)
	}
	c.taken, c.ends = 0, nil // this was our stand-in's own
	var args []string
	if err := json.Unmarshal(line, &args); err != nil {
		return err
	}
	if n := len(args); n < 2 || args[n-2] != host.String() || args[n-1] != p.options["E"]+needsS(p.options["E"]) {
		return fmt.Errorf("the shell was asked %q", args)
	}
	return nil
}

// wait repeats op until it is done or patience ends.
func (p *player) wait(setDeadline func(time.Time) error, op func() error) error {
	begin, ended := time.Now(), time.Time{}
	for {
		if err := setDeadline(time.Now().Add(pollingPeriod)); err != nil {
			return err
		}
		exited := p.exited.Load()
		err := op()
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return err
		}
		if exited && ended.IsZero() {
			ended = time.Now()
		}
		switch {
		case time.Since(begin) > patience:
			return fmt.Errorf("waited %v in vain: %w", patience, err)
		case exited && time.Since(ended) > afterExit:
			return fmt.Errorf("the client has ended: %w", err)
		}
	}
}

func (p *player) close() {
	_ = p.listener.Close()
	p.closeStreams()
	for _, c := range p.conns {
		_ = c.Close()
	}
}

func (p *player) closeStreams() {
	for _, l := range p.streams {
		_ = l.Close()
	}
	if p.streams = nil; p.checks != nil {
		_ = p.checks.Close()
	}
}
