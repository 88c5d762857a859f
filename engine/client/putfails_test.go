package client

import (
	"io"
	"testing"
	"time"

	"bbftp/engine/wire"
)

// TestPutFails has the server end a put in every way but the good one.
func TestPutFails(t *testing.T) {
	noLeaks(t)
	content := noise(1 << 20)
	request := func(p *peer) wire.FileRequest { return p.request(wire.MsgStore, "f", 3) }
	for _, tt := range []struct {
		name   string
		script func(*peer)
		waits  Waits
		says   string
		broken bool // the connection with it
	}{
		{"refused before any data stream", func(p *peer) {
			request(p)
			p.reply(wire.MsgBadNoRetry, "disk full")
		}, Waits{}, "disk full", false},
		{"refused with one of three streams", func(p *peer) {
			r := request(p)
			conn := p.dial("127.0.0.1", r.Ports[1])
			p.reply(wire.MsgBad, "Cannot connect receive socket 1")
			p.closed(conn)
		}, Waits{}, "Cannot connect receive socket 1", false},
		{"refused halfway", func(p *peer) {
			streams := p.callBack(request(p))
			if _, err := io.CopyN(io.Discard, streams[0], 1000); err != nil {
				p.fail("%v", err)
			}
			p.reply(wire.MsgBadNoRetry, "Disk quota excedeed or No Space left on device")
			for _, conn := range streams {
				p.closed(conn)
			}
		}, Waits{}, "Disk quota", false},
		{"a stream is closed halfway", func(p *peer) {
			streams := p.callBack(request(p))
			streams[1].Close()
			p.closed(streams[0])
			p.closed(streams[2])
			p.reply(wire.MsgBad, "Connection reset by peer")
		}, Waits{}, "Connection reset by peer", false},
		{"OK without ACK", func(p *peer) {
			r := request(p)
			streams := p.callBack(r)
			p.collect(streams, r.Size)
			for _, conn := range streams {
				conn.Close()
			}
			p.reply(wire.MsgOK, "OK")
		}, Waits{}, "ACK", false},
		{"OK with two ACKs of three", func(p *peer) {
			r := request(p)
			streams := p.callBack(r)
			p.collect(streams, r.Size)
			p.acknowledge(streams[:2])
			streams[2].Close()
			p.reply(wire.MsgOK, "OK")
		}, Waits{}, "data stream 3", false},
		{"OK instead of an ACK", func(p *peer) {
			r := request(p)
			streams := p.callBack(r)
			p.collect(streams, r.Size)
			for _, conn := range streams {
				if _, err := conn.Write(wire.Reply{Kind: wire.MsgOK}.Append(nil)); err != nil {
					p.fail("%v", err)
				}
			}
			p.reply(wire.MsgOK, "OK")
		}, Waits{}, "not an ACK", false},
		{"ACK never comes", func(p *peer) {
			r := request(p)
			streams := p.callBack(r)
			p.collect(streams, r.Size)
			p.reply(wire.MsgOK, "OK")
		}, Waits{Ack: 50 * time.Millisecond}, "ACK", false},
		{"OK without data streams", func(p *peer) {
			request(p)
			p.reply(wire.MsgOK, "OK")
		}, Waits{Accept: 50 * time.Millisecond}, "did not call back", false},
		{"no call-back", func(p *peer) {
			request(p)
		}, Waits{Accept: 50 * time.Millisecond, Reply: 50 * time.Millisecond}, "did not call back", true},
		{"data never taken", func(p *peer) {
			p.callBack(request(p))
			p.reply(wire.MsgOK, "OK")
		}, Waits{Idle: 50 * time.Millisecond, Ack: 50 * time.Millisecond}, "data stream", false},
		{"no final word", func(p *peer) {
			r := request(p)
			streams := p.callBack(r)
			p.collect(streams, r.Size)
			p.acknowledge(streams)
		}, Waits{Reply: 50 * time.Millisecond}, "no final word", true},
		{"lost before any data stream", func(p *peer) {
			p.reply(wire.MsgInfo, "") // else it is a server without version 1
			request(p)
			p.hangup()
		}, Waits{}, "end of the transfer", true},
		{"lost halfway", func(p *peer) {
			p.reply(wire.MsgInfo, "")
			streams := p.callBack(request(p))
			p.hangup()
			for _, conn := range streams {
				p.closed(conn)
			}
		}, Waits{}, "end of the transfer", true},
		{"lost before the final word", func(p *peer) {
			p.reply(wire.MsgInfo, "")
			r := request(p)
			streams := p.callBack(r)
			p.collect(streams, r.Size)
			p.acknowledge(streams)
			p.hangup()
		}, Waits{}, "end of the transfer", true},
		{"garbage for a final word", func(p *peer) {
			r := request(p)
			streams := p.callBack(r)
			p.collect(streams, r.Size)
			p.acknowledge(streams)
			p.raw([]byte("what do you mean?"))
		}, Waits{}, "end of the transfer", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			scripts := []script{func(p *peer) {
				p.login()
				tt.script(p)
				if !tt.broken {
					receive(p, "after", content, 3)
				}
			}}
			if tt.broken {
				scripts = append(scripts, func(p *peer) {
					p.login()
					receive(p, "after", content, 3)
				})
			}
			c := dial(t, serve(t, scripts...), func(cfg *Config) { cfg.Streams = 3 })
			connected(t, c)
			hurry(c, tt.waits)
			write(t, c, "f", content)
			_, err := c.Put(t.Context(), "f", "f")
			says(t, err, "put f", tt.says)
			hurry(c, Waits{})
			if _, err := c.Put(t.Context(), "f", "after"); err != nil {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
}
