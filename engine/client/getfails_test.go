package client

import (
	"bytes"
	"net"
	"testing"
	"time"

	"bbftp/engine/wire"
)

// TestGetFails has the server end a get in every way but the good one. What
// was there before stays, and nothing else comes.
func TestGetFails(t *testing.T) {
	noLeaks(t)
	const size = 3000
	content := noise(size)
	streams := func(p *peer) []*peerStream {
		var s []*peerStream
		for i, conn := range p.callBack(started(p, p.request(wire.MsgRetr, "f", 3), size)) {
			s = append(s, &peerStream{conn, segment(content, i, 3)})
		}
		return s
	}
	for _, tt := range []struct {
		name   string
		script func(*peer)
		waits  Waits
		says   string
		broken bool // the connection with it
	}{
		{"negative size", func(p *peer) {
			p.request(wire.MsgRetr, "f", 3)
			p.send(wire.RetrOK{Size: -1})
		}, Waits{}, "size out of range", true},
		{"refused before any data stream", func(p *peer) {
			started(p, p.request(wire.MsgRetr, "f", 3), size)
			p.reply(wire.MsgBadNoRetry, "Cannot connect receive socket 1")
		}, Waits{}, "Cannot connect receive socket 1", false},
		{"refused with one of three streams", func(p *peer) {
			r := started(p, p.request(wire.MsgRetr, "f", 3), size)
			conn := p.dial("127.0.0.1", r.Ports[2])
			p.reply(wire.MsgBad, "Cannot connect receive socket 1")
			p.closed(conn)
		}, Waits{}, "Cannot connect receive socket 1", false},
		{"refused halfway", func(p *peer) {
			s := streams(p)
			s[0].send(p, size/3)
			s[1].send(p, 10)
			p.reply(wire.MsgBad, "Input/output error")
			for _, s := range s {
				p.closed(s.conn)
			}
		}, Waits{}, "Input/output error", false},
		{"a stream is closed before its data", func(p *peer) {
			s := streams(p)
			s[0].conn.Close()
			p.closed(s[1].conn)
			p.reply(wire.MsgBad, "Broken pipe")
		}, Waits{}, "Broken pipe", false},
		{"a stream is closed halfway, then OK", func(p *peer) {
			s := streams(p)
			s[0].send(p, size/3)
			s[1].send(p, size/6)
			s[2].send(p, size/3)
			s[1].conn.Close()
			p.reply(wire.MsgOK, "OK")
		}, Waits{}, "data stream 2", false},
		{"a byte missing, then OK", func(p *peer) {
			s := streams(p)
			s[0].send(p, size/3)
			s[1].send(p, size/3)
			s[2].send(p, size/3-1)
			s[2].conn.Close()
			p.reply(wire.MsgOK, "OK")
		}, Waits{}, "data stream 3", false},
		{"a byte more, then OK", func(p *peer) {
			s := streams(p)
			s[1].data = append(bytes.Clone(s[1].data), 'x')
			for _, s := range s {
				s.send(p, len(s.data))
			}
			p.closed(s[1].conn)
			p.reply(wire.MsgOK, "OK")
		}, Waits{}, "more than its segment", false},
		{"OK without data streams", func(p *peer) {
			started(p, p.request(wire.MsgRetr, "f", 3), size)
			p.reply(wire.MsgOK, "OK")
		}, Waits{Accept: 50 * time.Millisecond}, "did not call back", false},
		{"OK without data", func(p *peer) {
			streams(p)
			p.reply(wire.MsgOK, "OK")
		}, Waits{Idle: 50 * time.Millisecond}, "data stream", false},
		{"no call-back", func(p *peer) {
			started(p, p.request(wire.MsgRetr, "f", 3), size)
		}, Waits{Accept: 50 * time.Millisecond, Reply: 50 * time.Millisecond}, "did not call back", true},
		{"all data, then BAD", func(p *peer) {
			for _, s := range streams(p) {
				s.send(p, size/3)
				if err := wire.ReadAck(s.conn); err != nil {
					p.fail("%v", err)
				}
			}
			p.reply(wire.MsgBadNoRetry, "ACK came too late")
		}, Waits{}, "ACK came too late", false},
		{"no final word", func(p *peer) {
			for _, s := range streams(p) {
				s.send(p, size/3)
			}
		}, Waits{Reply: 50 * time.Millisecond}, "no final word", true},
		{"lost before the go-ahead", func(p *peer) {
			p.request(wire.MsgRetr, "f", 3)
			p.send(wire.RetrOK{Size: size})
			p.hangup()
		}, Waits{}, "control connection", true},
		{"lost before any data stream", func(p *peer) {
			started(p, p.request(wire.MsgRetr, "f", 3), size)
			p.hangup()
		}, Waits{}, "end of the transfer", true},
		{"lost halfway", func(p *peer) {
			s := streams(p)
			s[0].send(p, size/3)
			p.hangup()
			for _, s := range s {
				p.closed(s.conn)
			}
		}, Waits{}, "end of the transfer", true},
		{"lost before the final word", func(p *peer) {
			for _, s := range streams(p) {
				s.send(p, size/3)
				if err := wire.ReadAck(s.conn); err != nil {
					p.fail("%v", err)
				}
			}
			p.hangup()
		}, Waits{}, "end of the transfer", true},
		{"garbage for a final word", func(p *peer) {
			for _, s := range streams(p) {
				s.send(p, size/3)
			}
			p.raw([]byte("what do you mean?"))
		}, Waits{}, "end of the transfer", true},
	} {
		for _, before := range []string{"", "precious"} {
			t.Run(tt.name+"/"+before, func(t *testing.T) {
				scripts := []script{func(p *peer) {
					p.login()
					tt.script(p)
					if !tt.broken {
						give(p, "after", content, 3)
					}
				}}
				if tt.broken {
					scripts = append(scripts, func(p *peer) {
						p.login()
						give(p, "after", content, 3)
					})
				}
				c := dial(t, serve(t, scripts...), func(cfg *Config) { cfg.Streams = 3 })
				connected(t, c)
				hurry(c, tt.waits)
				var files []string
				if before != "" {
					write(t, c, "f", []byte(before))
					files = []string{"f", before}
				}
				_, err := c.Get(t.Context(), "f", "f")
				says(t, err, "get f", tt.says)
				holds(t, c, files...)
				hurry(c, Waits{})
				if _, err := c.Get(t.Context(), "after", "g"); err != nil {
					t.Errorf("afterwards: %v", err)
				}
				holds(t, c, append(files, "g", string(content))...)
			})
		}
	}
}

// peerStream is the server's end of a data stream and what belongs on it.
type peerStream struct {
	conn *net.TCPConn
	data []byte
}

func (s *peerStream) send(p *peer, n int) {
	p.Helper()
	if _, err := s.conn.Write(s.data[:n]); err != nil {
		p.fail("data stream: %v", err)
	}
}
