package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"bbftp/cmd/internal/programtest"
)

type closedPortKey struct{}

// closePort takes a port where nobody listens: what is bound and does not listen
// refuses connections, and nobody else gets it.
func closePort(ts *testscript.TestScript, _ bool, _ []string) {
	socket, err := programtest.LowPort(func(port int) (*os.File, error) {
		programtest.SetPort(ts, port)
		return bind(syscall.AF_INET, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}, Port: port})
	})
	ts.Check(err)
	ts.Defer(func() { _ = socket.Close() })
	programtest.SetValue(ts, closedPortKey{}, socket)
}

// openPort listens there at last, and passes connections on to the server at
// hand.
func openPort(ts *testscript.TestScript, _ bool, _ []string) {
	socket := programtest.Value(ts, closedPortKey{}).(*os.File)
	ts.Check(syscall.Listen(int(socket.Fd()), 16))
	l, err := net.FileListener(socket)
	ts.Check(err)
	ts.Defer(func() { _ = l.Close() })
	server := "127.0.0.1:" + ts.Getenv("PORT")
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go pass(conn, server)
		}
	}()
}

// pass carries one control connection.
func pass(client net.Conn, address string) {
	defer client.Close()
	server, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	defer server.Close()
	go func() {
		_, _ = io.Copy(server, client)
		_ = server.Close()
	}()
	_, _ = io.Copy(client, server)
}

// reserve keeps the port of the server at hand from others at IPv6's loopback
// address, so that localhost is this server or nothing.
func reserve(ts *testscript.TestScript, _ bool, _ []string) {
	address := &syscall.SockaddrInet6{Addr: [16]byte{15: 1}}
	_, err := fmt.Sscan(ts.Getenv("PORT"), &address.Port)
	ts.Check(err)
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		socket, err := bind(syscall.AF_INET6, address)
		switch {
		case err == nil:
			ts.Defer(func() { _ = socket.Close() })
			return
		case errors.Is(err, syscall.EADDRNOTAVAIL) || errors.Is(err, syscall.EAFNOSUPPORT):
			return // without IPv6
		case !errors.Is(err, syscall.EADDRINUSE) || time.Now().After(deadline):
			ts.Check(err)
		}
	}
}

func bind(family int, address syscall.Sockaddr) (*os.File, error) {
	syscall.ForkLock.RLock()
	fd, err := syscall.Socket(family, syscall.SOCK_STREAM, 0)
	if err == nil {
		syscall.CloseOnExec(fd)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	socket := os.NewFile(uintptr(fd), "bound socket")
	if err := syscall.Bind(fd, address); err != nil {
		_ = socket.Close()
		return nil, os.NewSyscallError("bind", err)
	}
	return socket, nil
}
