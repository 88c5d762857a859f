package system

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
)

// Files are where a machine keeps its accounts; "" is the usual path.
type Files struct {
	Passwd string // /etc/passwd
	Shadow string // /etc/shadow
	Group  string // /etc/group
	// Refused names users that are not let in, one a line. It need not exist. /etc/ftpusers
	Refused string
	// NoLogin, while it exists, keeps everyone out. /run/nologin, which systemd
	// makes at boot and before a shutdown.
	NoLogin string
	// Closed is the same. /etc/nologin
	Closed string
}

func (f Files) withDefaults() Files {
	for field, usual := range map[*string]string{
		&f.Passwd: "/etc/passwd", &f.Shadow: "/etc/shadow", &f.Group: "/etc/group",
		&f.Refused: "/etc/ftpusers", &f.NoLogin: "/run/nologin", &f.Closed: "/etc/nologin",
	} {
		if *field == "" {
			*field = usual
		}
	}
	return f
}

// What is read of a file, and of one line, which in a group file has all members.
const (
	maxFile = 64 << 20
	maxLine = 1 << 20
)

// entries calls each with the fields of every line of the file at path that has
// that many. It reads all of it, so that it takes the same time whoever is looked
// for. Lines of another form, which other programs skip too, are skipped.
func entries(path string, fields int, each func(field []string)) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	if info, err := f.Stat(); err != nil {
		return err
	} else if !info.Mode().IsRegular() {
		return fmt.Errorf("%s: not a regular file", path)
	}
	limited := &io.LimitedReader{R: f, N: maxFile}
	lines := bufio.NewScanner(limited)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		if field := strings.Split(lines.Text(), ":"); len(field) == fields && field[0] != "" {
			each(field)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if limited.N == 0 {
		return fmt.Errorf("%s: more than %d MiB", path, maxFile>>20)
	}
	return nil
}

// user finds the first entry of name, as the machine's own programs do.
func (f Files) user(name string) (u User, password string, known bool, err error) {
	err = entries(f.Passwd, 7, func(field []string) {
		uid, uidOK := id(field[2])
		gid, gidOK := id(field[3])
		if known || field[0] != name || !uidOK || !gidOK {
			return
		}
		known = true
		u, password = newUser(strings.Clone(name), uid, gid, field[5], field[6]), field[1]
	})
	return u, password, known, err
}

// groups adds the groups that name u as a member.
func (f Files) groups(u *User) error {
	return entries(f.Group, 4, func(field []string) {
		gid, ok := id(field[2])
		if !ok {
			return
		}
		for member := range strings.SplitSeq(field[3], ",") {
			if member == u.Name {
				u.join(gid)
			}
		}
	})
}

// lookup finds a user by name: see [Accounts].
func (f Files) lookup(name string) (User, error) {
	u, _, known, err := f.user(name)
	if err == nil && !known {
		err = ErrUnknown
	}
	if err == nil {
		err = u.check()
	}
	if err == nil {
		err = f.groups(&u)
	}
	if err != nil {
		return User{}, fmt.Errorf("look up user %q: %w", name, err)
	}
	return u, nil
}

func id(text string) (uint32, bool) {
	n, err := strconv.ParseUint(text, 10, 32)
	return uint32(n), err == nil
}

// refused reports whether name stands in the list of those who are not let in.
func (f Files) refused(name string) (found bool, err error) {
	err = entries(f.Refused, 1, func(field []string) {
		found = found || strings.TrimSpace(field[0]) == name
	})
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return found, err
}

// shut reports whether nobody may log in at present. What can't be looked at is
// taken to be there.
func (f Files) shut() bool {
	for _, path := range []string{f.NoLogin, f.Closed} {
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			return true
		}
	}
	return false
}
