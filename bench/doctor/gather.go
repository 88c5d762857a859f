package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Gather reads the facts of this host. remote is the path's other end: its
// interface counts; without a valid one that of the default route. It needs no
// privilege.
func Gather(remote netip.Addr) Facts {
	f := Facts{Sysctls: make(map[string]string), Cores: runtime.NumCPU(), PageSize: int64(os.Getpagesize())}
	for _, name := range wanted {
		text, err := os.ReadFile(filepath.Join("/proc/sys", strings.ReplaceAll(name, ".", "/")))
		if err != nil {
			if !errors.Is(err, fs.ErrNotExist) || !slices.Contains(mayLack, name) {
				f.unread("%s: %v", name, err)
			}
			continue
		}
		f.Sysctls[name] = strings.Join(strings.Fields(string(text)), " ")
	}
	// Virtual machines have no governor, and virtual interfaces no speed.
	f.Governor = firstLine("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
	var err error
	if f.Interface, err = outgoing(remote); err != nil {
		f.unread("the outgoing interface: %v", err)
	}
	if megabits, err := strconv.ParseInt(firstLine(filepath.Join("/sys/class/net", f.Interface.Name, "speed")), 10, 32); err == nil && megabits > 0 {
		f.Interface.Speed = megabits * 1e6
	}
	return f
}

func (f *Facts) unread(format string, args ...any) {
	f.Unread = append(f.Unread, fmt.Sprintf(format, args...))
}

func firstLine(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(string(text), "\n")
	return strings.TrimSpace(line)
}

// probes is the number of connections of which the fastest counts: what others
// take longer is not the path's.
const probes = 5

// MeasureRTT gives the time that TCP connections to an address take, the least
// of some, and where they went. It ends with ctx.
func MeasureRTT(ctx context.Context, address string) (time.Duration, netip.Addr, error) {
	remote, _, err := connect(ctx, address) // finds an address that answers
	if err != nil {
		return 0, netip.Addr{}, err
	}
	least := time.Duration(0)
	for range probes {
		_, took, err := connect(ctx, remote.String())
		if err != nil {
			return 0, netip.Addr{}, err
		}
		if least == 0 || took < least {
			least = took
		}
	}
	return max(least, time.Microsecond), remote.Addr().Unmap(), nil
}

func connect(ctx context.Context, address string) (netip.AddrPort, time.Duration, error) {
	var d net.Dialer
	began := time.Now()
	conn, err := d.DialContext(ctx, "tcp", address)
	took := time.Since(began)
	if err != nil {
		return netip.AddrPort{}, 0, fmt.Errorf("measure the round-trip time: %w", err)
	}
	defer conn.Close()
	return conn.RemoteAddr().(*net.TCPAddr).AddrPort(), took, nil
}
