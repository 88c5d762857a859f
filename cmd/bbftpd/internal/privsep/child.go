package privsep

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// Child runs the part of this process, if a monitor has started it, until that is
// over. A program that uses [Monitor] calls it first of all: nothing that its
// options or its configuration say is meant for such a process.
func Child() (handled bool, err error) {
	part := os.Getenv(partVariable)
	if part != partDoor && part != partSession {
		return false, nil
	}
	// Who stops the monitor need not stop us: it says when.
	signal.Ignore(os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	file := os.NewFile(monitorFile, "monitor")
	if file == nil {
		return true, errNoMonitor
	}
	channel, err := openChannel(file)
	if err != nil {
		return true, errors.Join(errNoMonitor, err)
	}
	m := &master{channel: channel, replies: make(chan reply, 1), gone: make(chan struct{})}
	first, err := m.receive()
	switch {
	case err != nil:
		return true, err
	case part == partDoor && first.Door != nil:
		return true, door(m, first.Door)
	case part == partSession && first.Session != nil:
		return true, session(m, first.Session)
	}
	return true, errors.New("started as one part, told to be another")
}

var errNoMonitor = fmt.Errorf("%s is set, but no monitor has started this process", partVariable)

// master is the monitor, for a process that it has started.
type master struct {
	*channel
	mu      sync.Mutex // held from a question to its answer
	replies chan reply
	gone    chan struct{} // closed when nothing more will be heard
}

var errGone = errors.New("the monitor has gone")

func (m *master) receive() (order, error) {
	frame, err := m.channel.receive(maxOrder)
	if err != nil {
		return order{}, err
	}
	defer clear(frame)
	var o order
	return o, json.Unmarshal(frame, &o)
}

// listen passes on replies, and to heed the orders, until the monitor or its end of
// the channel has gone.
func (m *master) listen(heed func(order)) {
	defer close(m.gone)
	for {
		o, err := m.receive()
		switch {
		case err != nil:
			return
		case o.Reply != nil:
			select {
			case m.replies <- *o.Reply:
			default: // nobody has asked
			}
		case heed != nil:
			heed(o)
		}
	}
}

// ask waits for the answer to r.
func (m *master) ask(r request) (reply, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.send(r); err != nil {
		return reply{}, fmt.Errorf("%w: %w", errGone, err)
	}
	return m.hear()
}

func (m *master) hear() (reply, error) {
	select {
	case answer := <-m.replies:
		return answer, nil
	case <-m.gone:
		return reply{}, errGone
	}
}

// passed is the connection of a descriptor that the monitor has handed on.
func passed(fd uintptr) (net.Conn, error) {
	file := os.NewFile(fd, "connection")
	if file == nil {
		return nil, errNoMonitor
	}
	defer func() { _ = file.Close() }()
	conn, err := net.FileConn(file)
	if err != nil {
		return nil, fmt.Errorf("take descriptor %d: %w", fd, err)
	}
	return conn, nil
}
