package server

import (
	"context"
	"sync"

	"bbftp/engine/wire"
)

const (
	// maxListings times the largest listing, 16 MiB twice, is the most memory that
	// listings take.
	maxListings = 8
	// maxUserListings is how many of them one user has: whoever does not read his
	// must not stop those of the others.
	maxUserListings = 2
)

// listings bounds the directory listings under way.
type listings struct {
	all   chan struct{} // a token for each
	mu    sync.Mutex
	users map[string]*userListings // of users that have or want one; guarded by mu
}

type userListings struct {
	own    chan struct{}
	wanted int
}

func newListings() *listings {
	return &listings{all: make(chan struct{}, maxListings), users: make(map[string]*userListings)}
}

// begin waits for the turn of a user's listing, or for the end of ctx.
func (l *listings) begin(ctx context.Context, user string) (end func(), ok bool) {
	one := l.join(user)
	select {
	case one.own <- struct{}{}:
	case <-ctx.Done():
		l.leave(user, one)
		return nil, false
	}
	done := func() {
		<-one.own
		l.leave(user, one)
	}
	select {
	case l.all <- struct{}{}:
		return func() { <-l.all; done() }, true
	case <-ctx.Done():
		done()
		return nil, false
	}
}

func (l *listings) join(user string) *userListings {
	l.mu.Lock()
	defer l.mu.Unlock()
	one := l.users[user]
	if one == nil {
		one = &userListings{own: make(chan struct{}, maxUserListings)}
		l.users[user] = one
	}
	one.wanted++
	return one
}

func (l *listings) leave(user string, one *userListings) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if one.wanted--; one.wanted == 0 {
		delete(l.users, user)
	}
}

// listing has list look for names and send them, within the time limit and
// with few others at once: a listing takes memory until the client has read it,
// for which the limit of a message counts (Waits.Send).
func (s *session) listing(ctx context.Context, list func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, s.server.cfg.Waits.List)
	defer cancel()
	end, ok := s.server.listings.begin(ctx, s.account.Name)
	if !ok {
		return s.reply(wire.MsgBad, "Too many listings at once")
	}
	defer end()
	return list(ctx)
}
