package client

import (
	"net"
	"slices"
	"sync"
	"testing"

	"bbftp/engine/wire"
)

// fixed is a tuner that always chooses the same and keeps what it is told.
type fixed struct {
	Choice

	mu      sync.Mutex
	asked   []Path
	learned []Transfer
}

func (f *fixed) Choose(p Path) Choice {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, p)
	return f.Choice
}

func (f *fixed) Learn(_ Path, t *Transfer) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.learned = append(f.learned, *t)
}

// TestTuned: the choice decides what is asked for, the tuner knows what the
// client knows, and it learns of each file.
func TestTuned(t *testing.T) {
	noLeaks(t)
	const size = 100_000
	for _, tt := range []struct {
		name                       string
		greeting                   string
		version                    int
		streams, sendWindow, grant int // of the settings, of the server
		want, most, window         int
		fixes, learns              bool
	}{
		{name: "ours", greeting: "bbftpd version 4.0.0 : OK", version: 3, want: 6, most: 24, window: 2048, learns: true},
		{name: "legacy", greeting: "bbftpd version 3.3.0 : OK", version: 3, want: 6, most: 24, window: 2048, fixes: true, learns: true},
		{name: "room for 12", greeting: "bbftpd version 3.2.0 : OK", version: 3, want: 6, most: 12, window: 2048, fixes: true, learns: true},
		{name: "version 2", greeting: "bbftpd version 2.2.1 : OK", version: 2, want: 6, most: 24, window: 2048, fixes: true, learns: true},
		{name: "a wish", greeting: "bbftpd version 4.0.0 : OK", version: 3, streams: 2, want: 2, most: 24, window: 2048},
		{name: "a wish for windows", greeting: "bbftpd version 3.3.0 : OK", version: 3, sendWindow: 512, want: 6, most: 24, window: 512, fixes: true, learns: true},
		{name: "few granted", greeting: "bbftpd version 4.0.0 : OK", version: 3, grant: 4, want: 6, most: 24, window: 2048, learns: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			granted := tt.want
			if tt.grant > 0 {
				granted = tt.grant
			}
			tuner := &fixed{Choice: Choice{Streams: 6, SendWindow: 2048, RecvWindow: 2048, Why: []string{"because"}}}
			c := dial(t, serve(t, func(p *peer) {
				p.greet(tt.version, tt.greeting)
				for range 2 {
					m := p.wishes(wire.MsgStoreV2, "remote")
					if int(m.Streams) != tt.want || int(m.SendWindow) != tt.window || m.RecvWindow != 2048 {
						p.fail("asked for %+v", m)
					}
					m.Streams = int32(granted)
					ls := p.consent(m)
					if tt.version == 2 {
						start := p.want(wire.MsgTransStartV2).(wire.ActiveStart)
						p.reply(wire.MsgInfo, "Receive buffer cannot be set to 2048 KB")
						p.stored(p.connectBack(start, m), m)
						continue
					}
					p.stored(p.begin(m, ls), m)
				}
			}), speaking(tt.version, func(cfg *Config) {
				cfg.Tuner, cfg.Streams, cfg.SendWindow, cfg.BufferSize = tuner, tt.streams, tt.sendWindow, 4
				cfg.OnWarning = func(w error) { t.Errorf("warned: %v", w) } // nobody's wish was denied
			}))
			write(t, c, "f", noise(size))
			for range 2 {
				got, err := c.Put(t.Context(), "f", "remote")
				if err != nil {
					t.Fatal(err)
				}
				if got.Streams != granted || got.SendWindow != tt.window || !slices.Equal(got.Why, []string{"because"}) {
					t.Errorf("record %+v", got)
				}
			}
			if len(tuner.asked) != 2 {
				t.Fatalf("asked %d times", len(tuner.asked))
			}
			p := tuner.asked[0]
			if p.Host != "127.0.0.1" || p.Port != c.cfg.Port || !p.Put || p.Size != size || p.Version != tt.version ||
				p.Streams != tt.streams || p.MaxStreams != tt.most || p.Fixes != tt.fixes || p.Compress {
				t.Errorf("asked about %+v", p)
			}
			if info, err := c.ctl.Info(); err == nil && (p.RTT <= 0 || p.RTT > patience || p.Congestion != info.Congestion) {
				t.Errorf("round-trip time %v, %q", p.RTT, p.Congestion)
			}
			if most := tuner.asked[1].MaxStreams; tt.grant > 0 && most != tt.grant {
				t.Errorf("at most %d streams afterwards, want the %d granted", most, tt.grant)
			}
			if learned := len(tuner.learned); learned != 2 && tt.learns || learned != 0 && !tt.learns {
				t.Errorf("learned of %d files", learned)
			}
		})
	}
}

