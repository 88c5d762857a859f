package peer

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"bbftp/bench/trial"
)

// common refuses the cells that no peer can do.
func common(c trial.Cell) error {
	switch {
	case c.Direction != trial.Put && c.Direction != trial.Get:
		return fmt.Errorf("direction %q: want %s or %s", c.Direction, trial.Put, trial.Get)
	case c.Streams < 1:
		return fmt.Errorf("%d streams: want at least 1", c.Streams)
	case c.Window < 0:
		return fmt.Errorf("a window of %d bytes: want 0 (the kernel's choice) or more", c.Window)
	case c.Congestion != "" && c.Path != trial.Emulated:
		return fmt.Errorf("congestion control %s: only an emulated path has the same one for every peer", c.Congestion)
	}
	return nil
}

// single refuses what a plain copy over one connection can't do.
func single(name string, c trial.Cell) error {
	if err := common(c); err != nil {
		return err
	}
	switch {
	case c.Version != 0:
		return fmt.Errorf("%s does not speak bbftp's protocol", name)
	case c.Streams > 1:
		return fmt.Errorf("%s has one stream, not %d", name, c.Streams)
	case c.Files > 0:
		return fmt.Errorf("%s is measured with one file, not %d", name, c.Files)
	case c.Window != 0:
		return fmt.Errorf("%s leaves windows to the kernel", name)
	case c.Path == trial.Network:
		return fmt.Errorf("%s needs a server of its own at the other end", name)
	}
	return nil
}

// kib is a window in the unit of bbftp's commands, rounded up.
func kib(bytes int64) int64 { return (bytes + 1023) / 1024 }

// capped says whether the kernel cuts a window asked for by a process without
// privileges, "" if not.
func capped(window int64) string {
	for _, limit := range []string{"rmem_max", "wmem_max"} {
		text, err := os.ReadFile("/proc/sys/net/core/" + limit)
		if err != nil {
			return "" // not Linux
		}
		most, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
		if err == nil && most < window {
			return fmt.Sprintf("window: %d bytes asked for, the kernel grants %d (net.core.%s)", window, most, limit)
		}
	}
	return ""
}
