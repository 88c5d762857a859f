package main

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"bbftp/cmd/internal/programtest"
	"bbftp/engine/auth"
	"bbftp/engine/wire"
)

// standIn plays servers that ours is not. It lets everyone in who logs in.
//
//	newer    negotiates versions 4 to 9; closes at a command
//	full     refuses instead of sending a key
//	mute     never says anything
//	silent   does not answer a command
type standIn struct {
	kind     string
	listener net.Listener

	mu  sync.Mutex
	got []string // guarded by mu: the messages
}

type standInKey struct{}

func startStandIn(ts *testscript.TestScript, _ bool, args []string) {
	l, err := programtest.ListenLow()
	ts.Check(err)
	ctx, cancel := context.WithCancel(context.Background())
	s := &standIn{kind: args[0], listener: l}
	ended := make(chan error, 1)
	go func() { ended <- s.run(ctx) }()
	ts.Defer(func() {
		cancel()
		_ = l.Close()
		ts.Logf("[stand-in] %v", <-ended)
	})
	programtest.SetPort(ts, l.Addr().(*net.TCPAddr).Port)
	programtest.SetValue(ts, standInKey{}, s)
}

// received compares the messages that the stand-in got so far.
func received(ts *testscript.TestScript, _ bool, args []string) {
	s := programtest.Value(ts, standInKey{}).(*standIn)
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		s.mu.Lock()
		got := strings.Join(s.got, " ")
		s.mu.Unlock()
		if got == args[0] {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("it received %q, want %q", got, args[0])
		}
	}
}

func (s *standIn) saw(what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got = append(s.got, what)
}

func (s *standIn) run(ctx context.Context) error {
	conn, err := s.listener.Accept()
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	s.saw("connection")
	switch s.kind {
	case "mute":
		_, err := io.Copy(io.Discard, conn)
		return err
	case "full":
		return send(conn, wire.Reply{Kind: wire.MsgBad, Text: "Too many sessions"})
	}
	key, err := auth.NewKeyPool(ctx, 0).Take(ctx)
	if err != nil {
		return err
	}
	if err := send(conn, key.Offer()); err != nil {
		return err
	}
	for {
		h, err := wire.ReadHeader(conn)
		if err != nil {
			return err
		}
		if _, err := wire.ReadBody(conn, h, wire.Client); err != nil {
			return err
		}
		s.saw(h.Code.String())
		switch {
		case h.Code == wire.MsgLog:
			err = send(conn, wire.Reply{Kind: wire.MsgOK, Text: "bbftpd version 9.9.9 : OK"})
		case h.Code == wire.MsgProt && s.kind == "newer":
			err = send(conn, wire.ProtRange{Min: 4, Max: 9})
		case h.Code == wire.MsgProt:
			err = send(conn, wire.Reply{Kind: wire.MsgBad, Text: "Unkown message"})
		case s.kind == "newer" && h.Code != wire.MsgBadNoRetry:
			return errors.New("closed at a command")
		}
		if err != nil {
			return err
		}
	}
}

func send(conn net.Conn, m wire.Message) error {
	_, err := conn.Write(m.Append(nil))
	return err
}
