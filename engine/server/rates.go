package server

import (
	"sync"

	"bbftp/engine/auth"
	"bbftp/netio"
)

// userRates are the limits of users whose account has one, each shared by all
// sessions of the user.
type userRates struct {
	mu    sync.Mutex
	users map[string]*userRate // of users with a session; guarded by mu
}

type userRate struct {
	limit    netio.RateLimit
	sessions int
}

func newUserRates() *userRates { return &userRates{users: make(map[string]*userRate)} }

// join is the limit of an account's data streams, below that of all, until leave.
// The account's latest rate counts for all its sessions.
func (u *userRates) join(account auth.Account, all *netio.RateLimit) (limit *netio.RateLimit, leave func()) {
	if account.Rate <= 0 {
		return all, func() {}
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	one := u.users[account.Name]
	if one == nil {
		one = new(userRate)
		u.users[account.Name] = one
	}
	one.sessions++
	one.limit.SetRate(account.Rate)
	return one.limit.Under(all), func() {
		u.mu.Lock()
		defer u.mu.Unlock()
		if one.sessions--; one.sessions == 0 {
			delete(u.users, account.Name)
		}
	}
}
