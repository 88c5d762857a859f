package faults

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"bbftp/engine/client"
	"bbftp/engine/wire"
)

const (
	crowdSize = 500
	lorisSize = 600
	// crowdTries, 100 ms apart: a server that is full takes the place of who keeps
	// it waiting longest, but not before that was 3 s.
	crowdTries = 50
	// crowdMemory bounds what a daemon may take at its height for a crowd: 256
	// KiB a session, and what it takes anyway.
	crowdMemory = crowdSize*(256<<10) + (96 << 20)
)

// crowds are clients that are many, slow, or none at all.
func crowds() (rows []*row) {
	for version := 1; version <= 3; version++ {
		rows = append(rows, &row{
			fault: "500 sessions at once", role: "server", version: version, operation: put, tries: 1, perform: crowd,
			allowed: []string{"500 of 500 put and got a file, memory bounded"},
		})
	}
	return append(rows,
		&row{
			fault: "600 logins that trickle", role: "server", version: 3, operation: put, tries: crowdTries, perform: trickle,
			allowed: []string{"a client logged in, put and got meanwhile"},
		},
		&row{
			fault: "connections that say nothing, garbage or half a login", role: "server", version: 3, operation: put, tries: crowdTries, perform: rabble,
			allowed: []string{"a client logged in, put and got meanwhile"},
		},
	)
}

// member makes a client of this process.
func (w *world) member(s *bbftpd, dir string, version int) (*client.Client, error) {
	return client.New(client.Config{
		Host: s.address.Addr().String(), Port: s.address.Port(), User: account, Password: password,
		Protocol: version, Tries: 3, RetryWait: 100 * time.Millisecond, LocalDir: dir,
		Settings: client.Settings{Streams: 1},
	})
}

// crowd has 500 clients logged in at the same time, and each moves a file there
// and back.
func crowd(w *world, t *testing.T, r *row) (outcome string) {
	dir := w.mkdir(t, "crowd")
	s, err := w.serve(loopback(), w.mkdir(t, "served"), 60)
	if err != nil {
		t.Fatal(err)
	}
	defer s.kill()
	content := bytes.Repeat([]byte("a small file of many\n"), 2000)
	if err := os.WriteFile(filepath.Join(dir, "f"), content, 0o644); err != nil {
		t.Fatal(err)
	}
	// The first login with a password costs a hash, the others do not.
	if err := (&scene{row: r, world: w, t: t}).fresh(s); err != nil {
		return err.Error()
	}
	var all, inside sync.WaitGroup
	var whole atomic.Int32
	failures := make(chan error, crowdSize)
	inside.Add(crowdSize)
	for i := range crowdSize {
		all.Go(func() {
			c, err := w.member(s, dir, r.version)
			if err == nil {
				defer func() { _ = c.Close() }()
				err = c.Connect(context.Background())
			}
			inside.Done()
			inside.Wait() // nobody begins before all are logged in
			there, back := fmt.Sprintf("there%d", i), fmt.Sprintf("back%d", i)
			if err == nil {
				_, err = c.Put(context.Background(), "f", there)
			}
			if err == nil {
				_, err = c.Get(context.Background(), there, back)
			}
			var got []byte
			if err == nil {
				got, err = os.ReadFile(filepath.Join(dir, back))
			}
			switch {
			case err != nil:
				failures <- err
			case bytes.Equal(got, content):
				whole.Add(1)
			}
		})
	}
	all.Wait()
	close(failures)
	for err := range failures {
		r.says = err.Error()
	}
	outcome = fmt.Sprintf("%d of %d put and got a file", whole.Load(), crowdSize)
	peak, err := s.memory("VmHWM")
	switch {
	case err != nil:
		outcome += "; " + err.Error()
	case peak > crowdMemory:
		outcome += fmt.Sprintf(", %d MiB of memory", peak>>20)
	default:
		outcome += ", memory bounded"
		r.says = fmt.Sprintf("(%d MiB at the height)", peak>>20)
	}
	if !await(s.idle) {
		outcome += "; sessions do not end"
	}
	return outcome
}

// crowdedOut lets something bother a server while a client moves a file.
func crowdedOut(w *world, t *testing.T, r *row, bother func(ctx context.Context, to netip.AddrPort, i int)) string {
	s, err := w.serve(loopback(), w.mkdir(t, "served"), 20)
	if err != nil {
		t.Fatal(err)
	}
	defer s.kill()
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	defer all.Wait()
	defer cancel()
	for i := range lorisSize {
		all.Go(func() {
			for ctx.Err() == nil { // who is thrown out comes again
				bother(ctx, s.address, i)
			}
		})
	}
	// The client comes once the daemon has as many of them as it takes.
	if !await(func() bool { n, err := s.descriptors(); return err == nil && n > lorisSize/2 }) {
		return "the connections do not come in"
	}
	scene, begun := &scene{row: r, world: w, t: t}, time.Now()
	if err := scene.fresh(s); err != nil {
		return err.Error()
	}
	r.says = fmt.Sprintf("(within %.1f s)", time.Since(begun).Seconds())
	if peak, err := s.memory("VmHWM"); err != nil || peak > crowdMemory {
		return fmt.Sprintf("%d MiB of memory, %v", peak>>20, err)
	}
	return "a client logged in, put and got meanwhile"
}

// call comes from one of 30 addresses.
func call(ctx context.Context, to netip.AddrPort, i int) (net.Conn, error) {
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 1, byte(1+i%30))}}
	return d.DialContext(ctx, "tcp", to.String())
}

// trickle: logins of which a byte comes now and then.
func trickle(w *world, t *testing.T, r *row) string {
	return crowdedOut(w, t, r, func(ctx context.Context, to netip.AddrPort, i int) {
		conn, err := call(ctx, to, i)
		if err != nil {
			pause(ctx, 50*time.Millisecond)
			return
		}
		defer func() { _ = conn.Close() }()
		defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
		go func() { _, _ = io.Copy(io.Discard, conn) }()
		for _, b := range (wire.Log{Type: wire.CryptRSA, UserLen: 128, PassLen: 128}).Append(nil) {
			if _, err := conn.Write([]byte{b}); err != nil || !pause(ctx, 100*time.Millisecond) {
				return
			}
		}
	})
}

func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// rabble: connections that say nothing, garbage, or half a login.
func rabble(w *world, t *testing.T, r *row) string {
	return crowdedOut(w, t, r, func(ctx context.Context, to netip.AddrPort, i int) {
		conn, err := call(ctx, to, i)
		if err != nil {
			pause(ctx, 50*time.Millisecond)
			return
		}
		defer func() { _ = conn.Close() }()
		defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
		noise := make([]byte, 300)
		for j := range noise {
			noise[j] = byte(rand.Uint32())
		}
		switch i % 3 {
		case 0:
			_, _ = conn.Write(noise)
		case 1:
			_, _ = conn.Write((wire.Log{Type: wire.CryptRSA}).Append(nil)[:100])
		}
		_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))
		if _, err := io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
			return
		}
		pause(ctx, 20*time.Millisecond)
	})
}
