package privsep

import (
	"context"
	"log/slog"
	"net"
	"testing"
	"time"

	"bbftp/engine/admission"
	"bbftp/engine/client"
	"bbftp/engine/server"
)

// keyTime is enough to make the key of a login before the client comes: it costs
// more than all the rest, and the same everywhere.
const keyTime = 200 * time.Millisecond

// BenchmarkLogin compares a login into processes of its own with one into a
// server of one process, keys aside.
func BenchmarkLogin(b *testing.B) {
	root(b)
	users, err := house(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	quiet := slog.New(slog.DiscardHandler)
	settings := Settings{Server: server.Config{Version: "test"}}
	type daemon interface {
		Serve(context.Context, net.Listener) error
	}
	for name, open := range map[string]func() (daemon, error){
		"processes": func() (daemon, error) {
			return New(Config{
				Accounts: users, Gate: admission.New(admission.Limits{}), Audit: new(book), Log: quiet, RunAs: "nobody", Settings: settings,
			})
		},
		"one process": func() (daemon, error) {
			cfg := settings.session(quiet, new(book))
			cfg.Accounts = users
			return server.New(cfg)
		},
	} {
		b.Run(name, func(b *testing.B) {
			d, err := open()
			if err != nil {
				b.Fatal(err)
			}
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				b.Fatal(err)
			}
			ctx, cancel := context.WithCancel(context.Background())
			served := make(chan error, 1)
			go func() { served <- d.Serve(ctx, l) }()
			defer func() {
				cancel()
				if err := <-served; err != nil {
					b.Error(err)
				}
			}()
			for range b.N {
				b.StopTimer()
				time.Sleep(keyTime)
				b.StartTimer()
				c, err := client.New(client.Config{
					Host: "127.0.0.1", Port: uint16(l.Addr().(*net.TCPAddr).Port), User: "alice", Password: password, Tries: 1,
				})
				if err != nil {
					b.Fatal(err)
				}
				if err := c.Connect(b.Context()); err != nil {
					b.Fatal(err)
				}
				if err := c.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
