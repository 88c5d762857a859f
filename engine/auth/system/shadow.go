package system

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"hash/maphash"
	"path"
	"strings"
	"time"

	"bbftp/engine/auth"
	"bbftp/engine/auth/internal/password"
)

// Shadow lets in who knows a password of the machine's shadow file. The files are
// read for every login. It is safe for concurrent use.
//
// Not let in, with the right password either, are users without a password,
// locked ones, expired ones and those with an expired password, uid 0, users whose
// shell is called nologin or false, and those in /etc/ftpusers; and nobody is while
// /etc/nologin or /run/nologin exists. Hashes are those of [password.ParseCrypt].
type Shadow struct {
	files    Files
	now      func() time.Time
	seed     maphash.Seed
	fallback string // a hash to check where the files have none
	proofs   *password.Proofs
	turns    password.Turns
}

var _ Accounts = (*Shadow)(nil)

// NewShadow looks whether the files can be read, which for the shadow file takes
// root or its group. The error names the file.
func NewShadow(files Files) (*Shadow, error) {
	_, fallback := password.New(rand.Text())
	s := &Shadow{
		files:    files.withDefaults(),
		now:      time.Now,
		seed:     maphash.MakeSeed(),
		fallback: fallback,
		proofs:   password.NewProofs(),
		turns:    password.NewTurns(password.AtOnce),
	}
	claim, err := s.claim("root")
	if err == nil {
		err = s.files.groups(&claim.user)
	}
	if err != nil {
		return nil, fmt.Errorf("system accounts: %w", err)
	}
	return s, nil
}

// claim is what the files say about a name that somebody gave.
type claim struct {
	user User
	hash string // to check the password against, whether or not it can help
	// refusal is why no password opens the account, or nil.
	refusal error
}

// claim looks name up. Every name costs one reading of all files.
func (s *Shadow) claim(name string) (claim, error) {
	user, hash, known, err := s.files.user(name)
	if err != nil {
		return claim{}, err
	}
	entry, shadowed, decoy, err := s.entry(name)
	if err != nil {
		return claim{}, err
	}
	listed, err := s.files.refused(name)
	if err != nil {
		return claim{}, err
	}
	shut := s.files.shut()
	if hash == "x" && shadowed {
		hash = entry.hash
	}
	c := claim{user: user, hash: hash}
	switch {
	case !known:
		c.refusal = ErrUnknown
	case shut:
		c.refusal = errors.New("nobody may log in at present (nologin)")
	case listed:
		c.refusal = fmt.Errorf("listed in %s", s.files.Refused)
	case user.check() != nil:
		c.refusal = user.check()
	case noShell(user.Shell):
		c.refusal = fmt.Errorf("shell is %s", user.Shell)
	case shadowed:
		c.refusal = entry.refusal(s.now())
	}
	if why := usable(hash); why != nil {
		c.hash = decoy
		if c.refusal == nil {
			c.refusal = why
		}
	}
	return c, nil
}

// usable says why no password can match hash.
func usable(hash string) error {
	switch {
	case hash == "":
		return errors.New("account has no password")
	case hash[0] == '!' || hash[0] == '*' || hash == "x":
		return errors.New("password is locked")
	}
	_, err := password.ParseCrypt(hash)
	return err
}

// entry finds the first shadow entry of name, and another user's hash, which is
// what the password is checked against where there is none of its own. The same
// name meets the same one every time, as a real user would, and who tries many
// names sees the costs that the real users have.
func (s *Shadow) entry(name string) (e shadowEntry, found bool, decoy string, err error) {
	decoy = s.fallback
	var best uint64
	err = entries(s.files.Shadow, 9, func(field []string) {
		if field[0] == name && !found {
			e, found = parseShadow(field), true
		}
		if !strings.HasPrefix(field[1], "$") {
			return
		}
		var draw maphash.Hash
		draw.SetSeed(s.seed)
		_, _ = draw.WriteString(name + ":" + field[0])
		if n := draw.Sum64(); n > best && usable(field[1]) == nil {
			best, decoy = n, field[1]
		}
	})
	return e, found, decoy, err
}

func noShell(shell string) bool {
	return path.Base(shell) == "nologin" || path.Base(shell) == "false"
}

// Authenticate implements [auth.Authenticator].
func (s *Shadow) Authenticate(ctx context.Context, c auth.Credentials) (auth.Account, error) {
	user, err := s.Login(ctx, c)
	return user.Account, err
}

// Login implements [Accounts]. Each login costs the same whoever asks, but for
// the password that opened an account before, as with [auth.Users].
func (s *Shadow) Login(ctx context.Context, c auth.Credentials) (User, error) {
	name, secret, readable := c.Reveal()
	claim, err := s.claim(name)
	if err != nil {
		return User{}, fmt.Errorf("check password of %v: %w", c, err)
	}
	if !readable {
		claim.refusal = errors.New("login could not be read")
	}
	if again := s.proofs.Opened(name, claim.hash, secret); again && claim.refusal == nil {
		return s.enter(claim.user)
	}
	hash, err := password.ParseCrypt(claim.hash)
	if err != nil {
		return User{}, fmt.Errorf("check password of %v: %w", c, err)
	}
	if err := s.turns.Take(ctx); err != nil {
		return User{}, fmt.Errorf("check password of %v: %w", c, err)
	}
	defer s.turns.Release()
	matches := hash.Matches(secret)
	switch {
	case claim.refusal != nil:
		return User{}, denied(claim.refusal)
	case !matches:
		return User{}, denied(errors.New("wrong password"))
	}
	s.proofs.Remember(name, claim.hash, secret)
	return s.enter(claim.user)
}

func (s *Shadow) enter(user User) (User, error) {
	if err := s.files.groups(&user); err != nil {
		return User{}, fmt.Errorf("groups of user %q: %w", user.Name, err)
	}
	return user, nil
}

// Lookup implements [Accounts].
func (s *Shadow) Lookup(name string) (User, error) { return s.files.lookup(name) }
