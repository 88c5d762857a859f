package netio

import (
	"errors"
	"io"
	"testing"
	"time"
)

func TestReadInfo(t *testing.T) {
	const size = 4 << 20
	sender, receiver := connect(t, "127.0.0.1:0", Options{Congestion: "reno"}, Options{})
	go sender.Write(make([]byte, size))
	if _, err := io.CopyN(io.Discard, receiver, size); err != nil {
		t.Fatal(err)
	}
	out, in := mustInfo(t, sender), mustInfo(t, receiver)

	if in.BytesReceived != size {
		t.Errorf("%d bytes received, want %d", in.BytesReceived, size)
	}
	if out.BytesSent < size || out.BytesAcked > size+1 { // the SYN counts as one
		t.Errorf("%d bytes sent, %d acknowledged of %d", out.BytesSent, out.BytesAcked, size)
	}
	if out.State != "ESTABLISHED" || out.Congestion != "reno" {
		t.Errorf("state %q, congestion control %q", out.State, out.Congestion)
	}
	if out.RTT <= 0 || out.RTT > time.Minute || out.RTTVar <= 0 || out.MinRTT > out.RTT+out.RTTVar*8 {
		t.Errorf("round-trip time %v ± %v, least %v", out.RTT, out.RTTVar, out.MinRTT)
	}
	if out.MSS < 500 || out.Cwnd < 1 || out.CwndBytes != int64(out.MSS)*int64(out.Cwnd) {
		t.Errorf("%d segments of %d are %d bytes", out.Cwnd, out.MSS, out.CwndBytes)
	}
	if out.Ssthresh < 0 || out.Ssthresh > 1<<24 {
		t.Errorf("slow-start threshold %d", out.Ssthresh)
	}
	if out.DeliveryRate <= 0 || out.SendWindow <= 0 || in.RecvWindow <= 0 {
		t.Errorf("rate %d, windows %d and %d", out.DeliveryRate, out.SendWindow, in.RecvWindow)
	}

	sender.Close()
	if _, err := receiver.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	if got := mustInfo(t, receiver).State; got != "CLOSE-WAIT" {
		t.Errorf("state %q after the peer closed, want CLOSE-WAIT", got)
	}
}

// TestInfoNamesTheBrake fills the window of a peer that does not read, and
// waits until the kernel says so.
func TestInfoNamesTheBrake(t *testing.T) {
	sender, _ := connect(t, "127.0.0.1:0", Options{}, Options{RecvBuffer: 1 << 17})
	go sender.Write(make([]byte, 64<<20)) // ends when the test closes sender
	info := mustInfo(t, sender)
	for info.RecvWindowLimited == 0 {
		time.Sleep(time.Millisecond)
		info = mustInfo(t, sender)
	}
	if info.RecvWindowLimited > info.Busy {
		t.Errorf("limited by the window for %v of %v", info.RecvWindowLimited, info.Busy)
	}
	if info.NotSent <= 0 {
		t.Errorf("%d bytes not sent", info.NotSent)
	}
}
