package auth

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"bbftp/engine/auth/internal/password"
)

// record is one line of a users file:
//
//	name:hash:directory[:options]
//
// Empty lines and those starting with # say nothing.
type record struct {
	Account
	hash password.Hash
	text string // of hash, "" for one that is in no file
}

const lineForm = "name:hash:directory[:options]"

// Format writes the name, and nothing of the hash.
func (r record) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "%q", r.Name) }

// lineFields cuts a line into its three or four fields; ok is false for one
// that says nothing.
func lineFields(line string) (field []string, ok bool, err error) {
	text := strings.TrimSuffix(line, "\n")
	if trimmed := strings.TrimSpace(text); trimmed == "" || trimmed[0] == '#' {
		return nil, false, nil
	}
	if hasControl(text) {
		return nil, true, errors.New("control character (line ends must be LF)")
	}
	field = strings.Split(text, ":")
	if len(field) != 3 && len(field) != 4 {
		return nil, true, errors.New("want " + lineForm)
	}
	return field, true, nil
}

func parseRecord(field []string) (record, error) {
	// First the hash: while it is not one, the other fields may be pieces of a
	// password in clear, which must not show in an error.
	hash, err := password.Parse(field[1])
	if err != nil {
		return record{}, err
	}
	account, err := parseAccount(field)
	return record{account, hash, field[1]}, err
}

// parseAccount reads all but the hash.
func parseAccount(field []string) (Account, error) {
	a := Account{Name: field[0], Dir: field[2]}
	if len(field) == 4 && field[3] != "" {
		if err := a.setOptions(field[3]); err != nil {
			return Account{}, err
		}
	}
	return a, a.check()
}

// line is the inverse of parseRecord, without a line end.
func (a Account) line(hash string) string {
	line := a.Name + ":" + hash + ":" + a.Dir
	if options := a.options(); options != "" {
		line += ":" + options
	}
	return line
}

// check says why an account has no place in a users file.
func (a Account) check() error {
	if err := checkName(a.Name); err != nil {
		return err
	}
	if err := checkPath("directory", a.Dir, ":"); err != nil {
		return err
	}
	if err := checkPath("mass storage path", a.MassStorage, ":,"); err != nil {
		return err
	}
	return a.checkLimits()
}

func checkName(name string) error {
	if err := checkText(name, MaxLogin); err != nil {
		return fmt.Errorf("user name: %w", err)
	}
	switch {
	case strings.Contains(name, ":") || hasControl(name):
		return fmt.Errorf("user name %q has a colon or a control character", name)
	case name[0] == '#' || strings.TrimSpace(name) != name:
		return fmt.Errorf("user name %q starts with # or has blanks around it", name)
	}
	return nil
}

func checkPassword(secret string) error {
	if err := checkText(secret, MaxLogin); err != nil {
		return fmt.Errorf("password: %w", err)
	}
	return nil
}

func checkText(text string, most int) error {
	switch {
	case text == "":
		return errors.New("empty")
	case len(text) > most:
		return fmt.Errorf("%d bytes: %w (at most %d)", len(text), ErrTooLong, most)
	case strings.Contains(text, "\x00"):
		return errors.New("has a NUL")
	}
	return nil
}

// checkPath wants slashes on every system: the daemon's name space is Unix's.
func checkPath(what, p, separators string) error {
	switch {
	case p == "":
		return nil
	case p[0] != '/':
		return fmt.Errorf("%s %q is not absolute", what, p)
	case path.Clean(p) != p:
		return fmt.Errorf("%s %q is not in its shortest form %q", what, p, path.Clean(p))
	case strings.ContainsAny(p, separators) || hasControl(p):
		return fmt.Errorf("%s %q has one of %q or a control character", what, p, separators)
	}
	return nil
}

func hasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}
