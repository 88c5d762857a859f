package server

import (
	"context"
	"log/slog"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"bbftp/engine/admission"
)

// arrivals is a listener that is told who comes.
type arrivals chan net.Conn

func (a arrivals) Accept() (net.Conn, error) {
	conn, more := <-a
	if !more {
		return nil, net.ErrClosed
	}
	return conn, nil
}

func (a arrivals) Close() error   { return nil }
func (a arrivals) Addr() net.Addr { return &net.TCPAddr{} }

// TestLobby has connections come while somebody is leaving: some wait for the place, one
// gets it, and those for whom there is not even room to wait are refused at once.
func TestLobby(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const soon, tooMany = 300 * time.Millisecond, 5
		var (
			mu              sync.Mutex
			served, refused []time.Duration
			serving         sync.WaitGroup
		)
		began := time.Now()
		note := func(all *[]time.Duration) {
			mu.Lock()
			defer mu.Unlock()
			*all = append(*all, time.Since(began))
		}
		a := Acceptor{
			Gate: admission.New(admission.Limits{Sessions: 1}), Log: slog.New(slog.DiscardHandler),
			Refuse: func(net.Conn, error) { note(&refused) },
			Serve: func(_ context.Context, _ net.Conn, v *admission.Visit) {
				note(&served)
				if v.Number() == 1 {
					time.Sleep(soon)
					return
				}
				time.Sleep(time.Hour)
			},
		}
		l := make(arrivals)
		serving.Go(func() { _ = a.Run(t.Context(), l) })
		for range 1 + Lobby + tooMany {
			_, far := newPipeConn("192.0.2.1")
			l <- far
			synctest.Wait()
		}
		synctest.Wait()
		mu.Lock()
		if len(served) != 1 || len(refused) != tooMany {
			t.Errorf("at once %d served and %d refused", len(served), len(refused))
		}
		mu.Unlock()
		time.Sleep(time.Minute)
		synctest.Wait()
		if len(served) != 2 || served[1] < soon || served[1] > soon+100*time.Millisecond {
			t.Errorf("served after %v", served)
		}
		if len(refused) != tooMany+Lobby-1 || refused[len(refused)-1] != time.Second {
			t.Errorf("refused after %v", refused)
		}
		if got := a.Gate.Counts().Refused; got != int64(len(refused)) {
			t.Errorf("%d refusals counted, want %d", got, len(refused))
		}
		close(l)
		serving.Wait()
	})
}

// TestLobbyStops has a server stop while connections wait for a place.
func TestLobbyStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, stop := range []string{"drain", "end"} {
			ctx, cancel := context.WithCancel(t.Context())
			var refused error
			a := Acceptor{
				Gate: admission.New(admission.Limits{Sessions: 1}), Log: slog.New(slog.DiscardHandler),
				Refuse: func(_ net.Conn, err error) { refused = err },
				Serve:  func(context.Context, net.Conn, *admission.Visit) { time.Sleep(time.Hour) },
			}
			l := make(arrivals)
			var serving sync.WaitGroup
			serving.Go(func() { _ = a.Run(ctx, l) })
			for range 2 {
				_, far := newPipeConn("192.0.2.1")
				l <- far
				synctest.Wait()
			}
			if stop == "drain" {
				a.Drain()
			} else {
				cancel()
			}
			time.Sleep(100 * time.Millisecond)
			synctest.Wait()
			if refused != admission.ErrStopping {
				t.Errorf("%s: who waited was told %v", stop, refused)
			}
			close(l)
			serving.Wait()
			cancel()
		}
	})
}
