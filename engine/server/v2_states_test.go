package server

import (
	"io"
	"net"
	"testing"
	"time"

	"bbftp/engine/wire"
)

// v2State brings a client into a state of wire.md 8.8. What it returns must be
// closed by the server in the end.
type v2State struct {
	name  string
	enter func(c *v2Client) ([]*net.TCPConn, wire.Ports)
}

const (
	v2Size = 3 * v2Block // of the file "file"
	v2New  = "new"
)

func requested(kind wire.Code, name string) func(*v2Client) ([]*net.TCPConn, wire.Ports) {
	return func(c *v2Client) ([]*net.TCPConn, wire.Ports) {
		size := int64(0)
		if kind == wire.MsgStoreV2 {
			size = v2Size
		}
		c.request(wish(kind, size, wire.OptTmp, 3), name)
		return nil, c.agreed().Ports
	}
}

func running(kind wire.Code, name string) func(*v2Client) ([]*net.TCPConn, wire.Ports) {
	return func(c *v2Client) ([]*net.TCPConn, wire.Ports) {
		enter := wish(kind, 0, wire.OptTmp, 3)
		if kind == wire.MsgStoreV2 {
			enter.Size = v2Size
		}
		c.request(enter, name)
		a := c.agreed()
		conns := c.open(a, false)
		// One stream is through, which proves that the transfer runs.
		if kind == wire.MsgStoreV2 {
			c.put(conns[:1], string(make([]byte, v2Block)), nil)
		} else if _, err := io.ReadFull(conns[0], make([]byte, v2Block)); err != nil {
			c.t.Fatal(err)
		}
		return conns[1:], a.Ports
	}
}

func announced(kind wire.Code) func(*v2Client) ([]*net.TCPConn, wire.Ports) {
	return func(c *v2Client) ([]*net.TCPConn, wire.Ports) {
		c.send(wish(kind, v2Size, 0, 3))
		return nil, nil
	}
}

var (
	inLogged         = v2State{"LOGGED", func(*v2Client) ([]*net.TCPConn, wire.Ports) { return nil, nil }}
	inFilenameStore  = v2State{"WAITING_FILENAME_STORE", announced(wire.MsgStoreV2)}
	inFilenameRetr   = v2State{"WAITING_FILENAME_RETR", announced(wire.MsgRetrV2)}
	inStoreStart     = v2State{"WAITING_STORE_START", requested(wire.MsgStoreV2, v2New)}
	inStoreStartOver = v2State{"WAITING_STORE_START over a file", requested(wire.MsgStoreV2, "file")}
	inRetrStart      = v2State{"WAITING_RETR_START", requested(wire.MsgRetrV2, "file")}
	inCreateZero     = v2State{"WAITING_CREATE_ZERO", requested(wire.MsgRetrV2, "empty")}
	inReceiving      = v2State{"RECEIVING", running(wire.MsgStoreV2, v2New)}
	inReceivingOver  = v2State{"RECEIVING over a file", running(wire.MsgStoreV2, "file")}
	inSending        = v2State{"SENDING", running(wire.MsgRetrV2, "file")}

	waitingForName = []v2State{inFilenameStore, inFilenameRetr}
	waitingToStart = []v2State{inStoreStart, inStoreStartOver, inRetrStart}
	moving         = []v2State{inReceiving, inReceivingOver, inSending}
)

