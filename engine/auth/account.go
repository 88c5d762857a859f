package auth

import (
	"errors"
	"fmt"
	"path"
	"strings"
)

// record is one line of a users file:
//
//	name:hash:directory[:options]
//
// with options separated by commas. The only one is "mass-storage" (all of it)
// or "mass-storage=/sub/path". Empty lines and those starting with # say
// nothing.
type record struct {
	Account
	hash passwordHash
}

const (
	lineForm          = "name:hash:directory[:options]"
	optionMassStorage = "mass-storage"
)

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
	hash, err := parseHash(field[1])
	if err != nil {
		return record{}, err
	}
	account, err := parseAccount(field)
	return record{account, hash}, err
}

// parseAccount reads all but the hash.
func parseAccount(field []string) (Account, error) {
	a := Account{Name: field[0], Dir: field[2]}
	if len(field) == 4 && field[3] != "" {
		for option := range strings.SplitSeq(field[3], ",") {
			name, below, narrowed := strings.Cut(option, "=")
			switch {
			case name != optionMassStorage:
				return Account{}, fmt.Errorf("unknown option %q", name)
			case a.MassStorage != "":
				return Account{}, fmt.Errorf("option %s given twice", name)
			case !narrowed:
				a.MassStorage = "/"
			case below == "":
				return Account{}, fmt.Errorf("option %s=: no path", name)
			default:
				a.MassStorage = below
			}
		}
	}
	return a, a.check()
}

// line is the inverse of parseRecord, without a line end.
func (a Account) line(hash string) string {
	line := a.Name + ":" + hash + ":" + a.Dir
	switch a.MassStorage {
	case "":
		return line
	case "/":
		return line + ":" + optionMassStorage
	}
	return line + ":" + optionMassStorage + "=" + a.MassStorage
}

// check says why an account has no place in a users file.
func (a Account) check() error {
	if err := checkName(a.Name); err != nil {
		return err
	}
	if err := checkPath("directory", a.Dir, ":"); err != nil {
		return err
	}
	return checkPath("mass storage path", a.MassStorage, ":,")
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

func checkPassword(password string) error {
	if err := checkText(password, MaxLogin); err != nil {
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
