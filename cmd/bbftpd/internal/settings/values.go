package settings

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/pborman/getopt/v2"

	"bbftp/netio"
)

// value is a setting of type T, written as read understands it. Whoever writes
// it, command line or configuration file, is refused by the same words.
type value[T any] struct {
	to   *T
	read func(string) (T, error)
}

// Set takes the last of several.
func (v value[T]) Set(text string, _ getopt.Option) error {
	got, err := v.read(text)
	if err == nil {
		*v.to = got
	}
	return err
}

// String is what it is at the moment.
func (v value[T]) String() string { return fmt.Sprint(*v.to) }

// list is a setting of which there may be several, as many options or separated
// by commas. Those of the command line take the place of those of the file.
type list[T any] struct {
	to   *[]T
	read func(string) (T, error)
}

// Set takes one or more of them.
func (l list[T]) Set(text string, opt getopt.Option) error {
	if opt.Count() <= 1 {
		*l.to = nil
	}
	if text == "" && !opt.Seen() {
		return nil // none, in the file
	}
	for word := range strings.SplitSeq(text, ",") {
		got, err := l.read(strings.TrimSpace(word))
		if err != nil {
			return err
		}
		*l.to = append(*l.to, got)
	}
	return nil
}

// String is what they are at the moment.
func (l list[T]) String() string { return fmt.Sprint(*l.to) }

func (l list[T]) several() {}

func text(s string) (string, error) { return s, nil }

// count reads a number of things, from low to high.
func count(low, high int, what string) func(string) (int, error) {
	return func(text string) (int, error) {
		n, err := strconv.Atoi(text)
		if err != nil || n < low || n > high {
			return 0, fmt.Errorf("want %d to %d %s", low, high, what)
		}
		return n, nil
	}
}

// size reads a number of bytes such as "10GiB".
func size(text string) (int64, error) {
	n, err := humanize.ParseBytes(text)
	if err != nil || n > 1<<62 {
		return 0, errors.New("want a number of bytes such as 500MB or 2TiB")
	}
	return int64(n), nil
}

// reserve reads free space to keep; none at all is less than 0 for storage.Limits.
func reserve(text string) (int64, error) {
	n, err := size(text)
	if err == nil && n == 0 {
		n = -1
	}
	return n, err
}

// duration reads a time to wait, from 0 to most.
func duration(most time.Duration) func(string) (time.Duration, error) {
	return func(text string) (time.Duration, error) {
		d, err := time.ParseDuration(text)
		if err != nil || d < 0 || d > most {
			return 0, fmt.Errorf("want a duration such as 90s or 5m, at most %v", most)
		}
		return d, nil
	}
}

func port(text string) (uint16, error) {
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return 0, errors.New("want a port from 0 to 65535")
	}
	return uint16(n), nil
}

// portRange reads "MIN:MAX".
func portRange(text string) (netio.PortRange, error) {
	first, last, _ := strings.Cut(text, ":")
	low, err := strconv.ParseUint(first, 10, 16)
	high, err2 := strconv.ParseUint(last, 10, 16)
	if err != nil || err2 != nil || low == 0 || low > high {
		return netio.PortRange{}, errors.New("want MIN:MAX with ports from 1 to 65535")
	}
	return netio.PortRange{Min: uint16(low), Max: uint16(high)}, nil
}

// fileMask reads an octal umask.
func fileMask(text string) (fs.FileMode, error) {
	mask, err := strconv.ParseUint(text, 8, 16)
	if err != nil || mask > 0o777 {
		return 0, errors.New("want an octal number from 0 to 777")
	}
	return fs.FileMode(mask), nil
}

// network reads an address or a prefix, IPv4 or IPv6.
func network(text string) (netip.Prefix, error) {
	if prefix, err := netip.ParsePrefix(text); err == nil {
		if prefix != prefix.Masked() {
			return netip.Prefix{}, fmt.Errorf("%v has bits beyond its length: want %v", prefix, prefix.Masked())
		}
		if prefix.Addr().Is4In6() {
			return netip.Prefix{}, fmt.Errorf("%v: write it as IPv4", prefix)
		}
		return prefix, nil
	}
	addr, err := netip.ParseAddr(text)
	if err != nil || addr.Zone() != "" {
		return netip.Prefix{}, errors.New("want addresses or networks such as 192.0.2.7 or 2001:db8::/32")
	}
	addr = addr.Unmap()
	return netip.PrefixFrom(addr, addr.BitLen()), nil
}

// loginDelay reads how long a wrong login waits; not at all is less than 0 for
// admission.Limits.
func loginDelay(text string) (time.Duration, error) {
	d, err := duration(time.Minute)(text)
	if err == nil && d == 0 {
		d = -1
	}
	return d, err
}

func congestion(text string) (string, error) { return text, netio.CheckCongestion(text) }

// metricsAddress reads where to tell of the daemon: "ADDRESS:PORT". A port alone,
// with a colon before it or not, is one of this machine only.
func metricsAddress(text string) (string, error) {
	host, p, err := net.SplitHostPort(text)
	if !strings.Contains(text, ":") {
		host, p, err = "", text, nil
	}
	if err == nil {
		_, err = port(p)
	}
	if err != nil {
		return "", errors.New("want PORT or ADDRESS:PORT such as 9521 or 192.0.2.7:9521")
	}
	return net.JoinHostPort(cmp.Or(host, "127.0.0.1"), p), nil
}

// oneOf reads one of words.
func oneOf(words ...string) func(string) (string, error) {
	return func(text string) (string, error) {
		if !slices.Contains(words, text) {
			return "", fmt.Errorf("want %s", strings.Join(words, ", "))
		}
		return text, nil
	}
}

// The ways of --system-accounts.
const (
	Shadow = "shadow"
	PAM    = "pam"
)

// systemAccounts reads the way; without one it is the one that every build has.
func systemAccounts(text string) (string, error) {
	if text == "" {
		return Shadow, nil
	}
	return oneOf(Shadow, PAM)(text)
}
