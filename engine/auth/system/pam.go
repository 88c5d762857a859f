//go:build pam

package system

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	osuser "os/user"
	"path/filepath"
	"time"

	"github.com/msteinert/pam/v2"

	"bbftp/engine/auth"
	"bbftp/engine/auth/internal/password"
)

// pamAtOnce is how many logins PAM may work at: a module may wait for a server,
// or, after a wrong password, for its own delay.
const pamAtOnce = 16

// pamGrain hides which modules had a say in a denial: they answer for an unknown
// user within milliseconds, for a known one after hashing. Denials come after
// whole seconds.
const pamGrain = time.Second

// PAM lets in whom the machine's PAM service lets in. It asks PAM for
// authentication and the account; it opens no PAM session, because modules of
// sessions (pam_systemd, pam_limits) change the process that calls them. Where
// to, and with which rights, the system's user database tells, of which the C
// library may know more sources than files. It is safe for concurrent use as far as
// the service's modules are.
type PAM struct {
	service, dir string // dir of service files; "" for the usual ones
	turns        password.Turns
	grain        time.Duration
}

var _ Accounts = (*PAM)(nil)

// serviceDirs are where libpam looks, but for its one old file.
var serviceDirs = []string{"/etc/pam.d", "/usr/lib/pam.d", "/usr/share/pam.d", "/etc/pam.conf"}

// NewPAM looks whether the service is there: PAM would answer for one that isn't
// by its service "other".
func NewPAM(service string) (*PAM, error) {
	return newPAM(service, "", serviceDirs)
}

func newPAM(service, dir string, look []string) (*PAM, error) {
	for _, place := range look {
		info, err := os.Stat(place)
		if err == nil && info.IsDir() {
			_, err = os.Stat(filepath.Join(place, service))
		}
		if err == nil {
			return &PAM{service, dir, password.NewTurns(pamAtOnce), pamGrain}, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("PAM service %s: %w", service, err)
		}
	}
	return nil, fmt.Errorf("PAM service %s: no file of that name in %s", service, look[0])
}

// Authenticate implements [auth.Authenticator].
func (p *PAM) Authenticate(ctx context.Context, c auth.Credentials) (auth.Account, error) {
	user, err := p.Login(ctx, c)
	return user.Account, err
}

// Login implements [Accounts]. A call of PAM can't be ended: when ctx ends, it goes
// on alone and keeps its turn until it is over.
func (p *PAM) Login(ctx context.Context, c auth.Credentials) (User, error) {
	if err := p.turns.Take(ctx); err != nil {
		return User{}, fmt.Errorf("check password of %v: %w", c, err)
	}
	type verdict struct {
		user User
		err  error
	}
	begun := time.Now()
	over := make(chan verdict, 1)
	d := newDialogue(c)
	go func() {
		defer p.turns.Release()
		user, err := p.login(d)
		over <- verdict{user, err}
	}()
	select {
	case v := <-over:
		if v.err != nil {
			p.hesitate(ctx, time.Since(begun))
		}
		return v.user, v.err
	case <-ctx.Done():
		return User{}, fmt.Errorf("check password of %v: %w", c, context.Cause(ctx))
	}
}

// hesitate waits until the next whole grain after a check that took long.
func (p *PAM) hesitate(ctx context.Context, took time.Duration) {
	rest := time.NewTimer(took.Truncate(p.grain) + p.grain - took)
	defer rest.Stop()
	select {
	case <-rest.C:
	case <-ctx.Done():
	}
}

// dialogue answers what PAM asks.
type dialogue struct {
	user, secret       string
	readable, answered bool
}

// newDialogue copies the password, which may be wiped before PAM is done. What
// could not be read is not shown to PAM, where C would cut it at a NUL; a user
// called so has no password either.
func newDialogue(c auth.Credentials) *dialogue {
	user, secret, readable := c.Reveal()
	if !readable {
		return &dialogue{user: "(unreadable)"}
	}
	return &dialogue{user: user, secret: string(secret), readable: true}
}

// RespondPAM gives the password once: a second question is for something else,
// a code or a new password.
func (d *dialogue) RespondPAM(style pam.Style, _ string) (string, error) {
	switch style {
	case pam.ErrorMsg, pam.TextInfo:
		return "", nil
	case pam.PromptEchoOff:
		if !d.answered {
			d.answered = true
			return d.secret, nil
		}
	}
	return "", errors.New("bbftp can't ask its user")
}

func (p *PAM) login(d *dialogue) (User, error) {
	t, err := pam.StartConfDir(p.service, d.user, d, p.dir)
	if err != nil {
		return User{}, fmt.Errorf("start PAM: %w", err)
	}
	defer func() { _ = t.End() }()
	if err := t.SetItem(pam.Tty, "bbftp"); err != nil { // some modules refuse to work without
		return User{}, fmt.Errorf("prepare PAM: %w", err)
	}
	if err := t.Authenticate(pam.Silent | pam.DisallowNullAuthtok); err != nil {
		return User{}, refusal("authentication", err)
	}
	if err := t.AcctMgmt(pam.Silent | pam.DisallowNullAuthtok); err != nil {
		return User{}, refusal("account", err)
	}
	name, err := t.GetItem(pam.User) // a module may have mapped it
	if err != nil {
		return User{}, fmt.Errorf("PAM: name of the user: %w", err)
	}
	if !d.readable {
		return User{}, denied(errors.New("login could not be read"))
	}
	user, err := p.Lookup(name)
	if err != nil {
		return User{}, denied(err)
	}
	return user, nil
}

// refusal tells faults of the service, which hit every name alike, from denials.
// PAM_SYSTEM_ERR is what pam_exec makes of any command that failed: a denial.
func refusal(of string, err error) error {
	for _, fault := range []error{
		pam.ErrAbort, pam.ErrBuf, pam.ErrOpen, pam.ErrSymbol, pam.ErrService, pam.ErrModuleUnknown,
	} {
		if errors.Is(err, fault) {
			return fmt.Errorf("PAM %s: %w", of, err)
		}
	}
	return denied(fmt.Errorf("PAM %s: %w", of, err))
}

// Lookup implements [Accounts].
func (p *PAM) Lookup(name string) (User, error) {
	user, err := lookup(name)
	if err != nil {
		return User{}, fmt.Errorf("look up user %q: %w", name, err)
	}
	return user, nil
}

func lookup(name string) (User, error) {
	found, err := osuser.Lookup(name)
	if unknown := osuser.UnknownUserError(""); errors.As(err, &unknown) {
		return User{}, ErrUnknown
	}
	if err != nil {
		return User{}, err
	}
	uid, uidOK := id(found.Uid)
	gid, gidOK := id(found.Gid)
	if !uidOK || !gidOK {
		return User{}, fmt.Errorf("uid %s and gid %s are not numbers of 32 bits", found.Uid, found.Gid)
	}
	user := newUser(found.Username, uid, gid, found.HomeDir, "")
	if err := user.check(); err != nil {
		return User{}, err
	}
	groups, err := found.GroupIds()
	if err != nil {
		return User{}, err
	}
	for _, group := range groups {
		gid, ok := id(group)
		if !ok {
			return User{}, fmt.Errorf("group %s is not a number of 32 bits", group)
		}
		user.join(gid)
	}
	return user, nil
}