func states(lists ...[]v2State) (all []v2State) {
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

// v2Event is what a client may do in any state.
type v2Event struct {
	name string
	do   func(c *v2Client)
}

func codes(cs ...wire.Code) (events []v2Event) {
	for _, code := range cs {
		events = append(events, v2Event{code.String(), func(c *v2Client) { c.head(code, 0) }})
	}
	return events
}

var (
	leaving = []v2Event{
		{"EOF", (*v2Client).halfClose},
		{"EOF in a header", func(c *v2Client) { c.sendBytes([]byte{0, 0, 0, 29}); c.halfClose() }},
	}
	talking = append(codes(99, -1, wire.MsgStat, wire.MsgInfo, wire.MsgProt, wire.MsgCloseConn, wire.MsgStoreV2, wire.MsgOK),
		v2Event{"a stat", func(c *v2Client) { c.path(wire.MsgStat, 0, ".") }},
		v2Event{"a negative length", func(c *v2Client) { c.head(wire.MsgStat, -1) }},
		v2Event{"2 GiB", func(c *v2Client) { c.head(99, 1<<31-1) }},
		v2Event{"64 KiB", func(c *v2Client) { c.body(99, string(make([]byte, 64<<10))) }})
	reset23 = v2Event{"reset", func(c *v2Client) {
		conn := c.conn.(*net.TCPConn)
		if err := conn.SetLinger(0); err != nil {
			c.t.Fatal(err)
		}
		_ = conn.Close()
	}}
)

// TestV2States walks through the table of wire.md 8.8: whatever comes in a
// state, it has the one answer, and nothing is left of the transfer.
func TestV2States(t *testing.T) {
	for _, test := range []struct {
		states []v2State
		events []v2Event
		want   func(*v2Client)
	}{
		{[]v2State{inLogged}, codes(wire.MsgCloseConn), (*v2Client).closed},
		{[]v2State{inLogged}, codes(99, -1, wire.MsgOK, wire.MsgProt, wire.MsgFilename, wire.MsgAbort, wire.MsgCreateZero, wire.MsgChdir, wire.MsgStore), stillLogged},
		{[]v2State{inLogged}, []v2Event{
			{"START of version 3 with its length", func(c *v2Client) { c.send(wire.NewPassiveStart(wire.MsgTransStartV3, 3)) }},
			{"a body", func(c *v2Client) { c.body(99, string(make([]byte, maxDropped))) }},
		}, stillLogged},
		{states(waitingForName, waitingToStart, []v2State{inCreateZero}), talking, outOfTurn},
		{waitingForName, codes(wire.MsgAbort, wire.MsgCreateZero), outOfTurn},
		{waitingToStart, codes(wire.MsgCreateZero, wire.MsgFilename), outOfTurn},
		{[]v2State{inCreateZero}, codes(wire.MsgTransStartV3, wire.MsgTransSimulV3, wire.MsgTransStartV2, wire.MsgFilename), outOfTurn},
		{states(waitingToStart, []v2State{inCreateZero}), codes(wire.MsgAbort), (*v2Client).alive},
		{[]v2State{inCreateZero}, codes(wire.MsgCreateZero), (*v2Client).alive},
		{moving, append(codes(wire.MsgAbort, wire.MsgAbr), talking...), interrupted},
		{states([]v2State{inLogged}, waitingForName, waitingToStart, []v2State{inCreateZero}, moving), leaving, (*v2Client).closed},
		{states([]v2State{inLogged}, waitingForName, waitingToStart, []v2State{inCreateZero}, moving), []v2Event{reset23}, func(*v2Client) {}},
	} {
		bothVersions(t, nil, func(t *testing.T, s *v2Server, version int32) {
			for _, state := range test.states {
				for _, event := range test.events {
					t.Run(state.name+" "+event.name, func(t *testing.T) { s.passes(t, version, state, event, test.want) })
				}
			}
		})
	}
}

func stillLogged(c *v2Client) { c.t.Helper(); c.never(textUnknown23); c.alive() }
func outOfTurn(c *v2Client)   { c.t.Helper(); c.never(textUnknown23); c.closed() }
func interrupted(c *v2Client) { c.t.Helper(); c.bad(textInterrupted); c.closed() }

// passes plays one event in one state.
func (s *v2Server) passes(t *testing.T, version int32, state v2State, event v2Event, want func(*v2Client)) {
	t.Helper()
	content := string(fixtures["random"].Bytes()[:v2Size])
	s.write(t, "file", content, 0o644)
	s.write(t, "empty", "", 0o644)
	c := s.login(t, version)
	conns, ports := state.enter(c)
	event.do(c)
	want(c)
	s.rests(t)
	for i, conn := range conns {
		// Data on their way may come first, and the end be a reset.
		if _, err := io.Copy(io.Discard, conn); err != nil && !gone(err) {
			t.Errorf("stream %d does not end: %v", i+2, err)
		}
	}
	closedPorts(t, ports)
	s.wantNames(t, "empty", "file")
	s.holds(t, "file", content)
}

// rests waits until no transfer is left of what a client did that is not
// answered.
func (s *v2Server) rests(t *testing.T) {
	t.Helper()
	for end := time.Now().Add(patience); len(s.names(t)) > 2; {
		if time.Now().After(end) {
			t.Fatalf("files stay: %q", s.names(t))
		}
		time.Sleep(time.Millisecond)
	}
}

// TestV2Limits: each wait ends in a silent close that leaves nothing.
func TestV2Limits(t *testing.T) {
	const short = 50 * time.Millisecond
	for _, test := range []struct {
		states []v2State
		waits  Waits
	}{
		{[]v2State{inLogged}, Waits{Command: short}},
		{[]v2State{inRetrStart, inCreateZero}, Waits{Start: short}},
		{waitingForName, Waits{Filename: short}},
		{[]v2State{inStoreStart, inStoreStartOver}, Waits{StoreStart: short}},
	} {
		bothVersions(t, func(c *Config) { c.Waits = test.waits }, func(t *testing.T, s *v2Server, version int32) {
			for _, state := range test.states {
				t.Run(state.name, func(t *testing.T) {
					s.passes(t, version, state, v2Event{"silence", func(*v2Client) {}}, (*v2Client).closed)
				})
			}
		})
	}
	// The rest of a message that has begun has a limit too.
	bothVersions(t, func(c *Config) { c.Waits.Receive = short }, func(t *testing.T, s *v2Server, version int32) {
		for _, half := range [][]byte{{0}, message(wire.MsgStat, "\x00\x00\x00\x00.")[:10], message(99, "body")[:9]} {
			c := s.login(t, version)
			c.sendBytes(half)
			c.closed()
		}
	})
}

// TestV2Idle: a transfer without progress fails, and the session goes on.
func TestV2Idle(t *testing.T) {
	bothVersions(t, func(c *Config) { c.Waits.Idle = 50 * time.Millisecond }, func(t *testing.T, s *v2Server, version int32) {
		s.write(t, "file", "before", 0o644)
		c := s.login(t, version)
		c.request(wish(wire.MsgStoreV2, v2Size, 0, 3), "file")
		c.open(c.agreed(), false)
		c.bad("Error on server: Connection timed out")
		s.wantNames(t, "file")
		c.alive()
		s.holds(t, "file", "before")
	})
}

// TestV2BrokenStreams: a stream that fails fails the transfer only.
func TestV2BrokenStreams(t *testing.T) {
	bothVersions(t, nil, func(t *testing.T, s *v2Server, version int32) {
		s.write(t, "file", "before", 0o644)
		c := s.login(t, version)
		for _, o := range []wire.Options{wire.OptTmp, wire.OptTmp | wire.OptGzip} {
			c.request(wish(wire.MsgStoreV2, v2Size, o, 3), "file")
			conns := c.open(c.agreed(), false)
			if err := conns[1].CloseWrite(); err != nil {
				t.Fatal(err)
			}
			c.bad("Error on server: Connection closed before the end of the data")
			s.wantNames(t, "file")
			c.alive()
		}
		c.request(wish(wire.MsgStoreV2, v2Size, wire.OptGzip, 1), "file")
		if _, err := c.open(c.agreed(), false)[0].Write(block(wire.BlockStored, v2Block+1)); err != nil {
			t.Fatal(err)
		}
		if m := c.read().(wire.Reply); m.Kind != wire.MsgBad {
			t.Errorf("a block that is too long is answered %v %q", m.Kind, m.Text)
		}
		c.alive()
		s.holds(t, "file", "before")
	})
}
