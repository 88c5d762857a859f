package control

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"
)

// Pipe is a control connection over the two pipes of a remote shell. The
// addresses of the ends, which pipes don't have, are set once both sides have
// met (wire.md 3.7); until then they are those of no machine.
type Pipe struct {
	r, w          *os.File
	local, remote netip.AddrPort
}

// NewPipe reads from r and writes to w, which must be pipes, sockets or
// terminals that the runtime can wait for: os.Pipe makes such, and os.NewFile
// does of a descriptor in non-blocking mode.
func NewPipe(r, w *os.File) *Pipe { return &Pipe{r: r, w: w} }

// Meet sets the addresses. It must be called before the session that uses them
// begins.
func (p *Pipe) Meet(local, remote netip.AddrPort) { p.local, p.remote = local, remote }

func (p *Pipe) Read(b []byte) (int, error)         { return p.r.Read(b) }
func (p *Pipe) Write(b []byte) (int, error)        { return p.w.Write(b) }
func (p *Pipe) CloseWrite() error                  { return p.w.Close() }
func (p *Pipe) LocalAddr() net.Addr                { return net.TCPAddrFromAddrPort(p.local) }
func (p *Pipe) RemoteAddr() net.Addr               { return net.TCPAddrFromAddrPort(p.remote) }
func (p *Pipe) SetReadDeadline(t time.Time) error  { return p.r.SetReadDeadline(t) }
func (p *Pipe) SetWriteDeadline(t time.Time) error { return p.w.SetWriteDeadline(t) }

// SyscallConn is that of the pipe that is read.
func (p *Pipe) SyscallConn() (syscall.RawConn, error) { return p.r.SyscallConn() }

// SetDeadline sets both deadlines.
func (p *Pipe) SetDeadline(t time.Time) error {
	return errors.Join(p.SetReadDeadline(t), p.SetWriteDeadline(t))
}

// Close closes both pipes.
func (p *Pipe) Close() error { return errors.Join(p.r.Close(), p.w.Close()) }
