package engine

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"bbftp/engine/client"
	"bbftp/engine/server"
	"bbftp/engine/trust"
	"bbftp/engine/wire"
)

// newIdentity is a server's, with the fingerprint clients know it by.
func newIdentity(t testing.TB) (config *tls.Config, fingerprint string) {
	t.Helper()
	id, err := trust.LoadIdentity(filepath.Join(t.TempDir(), "key"), "")
	if err != nil {
		t.Fatal(err)
	}
	if config, err = id.Config(); err != nil {
		t.Fatal(err)
	}
	return config, id.Fingerprint()
}

// TestTLS moves files in sessions whose control connection goes through TLS, in all
// versions, and again after the connection was lost.
func TestTLS(t *testing.T) {
	noLeaks(t)
	config, fingerprint := newIdentity(t)
	h := serve(t, func(cfg *server.Config) { cfg.TLS, cfg.RequireTLS = config, true })
	content := waves(300_001)
	for _, version := range []int{1, 2, 3, 0} {
		t.Run(fmt.Sprint(version), func(t *testing.T) {
			m := between(t, h.port, plan{})
			known := filepath.Join(t.TempDir(), "known")
			var met []trust.Met
			c, dir := dial(t, m.port, func(cfg *client.Config) {
				// The middle can't look into TLS to bridge the data streams.
				cfg.Protocol, cfg.Streams, cfg.Tries, cfg.RetryWait = version, 3, 2, time.Nanosecond
				cfg.ClearText = version == 2 // inside TLS it makes no difference
				cfg.Trust = &trust.Policy{Known: trust.NewKnown(known)}
				cfg.OnTrust = func(m trust.Met) { met = append(met, m) }
				cfg.OnWarning = func(w error) { t.Errorf("warned: %v", w) }
			})
			write(t, dir, "f", content)
			for round := range 2 {
				if _, err := c.Put(t.Context(), "f", "f"); err != nil {
					t.Fatal(err)
				}
				if _, err := c.Get(t.Context(), "f", "g"); err != nil {
					t.Fatal(err)
				}
				if names, err := c.List(t.Context(), "f"); err != nil || len(names) != 1 {
					t.Errorf("%v, %v", names, err)
				}
				if err := second(c.Get(t.Context(), "no", "n")); err == nil {
					t.Error("got what is not there")
				}
				if hash(t, dir, "g") != hash(t, dir, "f") || hash(t, h.root, "f") != hash(t, dir, "f") {
					t.Error("other bytes")
				}
				if round == 0 {
					m.drop(true)
					m.revive()
				}
			}
			if len(met) != 2 || !met[0].First || met[1].First || met[0].Fingerprint != fingerprint {
				t.Errorf("met %+v", met)
			}
		})
	}
}

// TestTLSTogether has clients of one user meet the server at once.
func TestTLSTogether(t *testing.T) {
	noLeaks(t)
	config, _ := newIdentity(t)
	h := serve(t, func(cfg *server.Config) { cfg.TLS = config })
	known := filepath.Join(t.TempDir(), "known")
	var running sync.WaitGroup
	for i := range 12 {
		c, _ := dial(t, h.port, func(cfg *client.Config) {
			cfg.Trust = &trust.Policy{Known: trust.NewKnown(known)}
		})
		running.Go(func() {
			if err := c.Mkdir(t.Context(), fmt.Sprint(i)); err != nil {
				t.Error(err)
			}
		})
	}
	running.Wait()
	if text, err := os.ReadFile(known); err != nil || strings.Count(string(text), "\n") != 1 {
		t.Errorf("%q, %v", text, err)
	}
}

// meddler relays to a server and spoils the ways to log in that it offers.
type meddler struct {
	to     *host
	change func(wire.CryptType) wire.CryptType
}

