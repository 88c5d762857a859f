package control

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"

	"bbftp/engine/wire"
)

// identity is a server's of all tests.
var identity = sync.OnceValues(func() (*tls.Config, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	return &tls.Config{
		Certificates:                []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}},
		MinVersion:                  tls.VersionTLS13,
		SessionTicketsDisabled:      true,
		DynamicRecordSizingDisabled: true,
	}, nil
})

func asServer(t testing.TB) func(net.Conn) *tls.Conn {
	config, err := identity()
	if err != nil {
		t.Fatal(err)
	}
	return func(conn net.Conn) *tls.Conn { return tls.Server(conn, config) }
}

func asClient(conn net.Conn) *tls.Conn {
	return tls.Client(conn, &tls.Config{InsecureSkipVerify: true, DynamicRecordSizingDisabled: true})
}

// valve holds back what is written until it is let through.
type valve struct {
	*net.TCPConn
	shut bool
	held []byte
}

func (v *valve) Write(b []byte) (int, error) {
	if !v.shut {
		return v.TCPConn.Write(b)
	}
	v.held = append(v.held, b...)
	return len(b), nil
}

// let lets n bytes through, or all that are held, in one write.
func (v *valve) let(t testing.TB, n int) {
	t.Helper()
	n = min(n, len(v.held))
	write(t, v.TCPConn, v.held[:n])
	v.held = v.held[n:]
}

const all = 1 << 30

// secured returns a server's control connection in TLS, the client's end of it, and
// what is below that.
func secured(t testing.TB, limits Limits) (c *Conn, peer *tls.Conn, below *valve) {
	t.Helper()
	near, far := connect(t)
	below = &valve{TCPConn: near}
	c, peer = New(far, wire.Client, limits), asClient(below)
	shaken := make(chan error, 1)
	go func() { shaken <- peer.HandshakeContext(t.Context()) }()
	if err := errors.Join(c.Secure(t.Context(), asServer(t)), <-shaken); err != nil {
		t.Fatal(err)
	}
	return c, peer, below
}

// TestSecureEarly has the handshake begin in the same segment as the message before
// it, at every point of it.
func TestSecureEarly(t *testing.T) {
	for _, ahead := range []int{0, 1, 4, 5, 6, 100, all} {
		near, far := connect(t)
		c, below := New(far, wire.Client, Limits{}), &valve{TCPConn: near, shut: true}
		peer := asClient(&hurried{valve: below, hello: func() {
			below.let(t, wire.HeaderSize+min(ahead, all-wire.HeaderSize))
			below.let(t, all)
			below.shut = false
		}})
		below.held = wire.Signal{Kind: wire.MsgTLS}.Append(nil)
		go func() {
			if peer.HandshakeContext(t.Context()) == nil {
				_, _ = peer.Write(mkdir("a").Append(nil))
			}
		}()
		if m, err := c.Read(time.Minute); err != nil || m.Code() != wire.MsgTLS {
			t.Fatalf("%v, %v", m, err)
		}
		if err := c.Secure(t.Context(), asServer(t)); err != nil {
			t.Fatalf("%d bytes ahead: %v", ahead, err)
		}
		if state, ok := c.TLS(); !ok || state.Version != tls.VersionTLS13 {
			t.Errorf("TLS is %x, %t", state.Version, ok)
		}
		expect(t, c, "a")
	}
}

// hurried calls hello once the first words are held.
type hurried struct {
	*valve
	hello func()
}

func (h *hurried) Write(b []byte) (int, error) {
	n, err := h.valve.Write(b)
	if h.hello != nil {
		h.hello()
		h.hello = nil
	}
	return n, err
}

