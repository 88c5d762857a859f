package control

import (
	"errors"
	"net"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"bbftp/engine/wire"
)

// TestOneLimitForAMessage has header and body each come in time, and their sum not.
func TestOneLimitForAMessage(t *testing.T) {
	const limit = 10 * time.Second
	message := wire.PathRequest{Kind: wire.MsgMkdir, Path: "somewhere"}.Append(nil)
	for name, rest := range map[string]func(*Conn, wire.Header) error{
		"read":      func(c *Conn, h wire.Header) error { _, err := c.ReadBody(h); return err },
		"discarded": func(c *Conn, h wire.Header) error { return c.Discard(int(h.Len)) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				near, far := net.Pipe()
				var speaking sync.WaitGroup
				defer speaking.Wait()
				defer near.Close()
				speaking.Go(func() {
					for _, part := range [][]byte{message[:1], message[1:wire.HeaderSize], message[wire.HeaderSize:]} {
						_, _ = far.Write(part) // nobody may want it any more
						time.Sleep(limit * 2 / 3)
					}
					far.Close()
				})
				c := New(near, wire.Client, Limits{Receive: limit})
				began := time.Now()
				h, err := c.ReadHeader(limit)
				if err != nil {
					t.Fatal(err)
				}
				if err := rest(c, h); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(began) != limit {
					t.Errorf("%v after %v", err, time.Since(began))
				}
			})
		})
	}
}
