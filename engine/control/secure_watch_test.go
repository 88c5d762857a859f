package control

import (
	"io"
	"net"
	"runtime"
	"testing"
	"time"

	"bbftp/netio"
)

// TestSecureWatch watches again and again; each stop wakes a read in the middle of
// TLS, at any point of a record.
func TestSecureWatch(t *testing.T) {
	c, peer, _ := secured(t, Limits{})
	const messages = 200
	go func() {
		for range messages {
			if _, err := peer.Write(mkdir("a").Append(nil)); err != nil {
				return
			}
		}
	}()
	for range messages {
		events, stop := watch(c)
		stop()
		close(events)
		for e := range events {
			if e.err != nil {
				t.Fatal(e.err)
			}
		}
		expect(t, c, "a")
	}
	events, stop := watch(c)
	if err := peer.Close(); err != nil {
		t.Fatal(err)
	}
	if e := <-events; e.err != io.EOF {
		t.Errorf("watched the end: %+v", e)
	}
	stop()
}

// TestSecureWatchTorn stops a watch in the middle of a record.
func TestSecureWatchTorn(t *testing.T) {
	c, peer, below := secured(t, Limits{})
	below.shut = true
	for size := range 5 + len(mkdir("a").Append(nil)) + 16 { // header, message, tag: never the whole record
		write(t, peer, mkdir("a").Append(nil))
		below.let(t, size)
		events, stop := watch(c)
		for began := time.Now(); netio.Readable(c.base.(*net.TCPConn)) && time.Since(began) < time.Minute; {
			runtime.Gosched() // until the watch has taken it
		}
		stop()
		quiet(t, events)
		below.let(t, all)
		expect(t, c, "a")
	}
}
