package faults

import (
	"crypto/tls"
	"net"
	"sync"

	"bbftp/engine/wire"
)

// secure passes on the greeting and the wish for TLS, and goes through it with either
// side, so that the steps that come are heard. It tells whether they do come.
//
//	client ── MSG_TLS, ClientHello ──► relay ── MSG_TLS ────────────────► server   TLS asked for
//	                                   relay ── ClientHello ────────────► server
//	                                   relay ◄── ServerHello … Finished ── server   TLS answered
//	                                   relay ── Finished ───────────────► server
//	client ◄── ServerHello … ────────► relay                                       TLS established
func (d *dialogue) secure(client, server *party) bool {
	if _, err := d.message(server, client, wire.Server); err != nil {
		d.over(server, client, err)
		return false
	}
	m, err := d.message(client, server, wire.Client)
	if err != nil {
		d.over(client, server, err)
		return false
	}
	if wish, ok := m.(wire.Signal); !ok || wish.Kind != wire.MsgTLS {
		return true // the one of a client that does without
	}
	first := sync.OnceFunc(func() { d.pass(tlsAnswered) })
	asking := tls.Client(heard{server.tcp, first}, &tls.Config{InsecureSkipVerify: true, NextProtos: d.identity.NextProtos})
	if err := asking.HandshakeContext(d.ctx); err != nil {
		d.over(server, client, err)
		return false
	}
	answering := tls.Server(client.tcp, d.identity)
	if err := answering.HandshakeContext(d.ctx); err != nil {
		d.over(client, server, err)
		return false
	}
	client.Conn, server.Conn = answering, asking
	d.pass(secured)
	return true
}

// pass is reach without mu.
func (d *dialogue) pass(s step) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.reach(s)
}

// heard is a connection that tells when something has come.
type heard struct {
	net.Conn
	something func()
}

func (h heard) Read(b []byte) (int, error) {
	n, err := h.Conn.Read(b)
	if n > 0 {
		h.something()
	}
	return n, err
}
