package server

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// pipePair is the client's end of the pipes of a remote shell.
type pipePair struct {
	in  *os.File // to the server
	out *os.File
}

// shellOrder tells the servers' process where its end is.
type shellOrder struct {
	Kind    shellKind
	In, Out string
}

// newPipes makes pipes with names, and opens the client's ends: the other
// process opens its own. That way neither open waits for the other.
func newPipes(t *testing.T, kind shellKind) (*pipePair, shellOrder) {
	t.Helper()
	dir := openDir(t)
	o := shellOrder{Kind: kind, In: filepath.Join(dir, "in"), Out: filepath.Join(dir, "out")}
	for _, name := range []string{o.In, o.Out} {
		if err := errors.Join(syscall.Mkfifo(name, 0o600), os.Chmod(name, 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	in, err := os.OpenFile(o.In, os.O_RDWR|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	out, err := os.OpenFile(o.Out, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	p := &pipePair{in: in, out: out}
	t.Cleanup(func() { _ = p.Close() })
	return p, o
}

// open opens the server's ends.
func (o shellOrder) open() (in, out *os.File, err error) {
	if in, err = os.OpenFile(o.In, os.O_RDONLY|syscall.O_NONBLOCK, 0); err != nil {
		return nil, nil, err
	}
	if out, err = os.OpenFile(o.Out, os.O_WRONLY|syscall.O_NONBLOCK, 0); err != nil {
		_ = in.Close()
		return nil, nil, err
	}
	return in, out, nil
}

func (p *pipePair) Read(b []byte) (int, error)  { return p.out.Read(b) }
func (p *pipePair) Write(b []byte) (int, error) { return p.in.Write(b) }
func (p *pipePair) CloseWrite() error           { return p.in.Close() }
func (p *pipePair) Close() error                { return errors.Join(p.in.Close(), p.out.Close()) }

func (p *pipePair) SetReadDeadline(t time.Time) error { return p.out.SetReadDeadline(t) }

func (p *pipePair) SetDeadline(t time.Time) error {
	err := p.in.SetWriteDeadline(t)
	if errors.Is(err, os.ErrClosed) {
		err = nil
	}
	return errors.Join(err, p.out.SetReadDeadline(t))
}
