package zerocopy

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"
	"time"
)

// way is a system call that moves bytes inside the kernel.
type way string

const (
	bySendfile way = "sendfile"
	bySplice   way = "splice"
)

// Memory remembers which file systems refuse sendfile or splice, so that not
// every file asks them again. The zero value is ready; it is safe for concurrent
// use.
type Memory struct {
	mu       sync.Mutex
	refusals map[request]refusal
}

// request is a way asked of a file system, by its device number.
type request struct {
	device uint64
	by     way
}

type refusal struct {
	reason string
	until  time.Time
}

const (
	// A refusal may be that of one file only, or end with a remount.
	remembered = 10 * time.Minute
	// maxRefusals bounds the memory: automounters make devices without end.
	maxRefusals = 64
)

// refused returns why f's file system is known to refuse, or "".
func (m *Memory) refused(f *os.File, by way) string {
	if m == nil {
		return ""
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.refusals) == 0 {
		return ""
	}
	at, ok := device(f)
	r, known := m.refusals[request{at, by}]
	if !ok || !known || time.Now().After(r.until) {
		return ""
	}
	return r.reason
}

// remember takes down that f's file system refused, and returns it in words.
func (m *Memory) remember(f *os.File, by way, err error) string {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		err = errno // without the name of the call, which is by
	}
	reason := fmt.Sprintf("file system %s refuses %s: %v", fileSystem(f), by, err)
	at, ok := device(f)
	if m == nil || !ok {
		return reason
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.refusals == nil || len(m.refusals) >= maxRefusals {
		m.refusals = make(map[request]refusal)
	}
	m.refusals[request{at, by}] = refusal{reason, time.Now().Add(remembered)}
	return reason
}

// knownToRefuse tells whether f's file system refused before.
func (k *carrier) knownToRefuse(f *os.File, by way) bool {
	reason := k.flow.Memory.refused(f, by)
	if reason != "" {
		k.c.because(reason)
	}
	return reason != ""
}

// refusedNow takes down that f's file system refuses.
func (k *carrier) refusedNow(f *os.File, by way, err error) {
	k.c.because(k.flow.Memory.remember(f, by, err))
}
