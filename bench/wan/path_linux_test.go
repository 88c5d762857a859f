package wan

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

var backends = []string{BackendTUN, BackendPacket}

func openPath(t testing.TB, c Config) *Path {
	t.Helper()
	needRoot(t)
	p, err := Open(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

func shortPath(backend string) Config {
	c := Symmetric(4*time.Millisecond, 0, 1e9, 0, 0)
	c.Backend = backend
	return c
}

// connect returns the ends of a TCP connection from the client to the server.
func connect(p *Path) (ends [2]net.Conn, err error) {
	var ln net.Listener
	err = p.Server().Do(func() (err error) {
		ln, err = net.Listen("tcp", net.JoinHostPort(p.Server().Addr().String(), "0"))
		return err
	})
	if err != nil {
		return ends, err
	}
	defer ln.Close()
	err = p.Client().Do(func() (err error) {
		ends[0], err = net.DialTimeout("tcp", ln.Addr().String(), patience)
		return err
	})
	if err != nil {
		return ends, err
	}
	_ = ln.(*net.TCPListener).SetDeadline(time.Now().Add(patience))
	ends[1], err = ln.Accept()
	return ends, err
}

// exchange sends bytes to the server and back.
func exchange(p *Path, size int) error {
	ends, err := connect(p)
	if err != nil {
		return err
	}
	conn := ends[0].(*net.TCPConn)
	defer conn.Close()
	go func() {
		_, _ = io.Copy(ends[1], ends[1])
		_ = ends[1].Close()
	}()
	sent := bytes.Repeat([]byte("0123456789abcdef"), size/16)
	go func() {
		_, _ = conn.Write(sent)
		_ = conn.CloseWrite()
	}()
	_ = conn.SetDeadline(time.Now().Add(patience))
	got, err := io.ReadAll(conn)
	if err != nil {
		return err
	}
	if !bytes.Equal(got, sent) {
		return fmt.Errorf("%d bytes came back otherwise, as %d", len(sent), len(got))
	}
	return nil
}

func TestPath(t *testing.T) {
	for _, backend := range backends {
		t.Run(backend, func(t *testing.T) {
			p := openPath(t, shortPath(backend))
			// One packet at once, which nobody repeats.
			if rtt, err := echo(p); err != nil {
				t.Fatal(err)
			} else if rtt < 4*time.Millisecond {
				t.Errorf("first packet there and back in %v, faster than the path", rtt)
			}
			const size = 4 << 20
			if err := exchange(p, size); err != nil {
				t.Fatal(err)
			}
			forward, back := p.Counters()
			r, err := p.Close()
			if err != nil {
				t.Fatal(err)
			}
			if r.Backend != backend {
				t.Errorf("back-end %q, want %q", r.Backend, backend)
			}
			for _, way := range []struct {
				name string
				Counters
				DirectionReport
			}{{"forward", forward, r.Forward}, {"back", back, r.Back}} {
				if way.Counters.BytesOut < size || way.DirectionReport.BytesOut < way.Counters.BytesOut {
					t.Errorf("%s: counted %d bytes, then %d, of at least %d", way.name, way.Counters.BytesOut, way.DirectionReport.BytesOut, size)
				}
				if way.LostDevice != 0 {
					t.Errorf("%s: the devices lost %d packets", way.name, way.LostDevice)
				}
			}
			if r.CPU <= 0 {
				t.Errorf("the emulator used %v", r.CPU)
			}
			t.Logf("faults: %q", r.Faults)
			if again, err := p.Close(); err != nil || !cmp.Equal(again, r) {
				t.Errorf("closed again: %v\n%s", err, cmp.Diff(r, again))
			}
			if err := p.Client().Do(func() error { return nil }); !errors.Is(err, errClosed) {
				t.Errorf("a closed host says %v", err)
			}
		})
	}
}

// echo sends one packet to the server and back.
func echo(p *Path) (rtt time.Duration, err error) {
	listen := func(h *Host) (conn net.PacketConn, err error) {
		err = h.Do(func() error {
			conn, err = net.ListenPacket("udp", net.JoinHostPort(h.Addr().String(), "0"))
			return err
		})
		return conn, err
	}
	server, err := listen(p.Server())
	if err != nil {
		return 0, err
	}
	defer server.Close()
	client, err := listen(p.Client())
	if err != nil {
		return 0, err
	}
	defer client.Close()
	go func() {
		var b [100]byte
		if n, from, err := server.ReadFrom(b[:]); err == nil {
			_, _ = server.WriteTo(b[:n], from)
		}
	}()
	_ = client.SetDeadline(time.Now().Add(patience))
	begin := time.Now()
	if _, err := client.WriteTo([]byte("there and back"), server.LocalAddr()); err != nil {
		return 0, err
	}
	var b [100]byte
	_, _, err = client.ReadFrom(b[:])
	return time.Since(begin), err
}

// TestHostsAreAlone proves that nothing but the path leads out of a host.
func TestHostsAreAlone(t *testing.T) {
	for _, backend := range backends {
		t.Run(backend, func(t *testing.T) {
			p := openPath(t, shortPath(backend))
			err := p.Client().Do(func() error {
				if _, err := net.Dial("udp", "192.0.2.1:9"); !errors.Is(err, syscall.ENETUNREACH) {
					t.Errorf("a route elsewhere: %v", err)
				}
				if _, err := net.Dial("udp6", "[2001:db8::1]:9"); err == nil {
					t.Error("an IPv6 route elsewhere")
				}
				ln, err := net.Listen("tcp", "127.0.0.1:0")
				if err != nil {
					return err
				}
				defer ln.Close()
				conn, err := net.DialTimeout("tcp", ln.Addr().String(), patience)
				if err == nil {
					conn.Close()
				}
				return err
			})
			if err != nil {
				t.Error("loopback:", err)
			}
			if err := p.Client().space.do(func() error {
				devices, err := net.Interfaces()
				if len(devices) != 2 {
					t.Errorf("devices %v, want lo and %s", devices, deviceName)
				}
				return err
			}); err != nil {
				t.Fatal(err)
			}
			// Nothing was sent that no program asked for.
			r, _ := p.Close()
			if r.Forward.PacketsIn != 0 || r.Back.PacketsIn != 0 {
				t.Errorf("stray packets: %+v", r)
			}
		})
	}
}

func TestStart(t *testing.T) {
	p := openPath(t, shortPath(""))
	var out bytes.Buffer
	cmd := exec.Command("cat", "/proc/net/dev")
	cmd.Stdout = &out
	if err := p.Client().Start(cmd); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), deviceName) {
		t.Errorf("the child is not in the host: it sees\n%s", &out)
	}

	stays := exec.Command("cat")
	stays.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	in, err := stays.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if err := p.Server().Start(stays); err != nil {
		t.Fatal(err)
	}
	if !stays.SysProcAttr.Setpgid {
		t.Error("the attributes were forgotten")
	}
	if _, err := p.Close(); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := stays.Wait(); !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Errorf("a child ended with %v when its path was closed", err)
	}
}