// TestSecureRefused names why, and lets the peer know.
func TestSecureRefused(t *testing.T) {
	for name, said := range map[string][]byte{
		"garbage":      bytes.Repeat([]byte("garbage "), 100),
		"a message":    mkdir("a").Append(nil),
		"half a hello": {22, 3, 1, 1, 0, 1},
		"nothing":      nil,
	} {
		t.Run(name, func(t *testing.T) {
			undisturbed(t, func() error {
				c, peer := session(t, Limits{})
				write(t, peer, said)
				if err := peer.CloseWrite(); err != nil {
					t.Fatal(err)
				}
				if err := c.Secure(t.Context(), asServer(t)); err == nil {
					t.Error("no error")
				}
				if _, ok := c.TLS(); ok {
					t.Error("in TLS")
				}
				ended := make(chan error, 1)
				go func() { ended <- c.Hangup() }()
				_, err := io.Copy(io.Discard, peer)
				if err != nil {
					err = fmt.Errorf("the peer reads %w, not the end", err)
				}
				peer.Close()
				return errors.Join(err, <-ended)
			})
		})
	}
}

// TestSecureBounded ends handshakes that take too long, whether the peer is silent or
// speaks byte by byte, by the limit or by who waits.
func TestSecureBounded(t *testing.T) {
	for _, tt := range []struct {
		name   string
		limits Limits
		ctx    time.Duration
		want   error
	}{
		{"by the limit", Limits{Receive: 100 * time.Millisecond}, time.Hour, context.DeadlineExceeded},
		{"by the context", Limits{}, 100 * time.Millisecond, context.DeadlineExceeded},
	} {
		for _, trickling := range []bool{false, true} {
			t.Run(tt.name, func(t *testing.T) {
				c, peer := session(t, tt.limits)
				ctx, cancel := context.WithTimeout(t.Context(), tt.ctx)
				defer cancel()
				if trickling {
					go func() {
						hello := append([]byte{22, 3, 1, 0x20, 0, 1, 0, 0x1f, 0xfc}, make([]byte, 1<<13)...)
						for i := range hello {
							if _, err := peer.Write(hello[i : i+1]); err != nil {
								return
							}
							time.Sleep(time.Millisecond)
						}
					}()
				}
				if err := c.Secure(ctx, asServer(t)); !errors.Is(err, tt.want) {
					t.Errorf("got %v, want %v", err, tt.want)
				}
			})
		}
	}
}

// TestCloseDuringSecure ends a handshake from another goroutine, at any time.
func TestCloseDuringSecure(t *testing.T) {
	for i := range 20 {
		peerBelow, conn := connect(t)
		c := New(conn, wire.Client, Limits{})
		peer := asClient(peerBelow)
		go func() { _ = peer.HandshakeContext(t.Context()) }()
		closed := make(chan struct{})
		go func() {
			defer close(closed)
			time.Sleep(time.Duration(i) * 100 * time.Microsecond)
			c.Close()
		}()
		if err := c.Secure(t.Context(), asServer(t)); err == nil {
			if _, err := c.Read(0); err == nil {
				t.Error("read from a closed connection")
			}
		}
		<-closed
	}
}

