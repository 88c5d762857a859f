package wan

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Where /proc shows the sysctls of the reading thread's namespace.
const (
	sysctlIPv4 = "/proc/sys/net/ipv4"
	sysctlIPv6 = "/proc/sys/net/ipv6/conf"
)

// reported are the settings read back: those tune sets, and others that decide
// a transfer's speed. A kernel that lacks one, or hides it here, leaves it out.
var reported = []string{
	sysctlIPv4 + "/tcp_rmem",
	sysctlIPv4 + "/tcp_wmem",
	sysctlIPv4 + "/tcp_congestion_control",
	sysctlIPv4 + "/tcp_no_metrics_save",
	sysctlIPv4 + "/tcp_slow_start_after_idle",
	sysctlIPv4 + "/tcp_window_scaling",
	sysctlIPv4 + "/tcp_timestamps",
	sysctlIPv4 + "/tcp_sack",
	sysctlIPv4 + "/tcp_ecn",
	sysctlIPv4 + "/tcp_moderate_rcvbuf",
	"/proc/sys/net/core/rmem_max",
	"/proc/sys/net/core/wmem_max",
}

// tune sets what a namespace has of its own, so that neither the buffers'
// maxima nor the connections before are the hidden limit. It runs on the
// host's thread, when the host has its device.
func (h *Host) tune(c Config) error {
	buffer := c.bufferMax()
	for _, name := range []string{"tcp_rmem", "tcp_wmem"} {
		if err := raiseMax(path.Join(sysctlIPv4, name), buffer); err != nil {
			return err
		}
	}
	if err := writeSetting(sysctlIPv4+"/tcp_no_metrics_save", "1"); err != nil {
		return err
	}
	if c.Congestion != "" {
		if err := h.chooseCongestion(c.Congestion); err != nil {
			return err
		}
	}
	h.settings = readSettings()
	if c.Congestion != "" {
		h.settings["tcp_congestion_control"] = c.Congestion // the route's
	}
	return nil
}

// raiseMax keeps the minimum and the start of a buffer's size, and a larger
// maximum.
func raiseMax(file string, size int64) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("wan: read a setting: %w", err)
	}
	sizes := strings.Fields(string(text))
	if len(sizes) != 3 {
		return fmt.Errorf("wan: read %s: %q is not three sizes", file, text)
	}
	largest, err := strconv.ParseInt(sizes[2], 10, 64)
	if err != nil {
		return fmt.Errorf("wan: read %s: %w", file, err)
	}
	sizes[2] = strconv.FormatInt(max(largest, size), 10)
	return writeSetting(file, strings.Join(sizes, " "))
}

// chooseCongestion sets the algorithm of all connections over the path, also
// those of a program that chose another before it connected: the route says
// it. The sysctl alone would not do: only the system's own namespace may name
// an algorithm there that tcp_allowed_congestion_control does not.
func (h *Host) chooseCongestion(name string) error {
	// The sysctl tells an unknown algorithm from every other mistake.
	err := writeSetting(sysctlIPv4+"/tcp_congestion_control", name)
	switch {
	case errors.Is(err, unix.ENOENT):
		available, _ := os.ReadFile(sysctlIPv4 + "/tcp_available_congestion_control")
		return fmt.Errorf("wan: no congestion control %q; there are: %s", name, strings.TrimSpace(string(available)))
	case err != nil && !errors.Is(err, unix.EPERM):
		return err
	}
	return h.routeBy(name)
}

// routeBy gives the route to the other host a congestion control.
func (h *Host) routeBy(congestion string) error {
	wan, err := h.routes.LinkByName(deviceName)
	if err != nil {
		return fmt.Errorf("wan: find device %s: %w", deviceName, err)
	}
	err = h.routes.RouteReplace(&netlink.Route{
		LinkIndex: wan.Attrs().Index, Scope: netlink.SCOPE_LINK, Protocol: unix.RTPROT_KERNEL,
		Dst: network(h.peer), Src: h.addr.AsSlice(), Congctl: congestion,
	})
	if err != nil {
		return fmt.Errorf("wan: set congestion control %q of the path: %w", congestion, err)
	}
	return nil
}

// The bounds of a socket buffer's maximum, in bytes.
const (
	leastBuffer = 64 << 20
	mostBuffer  = 1<<31 - 1 // what the kernel takes
)

// bufferMax is three times what the path can hold, in flight and in its queue.
// It is only a limit: sockets grow as they need, and tcp_mem bounds them all.
func (c Config) bufferMax() int64 {
	rtt := c.Forward.Delay + c.Forward.Jitter + c.Back.Delay + c.Back.Jitter
	return max(c.Forward.bufferMax(rtt), c.Back.bufferMax(rtt))
}

func (d Direction) bufferMax(rtt time.Duration) int64 {
	rate, queue := d.Rate, d.Queue
	if rate == 0 {
		rate, queue = unlimitedRate, 0
	} else if queue == 0 {
		queue = DefaultQueue(rate, rtt)
	}
	flight := float64(rate)/8*rtt.Seconds() + float64(queue)
	return int64(min(max(3*flight, leastBuffer), mostBuffer))
}

// readSettings runs on the host's thread.
func readSettings() map[string]string {
	settings := map[string]string{}
	for _, file := range reported {
		if text, err := os.ReadFile(file); err == nil {
			settings[path.Base(file)] = strings.Join(strings.Fields(string(text)), " ")
		}
	}
	return settings
}

// withoutIPv6 keeps the packets away that IPv6 sends by itself, from a device
// or from all that come ("default"). It runs on a thread of the namespace.
func withoutIPv6(device string) error {
	err := writeSetting(path.Join(sysctlIPv6, device, "disable_ipv6"), "1")
	if errors.Is(err, fs.ErrNotExist) {
		return nil // the kernel has none
	}
	return err
}

func writeSetting(file, value string) error {
	err := os.WriteFile(file, []byte(value), 0)
	if errors.Is(err, unix.EROFS) {
		return fmt.Errorf("wan: set %s to %q: %w (in a container, run isolated: that gives a /proc of its own)", file, value, err)
	}
	if err != nil {
		return fmt.Errorf("wan: set %s to %q: %w", file, value, err)
	}
	return nil
}