func TestDoOfAFunctionThatEndsItsGoroutine(t *testing.T) {
	p := openPath(t, shortPath(""))
	if err := p.Client().Do(func() error { runtime.Goexit(); return nil }); err == nil {
		t.Error("nobody noticed")
	}
	if err := p.Client().Do(func() error { return nil }); !errors.Is(err, errClosed) {
		t.Errorf("a host without a thread says %v", err)
	}
}

func TestOpenRefuses(t *testing.T) {
	needRoot(t)
	canceled, cancel := context.WithCancel(context.Background())
	cancel()
	for _, tt := range []struct {
		name string
		ctx  context.Context
		Config
		want string
	}{
		{"value", context.Background(), Config{Forward: Direction{Rate: -1}}, "forward rate"},
		{"back-end", context.Background(), Config{Backend: "string"}, `unknown back-end "string": want "tun" or "packet"`},
		{"congestion", context.Background(), Config{Congestion: "prayer"}, `no congestion control "prayer"; there are: `},
		{"context", canceled, Config{}, "canceled"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, err := Open(tt.ctx, tt.Config)
			if err == nil {
				p.Close()
				t.Fatal("opened")
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v; want %q in it", err, tt.want)
			}
		})
	}
}

// TestNothingLeaks opens and closes many paths.
func TestNothingLeaks(t *testing.T) {
	needRoot(t)
	count := func(pattern string) int {
		files, _ := filepath.Glob(pattern)
		return len(files)
	}
	const paths = 50
	var opening, closing time.Duration
	descriptors, goroutines, threads := -1, 0, 0
	for i := range paths {
		backend := backends[i%len(backends)]
		begin := time.Now()
		p, err := Open(context.Background(), shortPath(backend))
		if err != nil {
			t.Fatal(err)
		}
		opening += time.Since(begin)
		names, err := namespaces(p)
		if err != nil {
			t.Fatal(err)
		}
		var spaces []int // else their numbers are the next ones', of whatever program
		for _, h := range []*Host{p.Client(), p.Server()} {
			space, err := h.space.open()
			if err != nil {
				t.Fatal(err)
			}
			spaces = append(spaces, space)
		}
		begin = time.Now()
		if _, err := p.Close(); err != nil {
			t.Fatal(err)
		}
		closing += time.Since(begin)
		eventually(t, "no thread is in a closed path", func() bool { return len(threadsInside("self", names)) == 0 })
		for _, space := range spaces {
			_ = unix.Close(space)
		}
		if i < len(backends) { // what the first bring with them may stay
			descriptors, goroutines, threads = count("/proc/self/fd/*"), runtime.NumGoroutine(), count("/proc/self/task/*")
		}
	}
	t.Logf("open %v, close %v", opening/paths, closing/paths)
	eventually(t, "as few descriptors as before", func() bool { return count("/proc/self/fd/*") <= descriptors })
	eventually(t, "as few goroutines as before", func() bool { return runtime.NumGoroutine() <= goroutines })
	// The runtime keeps a few threads for itself.
	eventually(t, "nearly as few threads as before", func() bool { return count("/proc/self/task/*") <= threads+paths/5 })
	if own, err := os.Readlink("/proc/self/ns/net"); err != nil || len(threadsInside("self", []string{own})) == 0 {
		t.Errorf("this process left its own namespace %s: %v", own, err)
	}
}
