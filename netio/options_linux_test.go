package netio

import (
	"errors"
	"net"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestOptions reads every option back from both ends of a connection and from
// the listener.
func TestOptions(t *testing.T) {
	asked := Options{
		SendBuffer: 200_000, RecvBuffer: 150_000, Congestion: "reno", TOS: 0x20, KeepAlive: time.Minute,
		UserTimeout: 90*time.Second - 1, PacingRate: 5 << 30,
	}
	want := Granted{
		SendBuffer: 200_000, RecvBuffer: 150_000, Congestion: "reno", TOS: 0x20, KeepAlive: time.Minute,
		NoDelay: true, UserTimeout: 90 * time.Second, PacingRate: 5 << 30,
	}
	for _, address := range []string{"127.0.0.1:0", "[::1]:0", ":0"} {
		t.Run(address, func(t *testing.T) {
			if strings.Contains(address, "[") && !hasIPv6() {
				t.Skip("no IPv6 on this system")
			}
			dialed, accepted := connect(t, address, asked, asked)
			for what, conn := range map[string]*net.TCPConn{"dialed": dialed, "accepted": accepted} {
				if got := mustRead(t, conn); got != want {
					t.Errorf("%s: got %+v, want %+v", what, got, want)
				}
			}
			got := mustRead(t, listenOn(t, address, asked))
			listening := want
			// Package net sets these two on each accepted connection.
			listening.KeepAlive, listening.NoDelay = got.KeepAlive, got.NoDelay
			if got != listening {
				t.Errorf("listening: got %+v, want %+v", got, listening)
			}
		})
	}
}

func hasIPv6() bool {
	ln, err := net.Listen("tcp6", "[::1]:0")
	if err == nil {
		ln.Close()
	}
	return err == nil
}

func TestZeroOptions(t *testing.T) {
	dialed, accepted := connect(t, "127.0.0.1:0", Options{}, Options{})
	system, err := os.ReadFile("/proc/sys/net/ipv4/tcp_congestion_control")
	if err != nil {
		t.Fatal(err)
	}
	for what, conn := range map[string]*net.TCPConn{"dialed": dialed, "accepted": accepted} {
		got := mustRead(t, conn)
		if got.SendBuffer == 0 || got.RecvBuffer == 0 {
			t.Errorf("%s: no buffers in %+v", what, got)
		}
		want := Granted{
			SendBuffer: got.SendBuffer, RecvBuffer: got.RecvBuffer,
			Congestion: strings.TrimSpace(string(system)), KeepAlive: 15 * time.Second, NoDelay: true,
		}
		if got != want {
			t.Errorf("%s: got %+v, want %+v", what, got, want)
		}
		if lock := bufferLock(t, conn); lock != 0 {
			t.Errorf("%s: autotuning is off (%d)", what, lock)
		}
	}
	dialed, _ = connect(t, "127.0.0.1:0", Options{SendBuffer: 1 << 16, RecvBuffer: 1 << 16}, Options{})
	if lock := bufferLock(t, dialed); lock != 3 {
		t.Errorf("explicit sizes: lock %d, want both sizes fixed", lock)
	}
}

// bufferLock tells which sizes are fixed: 1 for sending, 2 for receiving.
func bufferLock(t *testing.T, conn *net.TCPConn) int {
	t.Helper()
	raw, err := conn.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var lock int
	ctlErr := raw.Control(func(fd uintptr) {
		lock, err = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_BUF_LOCK)
	})
	if errors.Is(err, unix.ENOPROTOOPT) {
		t.Skip("SO_BUF_LOCK needs Linux 5.14")
	}
	if err := errors.Join(ctlErr, err); err != nil {
		t.Fatal(err)
	}
	return lock
}

func TestNoKeepAlive(t *testing.T) {
	dialed, accepted := connect(t, "127.0.0.1:0", Options{KeepAlive: -1}, Options{KeepAlive: -1})
	for what, conn := range map[string]*net.TCPConn{"dialed": dialed, "accepted": accepted} {
		if got := mustRead(t, conn); got.KeepAlive != 0 {
			t.Errorf("%s: probes after %v", what, got.KeepAlive)
		}
	}
}

// TestWindowScale shows that sizes are set before the handshake: a small
// receive buffer needs less scale than autotuning must be ready for.
func TestWindowScale(t *testing.T) {
	dialed, accepted := connect(t, "127.0.0.1:0", Options{RecvBuffer: 1 << 15}, Options{RecvBuffer: 1 << 17})
	small, large := mustInfo(t, dialed), mustInfo(t, accepted)
	if small.RecvScale >= large.RecvScale {
		t.Errorf("scales %d for 32 KiB, %d for 128 KiB", small.RecvScale, large.RecvScale)
	}
	if small.RecvScale != large.SendScale || large.RecvScale != small.SendScale {
		t.Errorf("one end sees %d/%d, the other %d/%d",
			small.SendScale, small.RecvScale, large.SendScale, large.RecvScale)
	}
}

