package privsep

import "sync"

// shares divides the limits of rate among the sessions there are: the server's
// evenly among all, a user's among those of the user; and the memory of compressed
// transfers. The zero value is ready.
type shares struct {
	mu       sync.Mutex
	total    int64                // bytes per second, 0: no limit; guarded by mu
	lent     int64                // bytes of memory; guarded by mu
	sessions map[*sharer]struct{} // guarded by mu
}

// sharer is a session with a share.
type sharer struct {
	user  string
	own   int64             // limit of the user; 0: none
	share func(limit int64) // told when it changes; must not block
	lent  int64             // bytes of memory
}

// limit sets the server's.
func (s *shares) limit(total int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.total = total
	s.tell()
}

// join has a session take part until leave. Its share is told before join returns.
func (s *shares) join(one *sharer) (leave func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sessions == nil {
		s.sessions = make(map[*sharer]struct{})
	}
	s.sessions[one] = struct{}{}
	s.tell()
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.sessions, one)
		s.lent -= one.lent
		s.tell()
	}
}

// Compressed transfers' memory.
const (
	defaultMemory = 512 << 20
	// leastMemory is what one file needs to move.
	leastMemory = 32 << 20
)

// lend gives one that has joined, once, half of the memory that others have left of
// total, until it leaves; at least what it can't do without.
func (s *shares) lend(one *sharer, total int64) int64 {
	if total == 0 {
		total = defaultMemory
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	one.lent = max(min(total, leastMemory), (total-s.lent)/2)
	s.lent += one.lent
	return one.lent
}

// tell is called with mu held.
func (s *shares) tell() {
	of := make(map[string]int64)
	for one := range s.sessions {
		of[one.user]++
	}
	for one := range s.sessions {
		one.share(lower(part(s.total, int64(len(s.sessions))), part(one.own, of[one.user])))
	}
}

// part is one of n equal parts of limit, of which 0 is none.
func part(limit, n int64) int64 {
	if limit <= 0 {
		return 0
	}
	return max(1, limit/n)
}

// lower is the lower of two limits, of which 0 is none.
func lower(a, b int64) int64 {
	if a == 0 || b == 0 {
		return max(a, b)
	}
	return min(a, b)
}