// meddle starts a relay that does as by says at the time of a connection.
func meddle(t *testing.T, by *atomic.Pointer[meddler]) uint16 {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	t.Cleanup(func() { ln.Close(); running.Wait() })
	running.Go(func() {
		for {
			near, err := ln.Accept()
			if err != nil {
				return
			}
			running.Go(func() {
				defer near.Close()
				now := by.Load()
				far, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", now.to.port))
				if err != nil {
					return
				}
				defer far.Close()
				m, err := wire.Read(far, wire.Server)
				if offer, ok := m.(wire.Crypt); ok && err == nil {
					offer.Type = now.change(offer.Type)
					_, _ = near.Write(offer.Append(nil))
				}
				// Bare writers: the runtime keeps the pipes of a splice for later.
				running.Go(func() { _, _ = io.Copy(struct{ io.Writer }{far}, near); far.Close() })
				_, _ = io.Copy(struct{ io.Writer }{near}, far)
			})
		}
	})
	return uint16(ln.Addr().(*net.TCPAddr).Port)
}

func same(offer wire.CryptType) wire.CryptType { return offer }

// TestTLSUntrusted has servers, and whoever stands before them, be others than they
// were. What a client refuses it refuses at once, for good, and with reasons.
func TestTLSUntrusted(t *testing.T) {
	noLeaks(t)
	config, fingerprint := newIdentity(t)
	other, otherPrint := newIdentity(t)
	secure := serve(t, func(cfg *server.Config) { cfg.TLS = config })
	changed := serve(t, func(cfg *server.Config) { cfg.TLS = other })
	plain := serve(t, nil)
	strip := func(offer wire.CryptType) wire.CryptType { return offer &^ wire.CryptTLS }
	feign := func(offer wire.CryptType) wire.CryptType { return offer | wire.CryptTLS }
	policy := trust.Policy{}
	for _, tt := range []struct {
		name   string
		first  *host // met before, nil: nobody
		then   *host
		change func(wire.CryptType) wire.CryptType
		policy trust.Policy
		wrong  []string // none: it is let in
		warned bool
	}{
		{"the same", secure, secure, same, policy, nil, false},
		{"without TLS, first contact", nil, plain, same, policy, nil, true},
		{"now with TLS", plain, secure, same, policy, nil, false},
		{"another key", secure, changed, same, policy, []string{"has changed", fingerprint, otherPrint, "line 1"}, false},
		{"no TLS any more", secure, plain, same, policy, []string{"offers no TLS", "line 1", "no password was sent"}, false},
		{"the offer taken away, first contact", nil, secure, strip, policy, nil, true},
		{"the offer taken away", secure, secure, strip, policy, []string{"offers no TLS"}, false},
		{"an offer of somebody else", nil, plain, feign, policy, []string{"offered TLS, but does not"}, false},
		{"TLS required", nil, secure, strip, trust.Policy{Require: true}, []string{"required"}, false},
		{"a key demanded", nil, secure, same, trust.Policy{Fingerprint: fingerprint}, nil, false},
		{"another key demanded", nil, secure, same, trust.Policy{Fingerprint: otherPrint}, []string{fingerprint, otherPrint, "demanded"}, false},
		{"a new key demanded", secure, changed, same, trust.Policy{Fingerprint: otherPrint}, nil, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var by atomic.Pointer[meddler]
			port := meddle(t, &by)
			known := filepath.Join(t.TempDir(), "known")
			login := func(p trust.Policy) (retries int, warnings []error, err error) {
				p.Known = trust.NewKnown(known)
				c, _ := dial(t, port, func(cfg *client.Config) {
					cfg.Trust, cfg.Tries, cfg.RetryWait = &p, 3, time.Nanosecond
					cfg.OnRetry = func(time.Duration, error) { retries++ }
					cfg.OnWarning = func(w error) { warnings = append(warnings, w) }
				})
				return retries, warnings, c.Connect(t.Context())
			}
			if tt.first != nil {
				by.Store(&meddler{tt.first, same})
				if _, _, err := login(trust.Policy{}); err != nil {
					t.Fatal(err)
				}
			}
			by.Store(&meddler{tt.then, tt.change})
			retries, warnings, err := login(tt.policy)
			if (err == nil) != (tt.wrong == nil) || retries > 0 {
				t.Errorf("%d retries, %v", retries, err)
			}
			for _, text := range tt.wrong {
				if err != nil && !strings.Contains(err.Error(), text) {
					t.Errorf("%q does not say %q", err, text)
				}
			}
			if slices.ContainsFunc(warnings, func(w error) bool { return w == client.PasswordExposed{} }) != tt.warned {
				t.Errorf("warned of %v", warnings)
			}
		})
	}
}

