package server

import (
	"slices"
	"testing"
	"time"

	"bbftp/engine/recorded"
	"bbftp/engine/wire"
)

// aborts are the ways to stop a transfer: version 1's, and the seed's.
var aborts = []wire.Code{wire.MsgAbr, wire.MsgAbort}

// waiting brings a session into the wait for MSG_RETR_START.
func waiting(kind wire.Code) *script {
	return scripted("bbuser").file("small", "small").request(kind, "small", 0, 3).add(server(wire.RetrOK{Size: 1000}))
}

// TestWaitingForStart: an abort is not answered, and the session goes on;
// anything else ends it (wire.md 7.4).
func TestWaitingForStart(t *testing.T) {
	h := servers(t)
	for _, kind := range []wire.Code{wire.MsgRetr, wire.MsgRetrC} {
		for _, code := range append(aborts, wire.MsgCreateZero) {
			t.Run(kind.String()+" "+code.String(), func(t *testing.T) {
				s := waiting(kind).signal(code).list("*", "small").request(kind, "small", 0, 3).add(server(wire.RetrOK{Size: 1000})).
					signal(code).signal(code, unknown).retrieve(kind, "small", "small", 3)
				h.play(t, s.recording)
			})
		}
	}
	for name, s := range map[string]*script{
		"MSG_LIST":           waiting(wire.MsgRetr).command(wire.MsgList, "*", serverEOF()),
		"MSG_RETR":           waiting(wire.MsgRetr).request(wire.MsgRetr, "small", 0, 3).add(serverEOF()),
		"unknown":            waiting(wire.MsgRetr).command(99, "body", serverEOF()),
		"EOF":                waiting(wire.MsgRetr).add(event{kind: walkout}, serverEOF()),
		"EOF in the message": waiting(wire.MsgRetr).add(client(0, 0, 0, 12), event{kind: walkout}, serverEOF()),
		"reset":              waiting(wire.MsgRetr).add(event{kind: reset}),
	} {
		t.Run(name, func(t *testing.T) { h.play(t, s.recording) })
	}
}

// sending brings a session to where the server waits for the ACKs.
func sending(kind wire.Code) (s *script, conns []int) {
	s = waiting(kind).signal(wire.MsgRetrStart)
	for stream := range 3 {
		conns = append(conns, s.open(stream))
	}
	k := sent
	if kind == wire.MsgRetrC {
		k = blocks
	}
	s.receive(conns[0], k, recorded.Piece{Of: "small", Len: 333})
	return s, conns
}

// TestAbortWhileSending: an abort stops the streams, gets MSG_BAD and keeps the
// session, as the seed document has it; anything else closes it.
func TestAbortWhileSending(t *testing.T) {
	h := servers(t)
	for _, kind := range []wire.Code{wire.MsgRetr, wire.MsgRetrC} {
		for _, code := range aborts {
			t.Run(kind.String()+" "+code.String(), func(t *testing.T) {
				s, conns := sending(kind)
				s.signal(code, bad(textInterrupted)).receive(conns[0], closed)
				s.list("*", "small").retrieve(kind, "small", "small", 3)
				h.play(t, s.recording)
			})
		}
	}
	t.Run("with the start", func(t *testing.T) {
		s := waiting(wire.MsgRetr) // for ports at which nobody listens, which must not matter
		s.add(client(slices.Concat(message(wire.MsgRetrStart, ""), message(wire.MsgAbr, ""), message(wire.MsgList, "*"))...))
		s.add(bad(textInterrupted), server(wire.ListReply{Names: []string{"small"}}))
		h.play(t, s.recording)
	})
	for name, end := range map[string][]event{
		"MSG_LIST": {client(message(wire.MsgList, "*")...), serverEOF()},
		"unknown":  {client(message(99, "body")...), serverEOF()},
		"EOF":      {{kind: walkout}, serverEOF()},
		"reset":    {{kind: reset}},
	} {
		t.Run(name, func(t *testing.T) {
			s, conns := sending(wire.MsgRetr)
			s.add(end...).receive(conns[0], closed)
			h.play(t, s.recording)
		})
	}
}

