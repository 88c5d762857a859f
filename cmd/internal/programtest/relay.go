package programtest

import (
	"context"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"bbftp/engine/wire"
)

// relay is a network that stalls: it stands between one client and a server,
// puts ports of its own into the client's file requests, and so carries the
// data streams too. It lets through so much payload, then holds what comes,
// until it is told to go on or either program closes the control connection: a
// transfer can be caught in its middle without a look at the clock.
//
//	client ◄─ control ─► relay ◄─ control ─► server
//	       ◄── data ───►       ◄── data ───►
type relay struct {
	server   string
	listener net.Listener
	stalled  chan struct{} // closed when payload is held
	released chan struct{} // closed when it is held no more
	ended    context.Context
	end      context.CancelFunc

	mu     sync.Mutex
	budget int // guarded by mu: payload still let through
	conns  []io.Closer
}

func startRelay(ts *testscript.TestScript, _ bool, args []string) {
	usage(ts, args, 1, "relay BYTES")
	budget, err := strconv.Atoi(args[0])
	ts.Check(err)
	l, err := ListenLow()
	ts.Check(err)
	r := &relay{
		server: "127.0.0.1:" + ts.Getenv("PORT"), listener: l, budget: budget,
		stalled: make(chan struct{}), released: make(chan struct{}),
		conns: []io.Closer{l},
	}
	r.ended, r.end = context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.run() }()
	stateOf(ts).relay = r
	SetPort(ts, l.Addr().(*net.TCPAddr).Port)
	ts.Defer(func() {
		r.close()
		ts.Logf("[relay] %v", <-ended)
	})
}

func held(ts *testscript.TestScript, _ bool, _ []string) {
	select {
	case <-stateOf(ts).relay.stalled:
	case <-time.After(patience):
		ts.Fatalf("the relay does not hold anything")
	}
}

func release(ts *testscript.TestScript, _ bool, _ []string) { close(stateOf(ts).relay.released) }

// run carries one control connection.
func (r *relay) run() error {
	defer r.close()
	client, err := r.listener.Accept()
	if err != nil {
		return err
	}
	r.keep(client)
	server, err := net.Dial("tcp", r.server)
	if err != nil {
		return err
	}
	r.keep(server)
	go func() {
		defer r.close()
		_, _ = io.Copy(client, server)
	}()
	for {
		h, err := wire.ReadHeader(client)
		if err != nil {
			return err
		}
		m, err := wire.ReadBody(client, h, wire.Client)
		if err != nil {
			return err
		}
		if request, ok := m.(wire.FileRequest); ok {
			if m, err = r.redirect(request); err != nil {
				return err
			}
		}
		if _, err := server.Write(m.Append(nil)); err != nil {
			return err
		}
	}
}

// redirect makes the server call back the relay instead of the client.
func (r *relay) redirect(request wire.FileRequest) (wire.FileRequest, error) {
	ports, err := request.ListenPorts()
	if err != nil {
		return request, err
	}
	for i, port := range ports {
		l, err := ListenLow()
		if err != nil {
			return request, err
		}
		r.keep(l)
		request.Ports[i] = int32(l.Addr().(*net.TCPAddr).Port)
		go r.stream(l, fmt.Sprintf("127.0.0.1:%d", port))
	}
	return request, nil
}

func (r *relay) stream(l net.Listener, client string) {
	server, err := l.Accept()
	if err != nil {
		return
	}
	r.keep(server)
	to, err := net.Dial("tcp", client)
	if err != nil {
		return
	}
	r.keep(to)
	go r.carry(server, to)
	r.carry(to, server)
}

// carry copies until the budget is spent; then it neither reads on nor closes
// before its release.
func (r *relay) carry(to io.Writer, from io.Reader) {
	buffer := make([]byte, 4096)
	for {
		n, err := from.Read(buffer)
		if err != nil {
			return
		}
		if !r.spend(n) {
			select {
			case <-r.released:
			case <-r.ended.Done():
				return
			}
		}
		if _, err := to.Write(buffer[:n]); err != nil {
			return
		}
	}
}

func (r *relay) spend(n int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.budget >= 0 && r.budget < n {
		close(r.stalled)
		r.budget = -1
	}
	if r.budget < 0 {
		return false
	}
	r.budget -= n
	return true
}

func (r *relay) keep(c io.Closer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.conns = append(r.conns, c)
}

func (r *relay) close() {
	r.end()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.conns {
		_ = c.Close()
	}
}