// TestTLSRequiredByServer turns clients away that can't do it, before they are asked
// for anything.
func TestTLSRequiredByServer(t *testing.T) {
	noLeaks(t)
	config, _ := newIdentity(t)
	h := serve(t, func(cfg *server.Config) { cfg.TLS, cfg.RequireTLS, cfg.AllowClear = config, true, true })
	for _, clear := range []bool{false, true} {
		c, _ := dial(t, h.port, func(cfg *client.Config) { cfg.ClearText = clear })
		err := c.Connect(t.Context())
		var login *client.LoginError
		if !errors.As(err, &login) || !strings.Contains(err.Error(), "requires TLS") {
			t.Errorf("clear %t: %v", clear, err)
		}
	}
}

// TestTLSBadKnown makes no connection where the file of known keys can't be read.
func TestTLSBadKnown(t *testing.T) {
	known := filepath.Join(t.TempDir(), "known")
	write(t, filepath.Dir(known), "known", []byte("# mine\nnonsense\n"))
	c, _ := dial(t, 1, func(cfg *client.Config) { // nobody listens there
		cfg.Trust, cfg.Tries = &trust.Policy{Known: trust.NewKnown(known)}, 3
		cfg.OnRetry = func(time.Duration, error) { t.Error("tried again") }
	})
	err := c.Connect(t.Context())
	if err == nil || !strings.Contains(err.Error(), known+", line 2") {
		t.Error(err)
	}
}

// TestTLSGarbage says things after MSG_TLS that are no TLS, or nothing, or too slowly.
// The server ends each such login in time, serves others, and keeps nothing.
func TestTLSGarbage(t *testing.T) {
	noLeaks(t)
	config, _ := newIdentity(t)
	h := serve(t, func(cfg *server.Config) { cfg.TLS, cfg.Waits.Login = config, 300*time.Millisecond })
	ask := wire.Signal{Kind: wire.MsgTLS}.Append(nil)
	for name, pieces := range map[string][][]byte{
		"nothing":            {ask},
		"a clear login":      {append(slices.Clone(ask), wire.Log{}.Append(nil)...)},
		"it twice":           {ask, ask},
		"noise":              {ask, noise(1000)},
		"a record of lies":   {ask, {22, 3, 1, 0xff, 0xff}, noise(100)},
		"an alert":           {ask, {21, 3, 1, 0, 2, 2, 40}},
		"a length":           {wire.Signal{Kind: wire.MsgTLS, Len: 1 << 30}.Append(nil), noise(100)},
		"byte by byte":       slices.Collect(slices.Chunk(append(slices.Clone(ask), make([]byte, 200)...), 1)),
		"in the wrong order": {{22, 3, 1, 0, 1, 0}, ask},
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", h.port))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			go func() {
				for _, b := range pieces {
					if _, err := conn.Write(b); err != nil {
						return
					}
					time.Sleep(5 * time.Millisecond)
				}
			}()
			if err := conn.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
				t.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
				t.Error("the server stays connected")
			}
		})
	}
	h.hurry(t, 0)
	c, _ := dial(t, h.port, func(cfg *client.Config) { cfg.Trust = &trust.Policy{Require: true} })
	if err := c.Mkdir(t.Context(), "a"); err != nil {
		t.Error(err)
	}
}

// BenchmarkLoginTLS is that of a login, with TLS and without.
func BenchmarkLoginTLS(b *testing.B) {
	config, _ := newIdentity(b)
	h := serve(b, func(cfg *server.Config) { cfg.TLS = config })
	for name, policy := range map[string]*trust.Policy{"without": nil, "with": {Require: true}} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				c, _ := dial(b, h.port, func(cfg *client.Config) { cfg.Trust = policy })
				if err := c.Connect(b.Context()); err != nil {
					b.Fatal(err)
				}
				c.Close()
			}
		})
	}
}
