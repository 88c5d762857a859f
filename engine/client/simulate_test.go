package client

import (
	"errors"
	"strings"
	"testing"

	"bbftp/engine/wire"
)

// TestSimulate opens the streams, moves nothing, and leaves every file as it is.
func TestSimulate(t *testing.T) {
	noLeaks(t)
	const size = 100_003
	newer(t, func(t *testing.T, version int) {
		// pretend waits for the go-ahead and for the end of each stream.
		pretend := func(p *peer, m wire.Transfer) {
			ls := p.consent(m)
			if version == 2 {
				for _, conn := range p.connectBack(p.want(wire.MsgTransSimul).(wire.ActiveStart), m) {
					p.empty(conn)
				}
			} else {
				for _, conn := range p.taken(p.want(wire.MsgTransSimulV3).(wire.PassiveStart), m, ls) {
					p.empty(conn)
				}
			}
			p.reply(wire.MsgOK, "OK")
		}
		c := dial(t, serve(t, func(p *peer) {
			p.greet(version, "bbftpd version 4.0.0 : OK")
			pretend(p, p.wishes(wire.MsgStoreV2, "f"))
			for _, name := range []string{"new", "old"} {
				m := p.wishes(wire.MsgRetrV2, name)
				m.Size = size
				pretend(p, m)
			}
			m := p.wishes(wire.MsgRetrV2, "empty")
			m.Kind, m.Streams = wire.MsgTransOKV2, 1
			if version == 3 {
				m.Kind = wire.MsgTransOKV3
			}
			p.send(m)
			p.want(wire.MsgAbort)
			p.after()
		}), speaking(version, func(cfg *Config) {
			cfg.Streams, cfg.BufferSize, cfg.Simulate = 3, 4, true
			cfg.OnTransfer = func(Progress) { t.Error("told that data move") }
		}))
		content := noise(size)
		write(t, c, "f", content)
		write(t, c, "old", []byte("old"))
		write(t, c, "empty", nil)
		for name, streams := range map[string]int{"f": 3, "empty": 0} {
			got, err := c.Put(t.Context(), name, name)
			if err != nil || !got.Simulated || got.Streams != streams || got.Paths.Payload() != 0 {
				t.Errorf("put %s: %+v, %v", name, got, err)
			}
		}
		for _, name := range []string{"new", "old", "empty"} {
			got, err := c.Get(t.Context(), name, name)
			if err != nil || !got.Simulated {
				t.Errorf("get %s: %+v, %v", name, got, err)
			}
		}
		goesOn(t, c)
		holds(t, c, "f", string(content), "old", "old", "empty", "")
	})
}

// TestRehearsal keeps a simulated put away from the file itself where the server
// would delete it (wire.md 6.6).
func TestRehearsal(t *testing.T) {
	noLeaks(t)
	for greeting, safe := range map[string]bool{
		"bbftpd version 4.0.0 : OK": true, "bbftpd version test : OK": true, "hello": true,
		greeting321: false, greeting330: false, "bbftpd version 2.1.4 : OK": false, "": false,
	} {
		t.Run(greeting, func(t *testing.T) {
			c := dial(t, serve(t, func(p *peer) {
				p.greet(3, greeting)
				p.want(wire.MsgStoreV2)
				name := p.want(wire.MsgFilename).(wire.Filename).Path
				if !strings.HasPrefix(name, "d/f") || (name == "d/f") != safe {
					p.fail("stores %q", name)
				}
				p.reply(wire.MsgBadNoRetry, "enough")
			}), speaking(3, func(cfg *Config) { cfg.Simulate = true }))
			write(t, c, "f", []byte("content"))
			_, err := c.Put(t.Context(), "f", "d/f")
			fails[*RefusedError](t, err, "put f", "enough")
		})
	}
}

// empty waits for the end of a stream that carries nothing.
func (p *peer) empty(conn interface{ Read([]byte) (int, error) }) {
	p.Helper()
	if n, err := conn.Read(make([]byte, 1)); n != 0 || err == nil {
		p.fail("a simulated stream carries data")
	}
}

// TestSimulationRefused is a failure like any other.
func TestSimulationRefused(t *testing.T) {
	noLeaks(t)
	c := dial(t, serve(t, func(p *peer) {
		p.greet(3, "bbftpd version 4.0.0 : OK")
		m := p.wishes(wire.MsgStoreV2, "f")
		p.consent(m)
		p.want(wire.MsgTransSimulV3)
		p.reply(wire.MsgBadNoRetry, "no")
		p.after()
	}), speaking(3, func(cfg *Config) { cfg.Simulate = true }))
	write(t, c, "f", []byte("content"))
	_, err := c.Put(t.Context(), "f", "f")
	fails[*RefusedError](t, err, "put f", "no")
	goesOn(t, c)
}

// TestNotInVersion1 names what version 1 can't do, keeps the connection, and
// does not try again.
func TestNotInVersion1(t *testing.T) {
	noLeaks(t)
	c := dial(t, serve(t, func(p *peer) {
		p.login()
		p.wantPath(wire.MsgMkdir, "after")
		p.reply(wire.MsgOK, "OK")
	}), func(cfg *Config) { cfg.Tries = 3 })
	write(t, c, "f", []byte("content"))
	_, stat := c.Stat(t.Context(), "f")
	_, df := c.Df(t.Context(), "f")
	c.Settings().Simulate = true
	_, put := c.Put(t.Context(), "f", "f")
	_, get := c.Get(t.Context(), "f", "g")
	c.Settings().Simulate = false
	for what, err := range map[string]error{
		"rm f":                            c.Remove(t.Context(), "f"),
		"stat f":                          stat,
		"df f":                            df,
		"set the remote umask":            c.SetRemoteUmask(t.Context(), 0o022),
		"set the remote class of service": c.SetRemoteClass(t.Context(), 1),
		"put f: simulate":                 put,
		"get f: simulate":                 get,
	} {
		fails[*VersionError](t, err, what, "version 1")
		if !errors.Is(err, errors.ErrUnsupported) || Retryable(err) {
			t.Errorf("%v: %t, %t", err, errors.Is(err, errors.ErrUnsupported), Retryable(err))
		}
	}
	if err := c.Mkdir(t.Context(), "after"); err != nil {
		t.Error(err)
	}
}
