package netio

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

func TestPortRange(t *testing.T) {
	within := rangeAfterTaken(t, 51)
	for _, n := range []int{0, 1, 3, 10} {
		before := within.Min
		for _, l := range listenStreams(t, n, DataConfig{Local: ownAddress(), Ports: within}) {
			if l.Port() <= before || l.Port() > within.Max {
				t.Errorf("port %d after %d, up to %d", l.Port(), before, within.Max)
			}
			before = l.Port()
		}
	}
	free := ownPort(t)
	if got := listenData(t, DataConfig{Local: ownAddress(), Ports: PortRange{free, free}}).Port(); got != free {
		t.Errorf("port %d, want %d", got, free)
	}
	for _, r := range []PortRange{{2, 1}, {0, 1}} {
		if _, err := ListenData(t.Context(), 1, DataConfig{Local: ownAddress(), Ports: r}); !errors.Is(err, syscall.EINVAL) {
			t.Errorf("%v: %v, want EINVAL", r, err)
		}
	}
}

// TestPortRangeRotates: one port after the other, each free again, is not one
// port all the time.
func TestPortRangeRotates(t *testing.T) {
	within := rangeAfterTaken(t, 100)
	seen := map[uint16]bool{}
	for range 40 {
		l := listenData(t, DataConfig{Local: ownAddress(), Ports: within})
		seen[l.Port()] = true
		l.Close()
	}
	if len(seen) < 10 { // by chance once in 10^27
		t.Errorf("only ports %v", seen)
	}
}

// TestPortRangeTooSmall gives back what it had when there are too few ports.
func TestPortRangeTooSmall(t *testing.T) {
	c := DataConfig{Local: ownAddress(), Ports: rangeAfterTaken(t, 6), Wait: -1}
	ls, err := ListenData(t.Context(), 6, c)
	if !errors.Is(err, ErrNoPort) || !errors.Is(err, syscall.EADDRINUSE) || ls != nil {
		t.Fatalf("%d listeners, %v, want ErrNoPort because of EADDRINUSE", len(ls), err)
	}
	want := fmt.Sprintf("%d:%d: 6 wanted, 1 of 6 in use", c.Ports.Min, c.Ports.Max)
	if !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want %s", err, want)
	}
	c.Wait = time.Hour // no wait makes the range larger
	if _, err := ListenData(t.Context(), 7, c); !errors.Is(err, ErrNoPort) || errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("7 ports of 6: %v", err)
	}
	c.Wait = -1
	listenStreams(t, 5, c)
}

// TestPortRangeWaits for ports that others give back.
func TestPortRangeWaits(t *testing.T) {
	c := DataConfig{Local: ownAddress(), Ports: rangeAfterTaken(t, 4), Wait: -1}
	others := listenStreams(t, 3, c)
	tired := errors.New("tired of waiting")
	ctx, cancel := context.WithCancelCause(t.Context())
	c.Wait = time.Hour
	ended := make(chan error)
	go func() {
		_, err := ListenData(ctx, 1, c)
		ended <- err
	}()
	cancel(tired)
	if err := <-ended; !errors.Is(err, tired) || !errors.Is(err, ErrNoPort) {
		t.Errorf("got %v, want %v", err, tired)
	}
	go func() {
		ls, err := ListenData(t.Context(), 2, c)
		for _, l := range ls {
			l.Close()
		}
		ended <- err
	}()
	for _, l := range others {
		l.Close()
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	listenStreams(t, 3, DataConfig{Local: ownAddress(), Ports: c.Ports}) // all were given back
	short := DataConfig{Local: ownAddress(), Ports: c.Ports, Wait: time.Millisecond}
	if _, err := ListenData(t.Context(), 1, short); !errors.Is(err, ErrNoPort) {
		t.Errorf("got %v, want ErrNoPort", err)
	}
}

// TestPortRangeFought: sessions that fight for too few ports never get the same
// one, and all get theirs in the end.
func TestPortRangeFought(t *testing.T) {
	c := DataConfig{Local: ownAddress(), Ports: rangeAfterTaken(t, 6), Wait: 10 * time.Minute}
	var (
		mu       sync.Mutex
		held     = map[uint16]bool{}
		sessions sync.WaitGroup
	)
	for range 8 {
		sessions.Go(func() {
			for range 20 {
				ls, err := ListenData(t.Context(), 3, c)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				for _, l := range ls {
					if held[l.Port()] {
						t.Errorf("port %d belongs to two sessions", l.Port())
					}
					held[l.Port()] = true
				}
				mu.Unlock()
				mu.Lock()
				for _, l := range ls {
					delete(held, l.Port())
					l.Close()
				}
				mu.Unlock()
			}
		})
	}
	sessions.Wait()
}

// TestPortRangeForeignAddress fails for a reason no other port can mend.
func TestPortRangeForeignAddress(t *testing.T) {
	c := DataConfig{Local: netip.MustParseAddr("192.0.2.1"), Ports: PortRange{1024, 65535}}
	if _, err := ListenData(t.Context(), 1, c); !errors.Is(err, syscall.EADDRNOTAVAIL) || errors.Is(err, ErrNoPort) {
		t.Errorf("got %v, want EADDRNOTAVAIL at once", err)
	}
}
