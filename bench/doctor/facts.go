package doctor

import (
	"strconv"
	"strings"
)

// Facts are what could be read of a host. What could not is zero, and Unread
// says why.
type Facts struct {
	Sysctls   map[string]string `json:"sysctls"`
	Interface Interface         `json:"interface"`
	Cores     int               `json:"cores"`
	Governor  string            `json:"governor,omitempty"` // of CPU frequency
	PageSize  int64             `json:"page_size"`
	// Disk is nil if it was not measured.
	Disk   *Disk    `json:"disk,omitempty"`
	Unread []string `json:"unread,omitempty"`
}

// Interface is the one that packets to the path's other end leave by.
type Interface struct {
	Name     string `json:"name,omitempty"`
	MTU      int    `json:"mtu,omitempty"`
	Qdisc    string `json:"qdisc,omitempty"`  // of its root; with several queues, that of the first
	Queues   bool   `json:"queues,omitempty"` // it has several, under mq
	Speed    int64  `json:"speed_bps,omitempty"`
	Loopback bool   `json:"loopback,omitempty"`
}

// Disk is the speed of one sequential file.
type Disk struct {
	Dir   string  `json:"dir"`
	Write float64 `json:"write_bytes_per_s"` // until it is on the medium
	Read  float64 `json:"read_bytes_per_s"`
	// Cached says that reading could not be kept from the page cache: Read is
	// the memory's speed.
	Cached bool `json:"cached,omitempty"`
}

// mayLack are those of the wanted settings that not every kernel has.
var mayLack = []string{thresholdName, "net.mptcp.enabled"}

// wanted are the settings that the checks look at.
var wanted = []string{
	"net.core.default_qdisc",
	"net.core.rmem_max",
	"net.core.wmem_max",
	"net.ipv4.tcp_available_congestion_control",
	"net.ipv4.tcp_congestion_control",
	"net.ipv4.tcp_mem",
	"net.ipv4.tcp_moderate_rcvbuf",
	"net.ipv4.tcp_no_metrics_save",
	thresholdName,
	"net.ipv4.tcp_rmem",
	"net.ipv4.tcp_sack",
	"net.ipv4.tcp_timestamps",
	"net.ipv4.tcp_window_scaling",
	"net.ipv4.tcp_wmem",
	"net.mptcp.enabled",
}

// number is the i-th of a setting's values.
func (f Facts) number(name string, i int) (int64, bool) {
	values := strings.Fields(f.Sysctls[name])
	if i >= len(values) {
		return 0, false
	}
	n, err := strconv.ParseInt(values[i], 10, 64)
	return n, err == nil
}
