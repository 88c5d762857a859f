package client

import (
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"bbftp/engine/storage"
	"bbftp/engine/wire"
	"bbftp/netio"
)

// TestBadConsent has every number of the server's consent out of range.
func TestBadConsent(t *testing.T) {
	noLeaks(t)
	newer(t, func(t *testing.T, version int) {
		for name, spoil := range map[string]func(*wire.Transfer){
			"no streams":       func(m *wire.Transfer) { m.Streams, m.Ports = 0, nil },
			"negative streams": func(m *wire.Transfer) { m.Streams = -1 },
			"more streams":     func(m *wire.Transfer) { m.Streams, m.Ports = 3, append(m.Ports, 1) },
			"many streams":     func(m *wire.Transfer) { m.Streams = 1 << 30 },
			"negative size":    func(m *wire.Transfer) { m.Size = -1 },
			"no buffer":        func(m *wire.Transfer) { m.BufferSize = 0 },
			"negative buffer":  func(m *wire.Transfer) { m.BufferSize = -1 },
			"a larger buffer":  func(m *wire.Transfer) { m.BufferSize++ },
			"port 0":           func(m *wire.Transfer) { m.Ports = wire.Ports{1, 0} },
			"a negative port":  func(m *wire.Transfer) { m.Ports = wire.Ports{-1, 1} },
			"port 65536":       func(m *wire.Transfer) { m.Ports = wire.Ports{65536, 1} },
			"another size":     func(m *wire.Transfer) { m.Size++ },
			"an empty file":    func(m *wire.Transfer) { m.Size, m.Ports = 0, nil },
		} {
			for _, op := range []string{"put", "get"} {
				if version == 2 && strings.Contains(name, "port") || op == "get" && strings.HasPrefix(name, "an") {
					continue // there are no ports then, and any size may come
				}
				t.Run(op+"/"+name, func(t *testing.T) {
					c := dial(t, serve(t, func(p *peer) {
						p.enter(version)
						m := p.wishes(newerOperations[op].code, "f")
						m.Kind, m.Size, m.Streams, m.Ports = wire.MsgTransOKV2, 7, 2, wire.Ports{1, 1}
						if version == 3 {
							m.Kind = wire.MsgTransOKV3
						}
						if op == "put" {
							m.Size = 2048
						}
						spoil(&m)
						p.send(m)
						p.version = 0
					}, func(p *peer) {
						p.enter(version)
						p.after()
					}), speaking(version, func(cfg *Config) { cfg.Streams, cfg.BufferSize = 2, 1 }))
					content := noise(2048)
					write(t, c, "f", content)
					fails[*BrokenError](t, newerOperations[op].do(t.Context(), c), op+" f")
					holds(t, c, "f", string(content))
					goesOn(t, c)
				})
			}
		}
	})
}

// TestNoDataConnection has a port of the server closed: it is told, and a
// retry may help.
func TestNoDataConnection(t *testing.T) {
	noLeaks(t)
	for _, op := range []string{"put", "get"} {
		t.Run(op, func(t *testing.T) {
			closed := int32(nobody(t))
			c := dial(t, serve(t, func(p *peer) {
				p.enter(3)
				m := p.wishes(newerOperations[op].code, "f")
				m.Kind, m.Size = wire.MsgTransOKV3, 2048
				m.Ports = wire.Ports{int32(port(p.listen())), closed}
				p.send(m)
				if s := p.want(wire.MsgAbort).(wire.Signal); s.Len != 0 {
					p.fail("MSG_ABORT announces %d bytes", s.Len)
				}
				p.after()
			}), speaking(3, func(cfg *Config) { cfg.Streams, cfg.BufferSize = 2, 1 }))
			content := noise(2048)
			write(t, c, "f", content)
			err := newerOperations[op].do(t.Context(), c)
			says(t, err, op+" f", "connect data stream 2", "refused")
			var e *ExhaustedError
			if !errors.As(err, &e) || !Retryable(e.Err) {
				t.Errorf("%v: is worth another try", err)
			}
			holds(t, c, "f", string(content))
			goesOn(t, c)
		})
	}
}