// TestStaleLimits has limits of messages before the handshake not end it.
func TestStaleLimits(t *testing.T) {
	near, far := connect(t)
	c, peer := New(far, wire.Client, Limits{}), asClient(near)
	if err := far.SetDeadline(time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	go func() { _ = peer.HandshakeContext(t.Context()) }()
	if err := c.Secure(t.Context(), asServer(t)); err != nil {
		t.Error(err)
	}
}

// TestSecureOneRecord has a message be one record and one write.
func TestSecureOneRecord(t *testing.T) {
	peerBelow, conn := connect(t)
	r := &recorder{TCPConn: conn}
	c := New(r, wire.Client, Limits{})
	peer := asClient(peerBelow)
	shaken := make(chan error, 1)
	go func() { shaken <- peer.HandshakeContext(t.Context()) }()
	if err := errors.Join(c.Secure(t.Context(), asServer(t)), <-shaken); err != nil {
		t.Fatal(err)
	}
	before := len(r.writes)
	for i, m := range []wire.Message{wire.Signal{Kind: wire.MsgRetrStart}, wire.Reply{Kind: wire.MsgOK, Text: string(make([]byte, 10_000))}} {
		if err := c.Send(m, wire.Signal{Kind: wire.MsgRetrStart}); err != nil {
			t.Fatal(err)
		}
		if len(r.writes) != before+i+1 {
			t.Fatalf("%d writes for %d messages", len(r.writes)-before, i+1)
		}
		if b := r.writes[before+i]; b[0] != 23 || int(b[3])<<8+int(b[4]) != len(b)-5 {
			t.Errorf("not one record: % x of %d bytes", b[:5], len(b))
		}
	}
}

// TestSecureHeard finds what TLS holds back: the second of two records in one
// segment, the rest of a large one, a farewell.
func TestSecureHeard(t *testing.T) {
	c, peer, below := secured(t, Limits{})
	for range 3 { // asking changes nothing
		if _, something, err := c.Heard(); something || err != nil {
			t.Fatalf("heard something from a silent peer: %v", err)
		}
	}
	// Two records in one write.
	below.shut = true
	write(t, peer, mkdir("a").Append(nil))
	write(t, peer, mkdir("b").Append(nil))
	below.let(t, all)
	below.shut = false
	expect(t, c, "a")
	if h, err := waitHeard(t, c); err != nil || h.Code != wire.MsgMkdir {
		t.Errorf("heard %v, %v", h, err)
	}
	expect(t, c, "b")
	// One record of several messages, more than a read takes.
	long := mkdir(string(bytes.Repeat([]byte{'x'}, 300)))
	var b []byte
	const times = 40
	for range times {
		b = long.Append(b)
	}
	write(t, peer, b)
	for range times {
		if h, err := waitHeard(t, c); err != nil || h.Code != wire.MsgMkdir {
			t.Fatalf("heard %v, %v", h, err)
		}
		expect(t, c, long.Path)
	}
	if _, something, err := c.Heard(); something || err != nil {
		t.Errorf("heard what was read: %v", err)
	}
	// A farewell without the end of the connection.
	if err := peer.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := waitHeard(t, c); err != io.EOF {
			t.Errorf("heard %v at the end, want io.EOF", err)
		}
	}
}

// TestSecureEnds reads a peer that closes between messages as one that is done, with
// a farewell or without, and in a message as one that is broken.
func TestSecureEnds(t *testing.T) {
	for _, tt := range []struct {
		name string
		end  func(peer *tls.Conn, below *valve) error
		want error
	}{
		{"with a farewell", func(peer *tls.Conn, _ *valve) error { return peer.Close() }, io.EOF},
		{"without", func(_ *tls.Conn, below *valve) error { return below.Close() }, io.EOF},
		{"in a header", func(peer *tls.Conn, below *valve) error {
			_, err := peer.Write([]byte{0, 0, 0})
			return errors.Join(err, below.Close())
		}, io.ErrUnexpectedEOF},
		{"in a record", func(_ *tls.Conn, below *valve) error {
			_, err := below.Write([]byte{23, 3, 3, 0, 40, 1})
			return errors.Join(err, below.Close())
		}, io.ErrUnexpectedEOF},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, peer, below := secured(t, Limits{})
			if err := tt.end(peer, below); err != nil {
				t.Fatal(err)
			}
			if _, err := c.Read(time.Minute); !errors.Is(err, tt.want) {
				t.Errorf("read: %v, want %v", err, tt.want)
			}
		})
	}
}

// TestSecureHangup delivers the last reply although input stands unread, which is TLS
// or is not.
func TestSecureHangup(t *testing.T) {
	want := wire.Reply{Kind: wire.MsgBad, Text: "no"}.Append(nil)
	for _, junk := range []int{0, 1, 100_000} {
		undisturbed(t, func() error {
			c, peer, below := secured(t, Limits{})
			write(t, below.TCPConn, make([]byte, junk))
			if err := c.Send(wire.Reply{Kind: wire.MsgBad, Text: "no"}); err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() { ended <- c.Hangup() }()
			got, err := io.ReadAll(peer)
			if err != nil || !bytes.Equal(got, want) {
				err = fmt.Errorf("%d bytes unread: peer sees %q, %v", junk, got, err)
			}
			peer.Close()
			return errors.Join(err, <-ended)
		})
	}
}
