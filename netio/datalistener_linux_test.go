package netio

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"slices"
	"syscall"
	"testing"
	"time"
)

var loopback = netip.MustParseAddr("127.0.0.1")

func listenData(t *testing.T, c DataConfig) *DataListener {
	t.Helper()
	return listenStreams(t, 1, c)[0]
}

func listenStreams(t testing.TB, n int, c DataConfig) []*DataListener {
	t.Helper()
	ls, err := ListenData(t.Context(), n, c)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range ls {
		t.Cleanup(func() { l.Close() })
	}
	return ls
}

// listenOwn is listenData on a port of ownAddress, which nobody else takes once it
// is closed.
func listenOwn(t *testing.T, c DataConfig) *DataListener {
	t.Helper()
	c.Local, c.Ports = ownAddress(), ownPorts(t, 1)
	return listenData(t, c)
}

// dialFrom connects to l from one of the many loopback addresses.
func dialFrom(t *testing.T, l *DataListener, address string) *net.TCPConn {
	t.Helper()
	d := Dialer{Local: netip.AddrPortFrom(netip.MustParseAddr(address), 0)}
	to := l.Addr()
	if to.Addr().IsUnspecified() {
		to = netip.AddrPortFrom(loopback, to.Port())
	}
	conn, err := d.Dial(t.Context(), to.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func TestAcceptPeerOnly(t *testing.T) {
	var told []netip.AddrPort
	asked := Options{SendBuffer: 100_000, RecvBuffer: 100_000}
	l := listenOwn(t, DataConfig{
		Options: asked, Peer: netip.MustParseAddr("::ffff:127.0.0.3"),
		OnRefused: func(from netip.AddrPort) { told = append(told, from) },
	})
	var strangers []*net.TCPConn
	var want []netip.AddrPort
	for _, address := range []string{"127.0.0.1", "127.0.0.2"} {
		conn := dialFrom(t, l, address)
		strangers = append(strangers, conn)
		want = append(want, conn.LocalAddr().(*net.TCPAddr).AddrPort())
	}
	peer := dialFrom(t, l, "127.0.0.3")
	late := dialFrom(t, l, "127.0.0.3")

	conn, err := l.Accept(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if conn.RemoteAddr().String() != peer.LocalAddr().String() {
		t.Errorf("accepted %v, want %v", conn.RemoteAddr(), peer.LocalAddr())
	}
	if l.Refused() != 2 || !slices.Equal(told, want) {
		t.Errorf("refused %d, told of %v, want %v", l.Refused(), told, want)
	}
	if got := mustRead(t, conn); got.SendBuffer != 100_000 || got.RecvBuffer != 100_000 {
		t.Errorf("options not inherited: %+v", got)
	}
	for _, other := range append(strangers, late) {
		if n, err := other.Read(make([]byte, 1)); n != 0 || !(errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET)) {
			t.Errorf("%v is still connected: %v", other.LocalAddr(), err)
		}
	}
	if _, err := (Dialer{}).Dial(t.Context(), l.Addr().String()); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("still listening after Accept: %v", err)
	}
	if _, err := l.Accept(t.Context()); !errors.Is(err, net.ErrClosed) {
		t.Errorf("second Accept: %v, want net.ErrClosed", err)
	}
}

func TestAcceptAnyone(t *testing.T) {
	l := listenData(t, DataConfig{Ports: PortRange{firstWide, lastWide}}) // all addresses, IPv4 as mapped in IPv6
	peer := dialFrom(t, l, "127.0.0.9")
	conn, err := l.Accept(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if port(conn.RemoteAddr()) != port(peer.LocalAddr()) || l.Refused() != 0 {
		t.Errorf("accepted %v, refused %d", conn.RemoteAddr(), l.Refused())
	}
}

// TestAcceptMapped compares an IPv4 peer that arrives on an IPv6 socket.
func TestAcceptMapped(t *testing.T) {
	l := listenData(t, DataConfig{Ports: PortRange{firstWide, lastWide}, Peer: loopback})
	dialFrom(t, l, "127.0.0.1")
	conn, err := l.Accept(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
}

func TestAcceptGivesUp(t *testing.T) {
	late := errors.New("nobody called back")
	for name, give := range map[string]struct {
		ctx  func(context.Context, *DataListener) (context.Context, context.CancelFunc)
		want error
	}{
		"timeout": {func(ctx context.Context, _ *DataListener) (context.Context, context.CancelFunc) {
			return context.WithTimeoutCause(ctx, 20*time.Millisecond, late)
		}, late},
		"cancel": {func(ctx context.Context, _ *DataListener) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			time.AfterFunc(20*time.Millisecond, cancel)
			return ctx, cancel
		}, context.Canceled},
		"canceled before": {func(ctx context.Context, _ *DataListener) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			cancel()
			return ctx, cancel
		}, context.Canceled},
		"close": {func(ctx context.Context, l *DataListener) (context.Context, context.CancelFunc) {
			closed := make(chan struct{})
			time.AfterFunc(20*time.Millisecond, func() { l.Close(); close(closed) })
			return ctx, func() { <-closed }
		}, net.ErrClosed},
	} {
		t.Run(name, func(t *testing.T) {
			l := listenOwn(t, DataConfig{Peer: loopback})
			dialFrom(t, l, "127.0.0.2") // a stranger does not count
			ctx, cancel := give.ctx(t.Context(), l)
			if conn, err := l.Accept(ctx); conn != nil || !errors.Is(err, give.want) {
				t.Errorf("got %v, %v, want %v", conn, err, give.want)
			}
			cancel() // a Close from elsewhere may wake Accept before the socket is gone
			if _, err := (Dialer{}).Dial(t.Context(), l.Addr().String()); !errors.Is(err, syscall.ECONNREFUSED) {
				t.Errorf("still listening: %v", err)
			}
			if err := l.Close(); err != nil {
				t.Errorf("close again: %v", err)
			}
		})
	}
}