// stored takes a put to its end.
func (p *peer) stored(streams []*net.TCPConn, m wire.Transfer) {
	p.Helper()
	p.collect(streams, m.Size)
	p.acknowledge(streams)
	p.reply(wire.MsgOK, "OK")
}

// TestTunedGet: a get names its streams before the size is known, also in
// version 1, which takes ten.
func TestTunedGet(t *testing.T) {
	noLeaks(t)
	content := noise(50_000)
	tuner := &fixed{Choice: Choice{Streams: 16}}
	one := dial(t, serve(t, func(p *peer) {
		p.login()
		r := p.request(wire.MsgRetr, "remote", 10)
		p.send(wire.RetrOK{Size: int64(len(content))})
		p.want(wire.MsgRetrStart)
		p.deliver(p.callBack(r), content, false)
		p.reply(wire.MsgOK, "OK")
	}), func(cfg *Config) {
		cfg.Tuner = tuner
		cfg.OnWarning = func(w error) { t.Errorf("warned: %v", w) }
	})
	three := dial(t, serve(t, func(p *peer) {
		p.enter(3)
		m, streams := p.granted(wire.MsgRetrV2, "remote", int64(len(content)))
		if m.Streams != 16 {
			p.fail("%d streams", m.Streams)
		}
		p.deliver(streams, content, false)
		p.reply(wire.MsgOK, "OK")
	}), speaking(3, func(cfg *Config) { cfg.Tuner = tuner }))
	for i, c := range []*Client{one, three} {
		if _, err := c.Get(t.Context(), "remote", "local"); err != nil {
			t.Fatal(err)
		}
		holds(t, c, "local", string(content))
		if p := tuner.asked[i]; p.Put || p.Size != -1 || p.MaxStreams != []int{wire.MaxStreamsV1, wire.MaxStreams}[i] {
			t.Errorf("asked about %+v", p)
		}
	}
	if len(tuner.learned) != 2 {
		t.Errorf("learned of %d files", len(tuner.learned))
	}
}

// TestTunedRetry: all tries of a file make the same choice, and what fails
// teaches nothing.
func TestTunedRetry(t *testing.T) {
	noLeaks(t)
	tuner := &fixed{Choice: Choice{Streams: 3}}
	c := dial(t, serve(t, func(p *peer) {
		p.enter(3)
		p.wishes(wire.MsgStoreV2, "remote")
		p.reply(wire.MsgBad, "not now")
		m, streams := p.granted(wire.MsgStoreV2, "remote", 0)
		if m.Streams != 3 {
			p.fail("%d streams", m.Streams)
		}
		p.stored(streams, m)
	}), speaking(3, func(cfg *Config) { cfg.Tuner, cfg.Tries, cfg.BufferSize = tuner, 2, 4 }))
	write(t, c, "f", noise(20_000))
	if _, err := c.Put(t.Context(), "f", "remote"); err != nil {
		t.Fatal(err)
	}
	if len(tuner.asked) != 1 || len(tuner.learned) != 1 {
		t.Errorf("asked %d times, learned %d", len(tuner.asked), len(tuner.learned))
	}
}
