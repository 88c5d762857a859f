package faults

import (
	"crypto/tls"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"time"

	"bbftp/engine/auth"
	"bbftp/engine/wire"
)

// walker is a client that knows the protocol and breaks its rules. Every choice
// comes from its seed; only what the kernel and the server do meanwhile does not.
//
//	greeting ─► login, or not ─► version, or not ─► commands ─► hangs up, one way or another
//	                                                  │ each whole, or spoilt
//	                    data streams, right or wrong ◄┘ beside it
type walker struct {
	*rand.Rand
	to      netip.AddrPort
	user    string
	pass    string
	conn    net.Conn     // TCP, or what TLS made of it
	tcp     *net.TCPConn // below
	version int
	polite  bool          // waits for the end of a transfer, and mostly says what is right
	replies chan struct{} // one for each that was heard
	streams sync.WaitGroup
	answers sync.WaitGroup

	mu   sync.Mutex
	open []io.Closer // guarded by mu
	// asked is the transfer under way, for those who move its data; guarded by mu.
	asked wire.Transfer
	side  *rand.Rand // of what happens beside the commands; guarded by mu
}

// limit of any wait of a walker.
const walkLimit = 3 * time.Second

// walk is one session, or what was to become one.
func (w *walker) walk() {
	conn, err := net.DialTimeout("tcp", w.to.String(), walkLimit)
	if err != nil {
		return // the server is full: its right
	}
	w.conn, w.tcp = conn, conn.(*net.TCPConn)
	w.polite, w.replies = w.IntN(2) == 0, make(chan struct{}, 1000)
	w.keep(conn)
	defer w.hangUp()
	_ = conn.SetDeadline(time.Now().Add(walkLimit))
	greeting, err := wire.Read(conn, wire.Server)
	if err != nil {
		return
	}
	crypt, ok := greeting.(wire.Crypt)
	if !ok || w.IntN(20) == 0 || !w.passage(&crypt) || !w.login(crypt) {
		w.commands() // all the same
		return
	}
	w.version = 1 + w.IntN(3)
	if w.version > 1 {
		w.send(wire.Signal{Kind: wire.MsgProt}.Append(nil))
		if _, err := wire.Read(w.conn, wire.Server); err != nil {
			return
		}
		choice := int32(w.version)
		if w.IntN(20) == 0 {
			choice = w.number()
		}
		w.send(wire.ProtChoice{Version: choice}.Append(nil))
	}
	w.answers.Go(w.listen)
	w.commands()
}

// passage goes through TLS where it is offered, now and then wrongly, and tells
// whether to go on. The login is then in clear text.
func (w *walker) passage(crypt *wire.Crypt) bool {
	if crypt.Type&wire.CryptTLS == 0 || w.IntN(3) > 0 {
		return true
	}
	w.send(wire.Signal{Kind: wire.MsgTLS}.Append(nil))
	if w.IntN(4) == 0 {
		w.send(w.anything())
		return false
	}
	conn := tls.Client(w.tcp, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"bbftp"}})
	if conn.Handshake() != nil {
		return false
	}
	w.conn, crypt.Type = conn, wire.CryptNone
	return true
}

// login tells whether it is in.
func (w *walker) login(crypt wire.Crypt) bool {
	pass := w.pass
	if w.IntN(30) == 0 {
		pass = "wrong"
	}
	log, err := auth.Seal(crypt, w.user, pass)
	if crypt.Type == wire.CryptNone {
		log, err = wire.NewClearLog(w.user, pass)
	}
	if err != nil {
		return false
	}
	b := log.Append(nil)
	if w.IntN(8) == 0 {
		b = w.spoil(b)
	}
	w.send(b)
	m, err := wire.Read(w.conn, wire.Server)
	reply, ok := m.(wire.Reply)
	return err == nil && ok && reply.Kind == wire.MsgOK
}

// commands says some, whole, spoilt, twice or in the wrong order.
func (w *walker) commands() {
	for range 1 + w.IntN(12) {
		said := w.command()
		kinds := 10
		if w.polite {
			kinds = 100
		}
		switch w.IntN(kinds) {
		case 0, 1:
			said = w.spoil(said)
		case 2:
			said = append(said, said...)
		case 3:
			said = append(w.command(), said...)
		case 4:
			said = said[:w.IntN(len(said)+1)]
		}
		if !w.send(said) {
			return
		}
		if w.polite {
			select {
			case <-w.replies:
			case <-time.After(time.Second):
			}
		} else if w.IntN(3) == 0 {
			time.Sleep(time.Duration(w.IntN(20)) * time.Millisecond)
		}
	}
}

func (w *walker) send(b []byte) bool {
	_, err := w.conn.Write(b)
	return err == nil
}

// hangUp ends the walk in one of the ways there are.
func (w *walker) hangUp() {
	switch w.IntN(4) {
	case 0: // after the answers
		_ = w.tcp.CloseWrite()
		w.answers.Wait()
	case 1: // by a reset
		_ = w.tcp.SetLinger(0)
	case 2: // a moment later
		time.Sleep(time.Duration(w.IntN(50)) * time.Millisecond)
	}
	w.mu.Lock()
	for _, c := range w.open {
		_ = c.Close()
	}
	w.open = nil
	w.mu.Unlock()
	w.answers.Wait()
	w.streams.Wait()
}

func (w *walker) keep(c io.Closer) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.open = append(w.open, c)
}