// TestInterruptedStore: while receiving, whatever the client sends ends the
// transfer and the session. Nothing half-written stays.
func TestInterruptedStore(t *testing.T) {
	h := servers(t)
	for name, end := range map[string][]event{
		"MSG_ABR":           {client(message(wire.MsgAbr, "")...), bad(textInterrupted), serverEOF()},
		"MSG_ABORT":         {client(message(wire.MsgAbort, "")...), bad(textInterrupted), serverEOF()},
		"MSG_LIST":          {client(message(wire.MsgList, "*")...), bad(textInterrupted), serverEOF()},
		"MSG_STORE":         {client(fileRequest(wire.MsgStore, "x", 0, 0).Append(nil)...), bad(textInterrupted), serverEOF()},
		"unknown":           {client(message(99, "body")...), bad(textInterrupted), serverEOF()},
		"a negative length": {client(wire.Header{Code: 99, Len: -1}.Append(nil)...), bad(textInterrupted), serverEOF()},
		"EOF":               {{kind: walkout}, serverEOF()},
		"EOF in a header":   {client(0, 0, 0), {kind: walkout}, serverEOF()},
		"reset":             {{kind: reset}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, kind := range []wire.Code{wire.MsgStore, wire.MsgStoreC} {
				s := scripted("bbuser").file("target", "one")
				s.request(kind, "target", 1000, 3)
				var conns []int
				for stream := range 3 {
					conns = append(conns, s.open(stream))
				}
				pack := packStored(333)
				if kind == wire.MsgStore {
					pack = slices.Clone[[]byte]
				}
				segment := pack(fixtures["small"].Bytes()[:333])
				s.send(conns[0], segment...).receive(conns[0], sent, recorded.Piece{Plain: ack}).receive(conns[0], eof) // one is through
				s.send(conns[1], segment[:100]...)
				s.add(end...).receive(conns[1], closed)
				h.play(t, s.recording)
			}
		})
	}
}

// A command sent along with a store is one too early, unless there is nothing
// to receive.
func TestPipelinedStore(t *testing.T) {
	h := servers(t)
	s := scripted("bbuser").stored("empty", "zero")
	s.add(client(append(fileRequest(wire.MsgStore, "empty", 0, 1).Append(nil), message(wire.MsgList, "*")...)...), ok("OK"), server(wire.ListReply{Names: []string{"empty"}}))
	s.add(client(append(fileRequest(wire.MsgStore, "new", 1000, 1).Append(nil), message(wire.MsgList, "*")...)...), bad(textInterrupted), serverEOF())
	h.play(t, s.recording)
}

// TestTimeLimits lets each of the limits pass that concern a client which
// keeps quiet (wire.md 5). No other would pass while the test runs, and in the
// rest of the session the client need not hurry.
func TestTimeLimits(t *testing.T) {
	h := servers(t)
	const soon = 50 * time.Millisecond
	play := func(name string, w Waits, s *script) {
		for _, wait := range []*time.Duration{&w.First, &w.Command, &w.Start, &w.Connect, &w.Idle, &w.Ack} {
			if *wait == 0 {
				*wait = time.Hour
			}
		}
		s.server.Waits = w
		t.Run(name, func(t *testing.T) { h.play(t, s.recording) })
	}
	play("first command", Waits{First: soon}, scripted("bbuser").add(serverEOF()))
	play("command", Waits{Command: soon}, scripted("bbuser").list("*").add(serverEOF()))
	play("start", Waits{Start: soon}, waiting(wire.MsgRetr).add(serverEOF()))
	for _, kind := range []wire.Code{wire.MsgRetr, wire.MsgRetrC} {
		s, conns := sending(kind)
		play("ACK of "+kind.String(), Waits{Ack: soon}, s.receive(conns[0], closed).add(bad(textLate)))
	}
	for _, kind := range []wire.Code{wire.MsgStore, wire.MsgStoreC} {
		s := scripted("bbuser").file("target", "one").request(kind, "target", 1000, 1)
		play("data of "+kind.String(), Waits{Idle: soon}, s.receive(s.open(0), closed).add(bad(textLate)))
	}
}

func TestDefaultWaits(t *testing.T) {
	got := Waits{Idle: time.Minute}.withDefaults()
	if got.First != 10*time.Second || got.Command != 900*time.Second || got.Start != 100*time.Second || got.Ack != 100*time.Second {
		t.Errorf("not the limits of wire.md 5: %+v", got)
	}
	if got.Idle != time.Minute {
		t.Errorf("the limit asked for became %v", got.Idle)
	}
}

// TestRefusedPorts: a client that cannot be called back keeps its session.
func TestRefusedPorts(t *testing.T) {
	h := servers(t)
	s := scripted("bbuser").file("small", "small")
	first, second := bad("Cannot connect receive socket 1 : Connection refused"), bad("Cannot connect receive socket 2 : Connection refused")
	s.request(wire.MsgStore, "small", 1000, 3).add(first)
	s.request(wire.MsgStoreC, "new", 1000, 2)
	s.receive(s.open(0), closed).add(second)
	s.request(wire.MsgRetr, "small", 0, 1).add(server(wire.RetrOK{Size: 1000})).signal(wire.MsgRetrStart, first)
	s.request(wire.MsgRetrC, "small", 0, 3).add(server(wire.RetrOK{Size: 1000})).signal(wire.MsgRetrStart)
	one, three := s.open(0), s.open(2)
	s.receive(one, closed).receive(three, closed).add(second).list("*", "small").retrieve(wire.MsgRetr, "small", "small", 3)
	h.play(t, s.recording)
}