func TestBufferBelowMinimum(t *testing.T) {
	dialed, _ := connect(t, "127.0.0.1:0", Options{SendBuffer: 1, RecvBuffer: 1}, Options{})
	if got := mustRead(t, dialed); got.SendBuffer < 1024 || got.RecvBuffer < 1024 {
		t.Errorf("got %+v, want the kernel's minimum", got)
	}
}

// TestBufferAboveMaximum asks for more than the system grants everyone.
func TestBufferAboveMaximum(t *testing.T) {
	sendMax, recvMax := sysctl(t, "net/core/wmem_max"), sysctl(t, "net/core/rmem_max")
	asked := Options{SendBuffer: sendMax + 1<<20, RecvBuffer: recvMax + 1<<20}

	t.Run("privileged", func(t *testing.T) {
		if !holds(t, unix.CAP_NET_ADMIN) {
			if os.Getenv("CI") == "true" {
				t.Fatal("going past rmem_max needs CAP_NET_ADMIN")
			}
			t.Skip("going past rmem_max needs CAP_NET_ADMIN")
		}
		got := onSocket(t, asked, -1)
		if got.SendBuffer != asked.SendBuffer || got.RecvBuffer != asked.RecvBuffer {
			t.Errorf("asked for %d and %d, got %+v", asked.SendBuffer, asked.RecvBuffer, got)
		}
	})
	t.Run("unprivileged", func(t *testing.T) {
		got := onSocket(t, asked, unix.CAP_NET_ADMIN)
		if got.SendBuffer != sendMax || got.RecvBuffer != recvMax {
			t.Errorf("limits are %d and %d, got %+v", sendMax, recvMax, got)
		}
	})
}

// onSocket applies the options to a fresh socket, with one capability given
// up unless it is negative, and reads them back.
func onSocket(t *testing.T, o Options, capability int) (g Granted) {
	t.Helper()
	without(t, capability, func() error {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		if err := o.apply(fd, "tcp4"); err != nil {
			return err
		}
		g, err = granted(fd)
		return err
	})
	return g
}

// without runs f on a thread that has given up a capability, if that is not
// negative. Capabilities belong to threads, and this one ends with its
// goroutine.
func without(t *testing.T, capability int, f func() error) {
	t.Helper()
	result := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked
		if capability >= 0 {
			header, data, err := capabilities()
			data[capability/32].Effective &^= 1 << (capability % 32)
			if err := errors.Join(err, unix.Capset(&header, &data[0])); err != nil {
				result <- err
				return
			}
		}
		result <- f()
	}()
	if err := <-result; err != nil {
		t.Fatal(err)
	}
}

func holds(t *testing.T, capability int) bool {
	t.Helper()
	_, data, err := capabilities()
	if err != nil {
		t.Fatal(err)
	}
	return data[capability/32].Effective&(1<<(capability%32)) != 0
}

// capabilities are those of the calling thread.
func capabilities() (header unix.CapUserHeader, data [2]unix.CapUserData, err error) {
	header.Version = unix.LINUX_CAPABILITY_VERSION_3
	err = unix.Capget(&header, &data[0])
	return header, data, err
}

func TestImpossibleOptions(t *testing.T) {
	ln := listenOn(t, "127.0.0.1:0", Options{})
	for _, o := range []Options{{SendBuffer: -1}, {RecvBuffer: -1}, {TOS: -1}, {TOS: 256}, {UserTimeout: -1}, {PacingRate: -1}} {
		if _, err := (Dialer{Options: o}).Dial(t.Context(), ln.Addr().String()); !errors.Is(err, syscall.EINVAL) {
			t.Errorf("dial with %+v: %v, want EINVAL", o, err)
		}
		if _, err := Listen(t.Context(), "127.0.0.1:0", o); !errors.Is(err, syscall.EINVAL) {
			t.Errorf("listen with %+v: %v, want EINVAL", o, err)
		}
	}
}

func TestReadClosed(t *testing.T) {
	dialed, _ := connect(t, "127.0.0.1:0", Options{}, Options{})
	dialed.Close()
	if _, err := Read(dialed); !errors.Is(err, net.ErrClosed) {
		t.Errorf("options: %v, want net.ErrClosed", err)
	}
	if _, err := ReadInfo(dialed); !errors.Is(err, net.ErrClosed) {
		t.Errorf("info: %v, want net.ErrClosed", err)
	}
}

func mustRead(t *testing.T, conn syscall.Conn) Granted {
	t.Helper()
	g, err := Read(conn)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func mustInfo(t *testing.T, conn syscall.Conn) Info {
	t.Helper()
	info, err := ReadInfo(conn)
	if err != nil {
		t.Fatal(err)
	}
	return info
}

func sysctl(t testing.TB, name string) int {
	t.Helper()
	b, err := os.ReadFile("/proc/sys/" + name)
	if err != nil {
		t.Skipf("no %s to read: %v", name, err)
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		t.Fatal(err)
	}
	return n
}