// TestNoDataPort has no port to listen on: nothing the server can mend.
func TestNoDataPort(t *testing.T) {
	noLeaks(t)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { taken.Close() })
	for _, op := range []string{"put", "get"} {
		t.Run(op, func(t *testing.T) {
			t.Parallel() // each waits 5 s for a port of the range
			c := dial(t, serve(t, func(p *peer) {
				p.enter(2)
				m := p.wishes(newerOperations[op].code, "f")
				m.Size = 7
				p.consent(m)
				p.want(wire.MsgAbort)
				p.after()
			}), speaking(2, func(cfg *Config) {
				cfg.Tries = 3
				cfg.DataPorts = netio.PortRange{Min: port(taken), Max: port(taken)}
			}))
			write(t, c, "f", []byte("content"))
			err := newerOperations[op].do(t.Context(), c)
			fails[*LocalError](t, err, op+" f", "listen for data streams")
			if !errors.Is(err, netio.ErrNoPort) {
				t.Errorf("got %v", err)
			}
			holds(t, c, "f", "content")
			goesOn(t, c)
		})
	}
}

// TestDataPorts listens where it is told to.
func TestDataPorts(t *testing.T) {
	noLeaks(t)
	want := ownPorts()
	c := dial(t, serve(t, func(p *peer) {
		p.enter(2)
		m := p.wishes(wire.MsgStoreV2, "f")
		p.consent(m)
		start := p.want(wire.MsgTransStartV2).(wire.ActiveStart)
		if start.Ports[0] < int32(want.Min) || start.Ports[0] > int32(want.Max) {
			p.fail("ports %v, want %v", start.Ports, want)
		}
		p.reply(wire.MsgBadNoRetry, "enough")
	}), speaking(2, func(cfg *Config) { cfg.DataPorts = want }))
	write(t, c, "f", []byte("content"))
	_, err := c.Put(t.Context(), "f", "f")
	fails[*RefusedError](t, err, "enough")
}

// TestNewerLocalTarget can't create the file: MSG_ABORT, and the session goes on.
func TestNewerLocalTarget(t *testing.T) {
	noLeaks(t)
	newer(t, func(t *testing.T, version int) {
		c := dial(t, serve(t, func(p *peer) {
			p.enter(version)
			m := p.wishes(wire.MsgRetrV2, "f")
			m.Size = 8
			p.consent(m)
			p.want(wire.MsgAbort)
			p.after()
		}), speaking(version, func(cfg *Config) { cfg.Tries, cfg.Storage = 3, storage.Limits{MaxFileSize: 7} }))
		_, err := c.Get(t.Context(), "f", "f")
		fails[*LocalError](t, err, "get f", "create /")
		if !errors.Is(err, storage.ErrTooLarge) {
			t.Errorf("got %v", err)
		}
		goesOn(t, c)
		holds(t, c)
	})
}

// TestDataOptions sets on both kinds of data streams' sockets what the settings
// say, from the connecting side's point of view (wire.md 6.3).
func TestDataOptions(t *testing.T) {
	noLeaks(t)
	c := dial(t, serve(t, func(p *peer) { p.enter(3); p.after() }), speaking(3, nil))
	goesOn(t, c)
	c.set.QBSS, c.set.SendWindow, c.set.RecvWindow = true, 64, 32
	if o := c.dataOptions(c.set.SendWindow, c.set.RecvWindow); o.TOS != 0x20 || o.SendBuffer != 64<<10 || o.RecvBuffer != 32<<10 {
		t.Errorf("%+v", o)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	connected, err := c.connect(t.Context(), []uint16{port(ln)}, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	defer closeAll(connected)
	ls, err := c.listen(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	defer ls.close()
	other, err := dialFrom("127.0.0.1", int32(ls.ports()[0]))
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	accepted, err := c.accept(ls)(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer closeAll(accepted)
	for name, tt := range map[string]struct {
		conn       *net.TCPConn
		send, recv int
	}{"connected": {connected[0], 64, 32}, "accepted": {accepted[0], 32, 64}} {
		got, err := netio.Read(tt.conn)
		if err != nil || got.TOS != 0x20 || got.SendBuffer != tt.send<<10 || got.RecvBuffer != tt.recv<<10 {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}
