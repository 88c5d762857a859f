package wan

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// endConnections ends all TCP connections of the namespace it runs in. One
// whose program was killed with data unsent could never send it once the link
// is gone: it would keep the namespace, and hold the memory of all TCP of the
// machine, for minutes, and later trials would get windows of a few packets.
func endConnections() error {
	// For what the kernel does not let us end: connections of programs that die
	// after this, and those without a program before Linux 6.11. Not set before,
	// as it would cut off a program's last data on a path with losses.
	for name, value := range map[string]string{"tcp_orphan_retries": "1", "tcp_fin_timeout": "1"} {
		if err := writeSetting(path.Join(sysctlIPv4, name), value); err != nil {
			return err
		}
	}
	var errs []error
	for _, family := range []uint8{unix.AF_INET, unix.AF_INET6} {
		sockets, err := netlink.SocketDiagTCPInfo(family)
		if err != nil {
			return fmt.Errorf("wan: list the connections that are left: %w", err)
		}
		for _, s := range sockets {
			if s.InetDiagMsg.State == netlink.TCP_TIME_WAIT {
				continue // holds no data
			}
			id := s.InetDiagMsg.ID
			from := &net.TCPAddr{IP: id.Source, Port: int(id.SourcePort)}
			to := &net.TCPAddr{IP: id.Destination, Port: int(id.DestinationPort)}
			err := netlink.SocketDestroy(from, to)
			switch {
			case err == nil, errors.Is(err, unix.ENOENT): // it has ended by itself
			case errors.Is(err, netlink.ErrNotImplemented): // the library knows IPv4 only
			case errors.Is(err, unix.EOPNOTSUPP): // nor does every kernel know it
			default:
				errs = append(errs, fmt.Errorf("wan: end the connection from %v to %v: %w", from, to, err))
			}
		}
	}
	return errors.Join(errs...)
}

// tcpMemory is how much memory all TCP connections of the machine use, and from
// where on the kernel keeps their windows small, in pages (proc(5), tcp(7)).
func tcpMemory() (used, pressure int64, err error) {
	sockstat, err := os.ReadFile("/proc/net/sockstat")
	if err != nil {
		return 0, 0, err
	}
	limits, err := os.ReadFile("/proc/sys/net/ipv4/tcp_mem")
	if err != nil {
		return 0, 0, err
	}
	return parseTCPMemory(string(sockstat), string(limits))
}

func parseTCPMemory(sockstat, limits string) (used, pressure int64, err error) {
	three := strings.Fields(limits)
	if len(three) != 3 {
		return 0, 0, fmt.Errorf("wan: tcp_mem is %q: want three numbers", limits)
	}
	if pressure, err = strconv.ParseInt(three[1], 10, 64); err != nil {
		return 0, 0, fmt.Errorf("wan: tcp_mem: %w", err)
	}
	for line := range strings.Lines(sockstat) {
		words := strings.Fields(line)
		for i := 1; i+1 < len(words); i += 2 {
			if words[0] == "TCP:" && words[i] == "mem" {
				used, err = strconv.ParseInt(words[i+1], 10, 64)
				return used, pressure, err
			}
		}
	}
	return 0, 0, errors.New("wan: /proc/net/sockstat does not say how much memory TCP uses")
}

// shortOfMemory says in words if the kernel is short of memory for TCP, or was
// when a connection of the namespace it runs in wanted some; else nothing. Where
// the kernel does not tell, as in some containers, nothing is known.
func shortOfMemory() string {
	if netstat, err := os.ReadFile("/proc/thread-self/net/netstat"); err == nil {
		if times := parseMemoryPressures(string(netstat)); times > 0 {
			return fmt.Sprintf("the kernel ran short of memory for TCP (tcp_mem) %d times", times)
		}
	}
	used, pressure, err := tcpMemory()
	if err != nil || used < pressure {
		return ""
	}
	return fmt.Sprintf("the kernel is short of memory for TCP: %d pages of tcp_mem's %d are in use", used, pressure)
}

// parseMemoryPressures takes TCPMemoryPressures from /proc/net/netstat, where a
// line of names is followed by one of values. A new namespace counts from 0.
func parseMemoryPressures(netstat string) int64 {
	var names []string
	for line := range strings.Lines(netstat) {
		words := strings.Fields(line)
		if len(words) == 0 || words[0] != "TcpExt:" {
			continue
		}
		if names == nil {
			names = words
			continue
		}
		at := slices.Index(names, "TCPMemoryPressures")
		if at < 0 || at >= len(words) {
			return 0
		}
		times, err := strconv.ParseInt(words[at], 10, 64)
		if err != nil {
			return 0
		}
		return times
	}
	return 0
}
