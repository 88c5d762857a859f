package server

import (
	"context"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"bbftp/engine/admission"
	"bbftp/netio"
)

// TestUnheard reads back what ends the connection of a client that vanished.
func TestUnheard(t *testing.T) {
	check := func(conn net.Conn) {
		t.Helper()
		got, err := netio.Read(conn.(*net.TCPConn))
		if err != nil {
			t.Fatal(err)
		}
		want := netio.Granted{KeepAlive: 15 * time.Second, UserTimeout: Unheard}
		if got.KeepAlive != want.KeepAlive || got.UserTimeout != want.UserTimeout {
			t.Errorf("probes after %v, given up after %v, want %v and %v", got.KeepAlive, got.UserTimeout, want.KeepAlive, want.UserTimeout)
		}
	}
	t.Run("accepted", func(t *testing.T) {
		l, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		served := make(chan net.Conn, 1)
		a := Acceptor{
			Gate: admission.New(admission.Limits{}), Log: slog.New(slog.DiscardHandler),
			Serve: func(_ context.Context, conn net.Conn, _ *admission.Visit) { served <- conn },
		}
		var running sync.WaitGroup
		ctx, cancel := context.WithCancel(t.Context())
		running.Go(func() { _ = a.Run(ctx, l) })
		defer running.Wait()
		defer cancel()
		conn, err := net.Dial("tcp4", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		far := <-served
		defer far.Close()
		check(far)
	})
	t.Run("handed over", func(t *testing.T) {
		s := newV2Server(t, nil)
		near, far := tcpPair(t)
		served := make(chan error, 1)
		go func() { served <- s.ServeConn(t.Context(), far) }()
		loginOver(t, near, 2).alive()
		check(far)
		_ = near.Close()
		if err := within(t, served); err != nil {
			t.Error(err)
		}
	})
}
