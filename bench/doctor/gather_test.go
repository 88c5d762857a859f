package doctor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"runtime"
	"syscall"
	"testing"
)

func TestGather(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has what is read")
	}
	f := Gather(netip.MustParseAddr("127.0.0.1"))
	if f.Cores == 0 || f.PageSize == 0 || !f.Interface.Loopback || f.Sysctls["net.ipv4.tcp_rmem"] == "" {
		t.Errorf("%+v", f)
	}
	f = Gather(netip.Addr{}) // a machine may have no default route, and says so
	if f.Interface.Name == "" && len(f.Unread) == 0 {
		t.Errorf("%+v", f)
	}
}

func TestMeasureRTT(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	rtt, remote, err := MeasureRTT(t.Context(), listener.Addr().String())
	if err != nil || rtt <= 0 || remote != netip.MustParseAddr("127.0.0.1") {
		t.Errorf("%v to %v, %v", rtt, remote, err)
	}
	// A port of nobody's that nobody else can get: bound, not listened at.
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(socket)
	if err := syscall.Bind(socket, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(socket)
	if err != nil {
		t.Fatal(err)
	}
	nobody := fmt.Sprintf("127.0.0.1:%d", name.(*syscall.SockaddrInet4).Port)
	if _, _, err := MeasureRTT(t.Context(), nobody); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("nobody listens: %v", err)
	}
}

func TestMeasureDisk(t *testing.T) {
	dir := t.TempDir()
	block := alignedBlock()
	if len(block) != chunk {
		t.Fatalf("a block of %d", len(block))
	}
	f, err := os.CreateTemp(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	written, rate, err := write(t.Context(), f, block, 2*chunk)
	if err != nil || written != 2*chunk || rate <= 0 {
		t.Fatalf("%d written at %v, %v", written, rate, err)
	}
	f.Close()
	if f, err = os.Open(f.Name()); err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if rate, err = readBack(t.Context(), f, block, written); err != nil || rate <= 0 {
		t.Errorf("read at %v, %v", rate, err)
	}
}

// TestMeasureDiskCancelled leaves nothing behind.
func TestMeasureDiskCancelled(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := MeasureDisk(ctx, dir); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if _, err := MeasureDisk(t.Context(), dir+"/missing"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error is %v", err)
	}
}
