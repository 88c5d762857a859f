package netio

import (
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// multipathHere skips where the system has no Multipath TCP.
func multipathHere(t testing.TB) {
	t.Helper()
	if sysctl(t, "net/mptcp/enabled") == 0 {
		t.Skip("net.mptcp.enabled is 0")
	}
}

// TestMultipath: only where both ends ask for it and nothing speaks against it.
// Where it is not used, everything else is granted as without.
func TestMultipath(t *testing.T) {
	multipathHere(t)
	const timeout = 90 * time.Second
	base := Options{SendBuffer: 200_000, RecvBuffer: 150_000, Congestion: "reno", KeepAlive: time.Minute, UserTimeout: timeout}
	many, paced, marked := base, base, base
	many.Multipath = true
	paced.Multipath, paced.PacingRate = true, 1<<30
	marked.Multipath, marked.TOS = true, 0x20
	for name, tt := range map[string]struct {
		dial, listen Options
		four, six    bool // over IPv4, over IPv6
	}{
		"both":          {many, many, true, true},
		"dialing end":   {many, base, false, false},
		"listening end": {base, many, false, false},
		"paced dialer":  {paced, many, false, false},
		"paced both":    {paced, paced, false, false},
		"marked both":   {marked, marked, true, false},
	} {
		for address, multipath := range map[string]bool{"127.0.0.1": tt.four, "[::1]": tt.six} {
			t.Run(name+"/"+address, func(t *testing.T) {
				if strings.Contains(address, "[") && !hasIPv6() {
					t.Skip("no IPv6 on this system")
				}
				dialed, accepted := acceptData(t, address, tt.dial, tt.listen)
				for conn, asked := range map[*net.TCPConn]Options{dialed: tt.dial, accepted: tt.listen} {
					want := Granted{
						SendBuffer: 200_000, RecvBuffer: 150_000, Congestion: "reno", TOS: asked.TOS, KeepAlive: time.Minute,
						NoDelay: true, Multipath: multipath, PacingRate: asked.PacingRate,
					}
					if !multipath {
						want.UserTimeout = timeout // which Multipath TCP has not
					}
					if got := mustRead(t, conn); got != want {
						t.Errorf("asked for %+v: got %+v, want %+v", asked, got, want)
					}
				}
			})
		}
	}
}

// acceptData connects by way of a data listener.
func acceptData(t testing.TB, address string, dial, listen Options) (dialed, accepted *net.TCPConn) {
	t.Helper()
	local := netip.MustParseAddr(strings.Trim(address, "[]"))
	if local.Is4() {
		local = ownAddress() // nobody else calls there
	}
	l := listenStreams(t, 1, DataConfig{Options: listen, Local: local})[0]
	dialed, err := Dialer{Options: dial}.Dial(t.Context(), l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dialed.Close() })
	if accepted, err = l.Accept(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { accepted.Close() })
	return dialed, accepted
}

// TestMultipathInfo: TCP_INFO of a Multipath TCP connection is that of its first
// subflow, which is all there is on loopback. The queues are the connection's.
func TestMultipathInfo(t *testing.T) {
	multipathHere(t)
	const size = 4 << 20
	o := Options{Multipath: true}
	sender, receiver := connect(t, "127.0.0.1:0", o, o)
	if !mustRead(t, sender).Multipath {
		t.Fatal("not Multipath TCP")
	}
	go sender.Write(make([]byte, size))
	if _, err := io.CopyN(io.Discard, receiver, size); err != nil {
		t.Fatal(err)
	}
	out, in := mustInfo(t, sender), mustInfo(t, receiver)
	if out.State != "ESTABLISHED" || out.BytesSent < size || in.BytesReceived < size || out.RTT <= 0 || out.Cwnd < 1 || out.Congestion == "" {
		t.Errorf("sender %+v, receiver %+v", out, in)
	}
	if _, err := sender.Write(make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "1000 bytes to read", func() bool { return ReceiveQueue(receiver) == 1000 })
	eventually(t, "all acknowledged", func() bool { return SendQueue(sender) == 0 })
	NewRateLimit(1 << 20).Send(sender) // can't, and says nothing
	if got := mustRead(t, sender).PacingRate; got != 0 {
		t.Errorf("paced at %d", got)
	}
}

func TestMultipathListener(t *testing.T) {
	multipathHere(t)
	if got := mustRead(t, listenOn(t, "127.0.0.1:0", Options{Multipath: true})); !got.Multipath {
		t.Errorf("not offered: %+v", got)
	}
	if got := mustRead(t, listenOn(t, "127.0.0.1:0", Options{})); got.Multipath {
		t.Errorf("offered unasked: %+v", got)
	}
}

// TestMultipathUnsent has a peer that does not read: what stands before it is not
// what one path has to send.
func TestMultipathUnsent(t *testing.T) {
	multipathHere(t)
	many := Options{Multipath: true}
	dialed, _ := acceptData(t, "127.0.0.1", many, many)
	eventually(t, "more unsent than what is on a path", func() bool {
		fill(dialed)
		return int64(Unsent(dialed)) > mustInfo(t, dialed).NotSent
	})
}
