package engine

import (
	"sync"
	"testing"

	"bbftp/engine/client"
	"bbftp/engine/server"
	"bbftp/engine/trust"
	"bbftp/engine/wire"
)

// clock tells how many round trips a dialogue would have taken if every way took
// half of one, whatever it takes here: each side's time is that of the last that
// reached it, and what it says then reaches the other half a round trip later.
// It is exact where a side speaks only when it has heard all that was on its way.
type clock struct {
	mu             sync.Mutex
	client, server float64 // guarded by mu
	connecting     bool    // guarded by mu: nothing has passed since the last connect
}

// speaks is the time at which sender says what it says next.
func (c *clock) speaks(sender wire.Sender) float64 {
	if c == nil {
		return 0
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if sender == wire.Client {
		return c.client
	}
	return c.server
}

// passes has the other side hear what sender said then.
func (c *clock) passes(sender wire.Sender, said float64) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.connecting = false
	if sender == wire.Client {
		c.server = max(c.server, said+.5)
	} else {
		c.client = max(c.client, said+.5)
	}
}

// connects has a side connect to the other. Several at once take as long as one.
func (c *clock) connects(caller wire.Sender) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.connecting {
		return
	}
	c.connecting = true
	from, to := &c.client, &c.server
	if caller == wire.Server {
		from, to = to, from
	}
	*to = max(*to, *from+1.5) // which accepts with the third packet
	*from++
}

func (c *clock) reading() float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.client
}

// TestRoundTrips counts those of small files, one stream each.
//
// Version 3 needs, before the first command: the connection, the greeting (one
// more, since the server speaks when it has accepted), the login. To a server of
// ours the question for the versions goes along with the first command; others cost
// one more for it. A put is then:
// request and its answer · data connection · go-ahead with the data, and the last
// word. A get has one more, since the server waits for the ACK.
func TestRoundTrips(t *testing.T) {
	noLeaks(t)
	h := serve(t, nil)
	for _, tt := range []struct {
		version           int
		login             float64 // until the first command may be sent
		put, get, nothing float64 // of a file, of an empty one to the server
	}{
		{version: 1, login: 3, put: 3, get: 4, nothing: 1},
		{version: 2, login: 3, put: 4, get: 4, nothing: 1},
		{version: 3, login: 3, put: 3, get: 4, nothing: 1},
	} {
		var c clock
		m := between(t, h.port, plan{clock: &c})
		cl, dir := dial(t, m.port, func(cfg *client.Config) { cfg.Protocol = tt.version })
		write(t, dir, "f", waves(1000))
		write(t, dir, "empty", nil)
		took := func(what string, want float64, do func() error) {
			t.Helper()
			before := c.reading()
			if err := do(); err != nil {
				t.Errorf("version %d, %s: %v", tt.version, what, err)
			}
			if got := c.reading() - before; got != want {
				t.Errorf("version %d, %s: %v round trips, want %v", tt.version, what, got, want)
			}
		}
		took("first put", tt.login+tt.put, func() error { return second(cl.Put(t.Context(), "f", "f")) })
		took("put", tt.put, func() error { return second(cl.Put(t.Context(), "f", "f")) })
		took("get", tt.get, func() error { return second(cl.Get(t.Context(), "f", "g")) })
		took("empty put", tt.nothing, func() error { return second(cl.Put(t.Context(), "empty", "e")) })
		took("cd", 1, func() error { return second(cl.Chdir(t.Context(), "/")) })
	}
}

// TestRoundTripsTLS counts one more for a login through TLS.
func TestRoundTripsTLS(t *testing.T) {
	noLeaks(t)
	h := serve(t, func(cfg *server.Config) { cfg.TLS, _ = newIdentity(t) })
	for version := 1; version <= 3; version++ {
		var c clock
		m := between(t, h.port, plan{clock: &c})
		cl, _ := dial(t, m.port, func(cfg *client.Config) {
			cfg.Protocol, cfg.Trust = version, &trust.Policy{Require: true}
		})
		for _, want := range []float64{4 + 1, 1} { // with the login, without
			before := c.reading()
			if _, err := cl.Chdir(t.Context(), "/"); err != nil {
				t.Errorf("version %d: %v", version, err)
			}
			if got := c.reading() - before; got != want {
				t.Errorf("version %d: %v round trips, want %v", version, got, want)
			}
		}
	}
}
