package privsep

import (
	"errors"
	"fmt"
	"math"
	"net"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

var errRoot = errors.New("a process for clients must not be root's")

// pair makes two sockets that are connected with each other.
func pair() (a, b *os.File, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("make a socket pair: %w", err)
	}
	return os.NewFile(uintptr(fds[0]), "socket pair"), os.NewFile(uintptr(fds[1]), "socket pair"), nil
}

// start runs this program again as a part of it, with nothing of this process but
// the files, from descriptor connFile on.
func start(part string, who identity, files ...*os.File) (*process, error) {
	if who.uid == 0 {
		return nil, errRoot
	}
	ours, theirs, err := pair()
	if err != nil {
		return nil, err
	}
	defer func() { _ = theirs.Close() }()
	channel, err := openChannel(ours)
	if err != nil {
		return nil, err
	}
	p := &process{channel: channel, words: new(lastWords), ended: make(chan struct{})}
	p.cmd = &exec.Cmd{
		// The file that runs, also when another is in its place by now.
		Path:       "/proc/self/exe",
		Args:       []string{"bbftpd: " + part},
		Env:        environment(part),
		Dir:        "/",
		Stderr:     p.words,
		ExtraFiles: append([]*os.File{theirs}, files...),
		// It may have passed on its standard error.
		WaitDelay: leftover,
		SysProcAttr: &syscall.SysProcAttr{
			Credential: &syscall.Credential{Uid: who.uid, Gid: who.gid, Groups: who.groups},
			// The monitor's terminal is not for it: neither to be stopped from, nor to type at.
			Setsid: true,
		},
	}
	if err := p.cmd.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("start a process: %w", err), channel.Close())
	}
	go p.watch()
	return p, nil
}

// hungUp tells whether a client has gone, and left nothing to be read. It is looked
// for without reading a byte.
func hungUp(conn *net.TCPConn) (gone bool) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return true
	}
	err = raw.Control(func(fd uintptr) {
		said := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLRDHUP}}
		if n, err := unix.Poll(said, 0); err != nil || n == 0 {
			return
		}
		// One that says no more, but waits for an answer, has asked before.
		left, err := unix.IoctlGetInt(int(fd), unix.TIOCINQ)
		gone = err != nil || left == 0
	})
	return gone || err != nil
}

// withhold keeps the descriptors this process has inherited from those it starts.
// Its own are kept from them anyhow.
func withhold() {
	_ = unix.CloseRange(3, math.MaxInt32, unix.CLOSE_RANGE_CLOEXEC) // before Linux 5.11: they stay
}

// environment is that of a process. A door has little to do at the same time.
func environment(part string) []string {
	env := []string{partVariable + "=" + part}
	if part == partDoor {
		// Nor need it look at the limits of its control group from time to time.
		env = append(env, "GOMAXPROCS=2", "GODEBUG=containermaxprocs=0")
	}
	return env
}
