package wan

import (
	"errors"
	"fmt"
	"runtime"
	"sync"

	"golang.org/x/sys/unix"
)

// namespace is an anonymous network namespace and a thread in it. The thread
// lives as long: the kernel kills children whose starting thread has ended
// (Pdeathsig). No name under /run, so nothing outlives the process.
type namespace struct {
	work chan func()
	quit chan struct{}
	gone chan struct{} // closed when the thread takes no more work
	once sync.Once
}

var errClosed = errors.New("wan: the path is closed")

func newNamespace() (*namespace, error) {
	n := &namespace{work: make(chan func()), quit: make(chan struct{}), gone: make(chan struct{})}
	ready := make(chan error)
	go n.live(ready)
	if err := <-ready; err != nil {
		return nil, fmt.Errorf("wan: make a network namespace: %w", err)
	}
	return n, nil
}

// live runs on the thread. It never unlocks it: the scheduler must not get a
// thread of another namespace, and ends it with the goroutine.
func (n *namespace) live(ready chan<- error) {
	runtime.LockOSThread()
	if unix.Gettid() == unix.Getpid() {
		// The main thread cannot end, and /proc/self/net is its view. Keep
		// it busy until another thread has taken over.
		taken := make(chan error)
		go n.live(taken)
		err := <-taken
		runtime.UnlockOSThread()
		ready <- err
		return
	}
	defer close(n.gone)
	err := unix.Unshare(unix.CLONE_NEWNET)
	ready <- err
	if err != nil {
		return
	}
	for {
		select {
		case f := <-n.work:
			f()
		case <-n.quit:
			return
		}
	}
}

// do runs f on the thread, after whatever runs there already.
func (n *namespace) do(f func() error) error {
	result := make(chan error, 1)
	select {
	case n.work <- func() { result <- f() }:
	case <-n.gone:
		return errClosed
	}
	select {
	case err := <-result:
		return err
	case <-n.gone:
	}
	select {
	case err := <-result:
		return err
	default:
		return errors.New("wan: the function ended its goroutine, and the host's thread with it")
	}
}

// close ends the thread, and with it the children started from it.
func (n *namespace) close() {
	n.once.Do(func() { close(n.quit) })
	<-n.gone
}

// open returns a descriptor of the namespace, the caller's to close.
func (n *namespace) open() (fd int, err error) {
	err = n.do(func() error {
		fd, err = unix.Open("/proc/thread-self/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0)
		return err
	})
	if err != nil {
		return -1, fmt.Errorf("wan: open the network namespace: %w", err)
	}
	return fd, nil
}
