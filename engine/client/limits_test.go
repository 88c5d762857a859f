package client

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"bbftp/engine/wire"
)

// TestStreamsLimited asks no server for more than it takes, and says so once.
func TestStreamsLimited(t *testing.T) {
	noLeaks(t)
	for name, tt := range map[string]struct {
		version  int
		greeting string
		asked    int32
		granted  int32
		why      string
	}{
		"3.2.1 in version 3": {3, greeting321, 12, 12, "of this release"},
		"3.2.1 in version 2": {2, greeting321, 30, 30, ""},
		"3.1.0 in version 3": {3, "bbftpd version 3.1.0 : OK", 12, 12, "of this release"},
		"3.3.0":              {3, greeting330, 30, 25, "the server takes no more"},
		"our own":            {3, "bbftpd version 0.3.0 : OK", 30, 30, ""},
		"no greeting":        {3, "", 12, 12, "does not name its release"},
	} {
		t.Run(name, func(t *testing.T) {
			content := noise(100_003)
			var warnings []error
			c := dial(t, serve(t, func(p *peer) {
				p.greet(tt.version, tt.greeting)
				for range 2 {
					m := p.wishes(wire.MsgRetrV2, "f")
					if m.Streams != tt.asked {
						p.fail("asked for %d streams, want %d", m.Streams, tt.asked)
					}
					m.Streams, m.Size = tt.granted, int64(len(content))
					p.deliver(p.begin(m, p.consent(m)), content, false)
					p.reply(wire.MsgOK, "OK")
				}
			}), speaking(tt.version, func(cfg *Config) {
				cfg.Streams, cfg.BufferSize = 30, 1
				cfg.OnWarning = func(err error) { warnings = append(warnings, err) }
			}))
			for range 2 {
				got, err := c.Get(t.Context(), "f", "f")
				if err != nil || got.Streams != int(tt.granted) {
					t.Fatalf("%+v, %v", got, err)
				}
			}
			holds(t, c, "f", string(content))
			if tt.why == "" {
				if len(warnings) > 0 {
					t.Errorf("warned of %v", warnings)
				}
				return
			}
			var limited StreamsLimited
			if len(warnings) != 1 || !errors.As(warnings[0], &limited) || limited.Wanted != 30 ||
				limited.Granted != int(tt.granted) || !strings.Contains(limited.Why, tt.why) {
				t.Errorf("warned of %v", warnings)
			}
		})
	}
}

// TestStreamsOfVersion1 are ten at most.
func TestStreamsOfVersion1(t *testing.T) {
	noLeaks(t)
	var warnings []error
	c := dial(t, serve(t, func(p *peer) {
		p.login()
		give(p, "f", []byte("content"), 10)
	}), func(cfg *Config) {
		cfg.Streams = 11
		cfg.OnWarning = func(err error) { warnings = append(warnings, err) }
	})
	if _, err := c.Get(t.Context(), "f", "f"); err != nil {
		t.Error(err)
	}
	if len(warnings) != 1 {
		t.Fatalf("warned of %v", warnings)
	}
	says(t, warnings[0], "10 data streams instead of 11", "version 1")
}

// TestWarnings passes on what the server says in between, in every version.
func TestWarnings(t *testing.T) {
	noLeaks(t)
	newer(t, func(t *testing.T, version int) {
		content := noise(1000)
		var warnings []string
		c := dial(t, serve(t, func(p *peer) {
			p.enter(version)
			m := p.wishes(wire.MsgRetrV2, "f")
			p.reply(wire.MsgInfo, "1")
			m.Size = int64(len(content))
			streams := p.begin(m, p.consent(m))
			p.reply(wire.MsgInfo, "2")
			p.reply(wire.MsgInfo, "3")
			p.deliver(streams, content, false)
			p.reply(wire.MsgInfo, "4")
			p.reply(wire.MsgOK, "OK")
		}), speaking(version, func(cfg *Config) {
			cfg.OnWarning = func(err error) { warnings = append(warnings, err.Error()) }
		}))
		if _, err := c.Get(t.Context(), "f", "f"); err != nil {
			t.Error(err)
		}
		if !slices.Equal(warnings, []string{"1", "2", "3", "4"}) {
			t.Errorf("warned of %q", warnings)
		}
		holds(t, c, "f", string(content))
	})
}

// TestSettingsOfEachOperation take effect with the next one.
func TestSettingsOfEachOperation(t *testing.T) {
	noLeaks(t)
	c := dial(t, serve(t, func(p *peer) {
		p.enter(3)
		p.after()
		p.want(wire.MsgStat)
	}), speaking(3, nil))
	goesOn(t, c)
	c.Settings().Streams = -1
	_, err := c.Stat(t.Context(), "f")
	fails[*LocalError](t, err, "-1 streams")
	c.Settings().Streams = 0
	c.Settings().Waits.Reply = 50 * time.Millisecond
	_, err = c.Stat(t.Context(), "f")
	fails[*BrokenError](t, err, "wait for the answer to MSG_STAT")
}
