package command

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// ErrTURL reports a name that looks like a TURL and is none.
var ErrTURL = errors.New("incorrect TURL")

// TURL is a name that says where it is:
//
//	bbftp://HOST[:PORT]/PATH   on a server; PATH begins with a slash to be absolute
//	rfio://PATH                in mass storage; also as the PATH of the form above
//	file://PATH, PATH          anywhere else
type TURL struct {
	Host        string // "" where none is named
	Port        uint16 // 0 where none is named
	Path        string
	MassStorage bool
}

// ParseTURL reads a name. All names that are no TURL are paths.
func ParseTURL(name string) (TURL, error) {
	var t TURL
	t.Path = name
	if rest, remote := strings.CutPrefix(name, "bbftp://"); remote {
		place, path, found := strings.Cut(rest, "/")
		if !found {
			return t, fmt.Errorf("%w: %s has no path", ErrTURL, name)
		}
		host, port, named := strings.Cut(place, ":")
		if host == "" {
			return t, fmt.Errorf("%w: %s has no host", ErrTURL, name)
		}
		if named {
			n, err := strconv.ParseUint(port, 10, 16)
			if err != nil || n == 0 {
				return t, fmt.Errorf("%w: %s: the port must be 1 to 65535", ErrTURL, name)
			}
			t.Port = uint16(n)
		}
		t.Host, t.Path = host, path
	}
	if path, mass := strings.CutPrefix(t.Path, "rfio://"); mass {
		t.Path, t.MassStorage = path, true
	} else {
		t.Path = strings.TrimPrefix(t.Path, "file://")
	}
	if t.Path == "" {
		return t, fmt.Errorf("%w: %s has no path", ErrTURL, name)
	}
	return t, nil
}

// Site is what the TURLs of a script say about its server. The last one counts.
type Site struct {
	Host string
	Port uint16
	// MassStorage says whether the commands so far end with remote mass storage
	// switched on.
	MassStorage bool
}

// Translate rewrites a command with TURLs into commands with plain names:
// itself, after a setoption where the kind of storage changes. Commands without
// names of files, comments and unknown words stay as they are.
func (s *Site) Translate(text string) ([]string, error) {
	c, err := Parse(text)
	if errors.Is(err, ErrUnknown) {
		return []string{text}, nil
	}
	remote, named := remoteArg(c.Verb)
	if err != nil || !named {
		return []string{text}, err
	}
	var before []string
	words := []string{string(c.Verb)}
	for i, arg := range c.Args {
		t, err := ParseTURL(arg)
		switch {
		case err != nil:
			return nil, err
		case i != remote && t.Host != "":
			return nil, fmt.Errorf("%w: %s: a local name has no host", ErrTURL, arg)
		case i != remote && t.MassStorage:
			return nil, fmt.Errorf("%w: %s: there is no local mass storage", ErrTURL, arg)
		case i == remote:
			before = s.visit(t)
		}
		words = append(words, t.Path)
	}
	return append(before, strings.Join(words, " ")), nil
}

// visit takes over what t says, and returns the command that must come before.
func (s *Site) visit(t TURL) []string {
	if t.Host != "" {
		s.Host = t.Host
	}
	if t.Port != 0 {
		s.Port = t.Port
	}
	if s.MassStorage == t.MassStorage {
		return nil
	}
	s.MassStorage = t.MassStorage
	if t.MassStorage {
		return []string{"setoption remoterfio"}
	}
	return []string{"setoption noremoterfio"}
}

// remoteArg is the argument of verb that names something on the server.
func remoteArg(verb Verb) (i int, named bool) {
	switch verb {
	case Cd, Dir, Get, Mget, Mkdir, Rm, Stat, Df:
		return 0, true
	case Put, Mput:
		return 1, true
	}
	return 0, false
}
