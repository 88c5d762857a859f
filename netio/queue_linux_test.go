package netio

import (
	"net"
	"testing"
	"time"
)

// TestQueues writes into a connection whose peer does not read: what was
// written stands in one of the two queues until it does.
func TestQueues(t *testing.T) {
	sender, receiver := connect(t, "127.0.0.1:0", Options{}, Options{})
	if n, m, u := SendQueue(sender), ReceiveQueue(receiver), Unsent(sender); n != 0 || m != 0 || u != 0 {
		t.Errorf("before any byte: %d to acknowledge, %d to read, %d to send", n, m, u)
	}
	if _, err := sender.Write(make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "1000 bytes to read", func() bool { return ReceiveQueue(receiver) == 1000 })
	eventually(t, "all acknowledged", func() bool { return SendQueue(sender) == 0 })

	eventually(t, "full buffers, with something to acknowledge and to send", func() bool {
		fill(sender)
		return SendQueue(sender) > 0 && Unsent(sender) > 0
	})
	sender.Close()
	if n := SendQueue(sender); n != 0 {
		t.Errorf("closed connection: %d to acknowledge", n)
	}
}

// fill writes for a moment to a peer that does not read.
func fill(conn *net.TCPConn) {
	_ = conn.SetWriteDeadline(time.Now().Add(100 * time.Millisecond))
	for chunk, err := make([]byte, 1<<20), error(nil); err == nil; {
		_, err = conn.Write(chunk)
	}
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not %s after 30 s", what)
		}
	}
}
