package observe

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"bbftp/bench/trial"
)

// recorded are the settings of the kernel that decide how TCP behaves
// (tcp(7), socket(7), ip-sysctl of the kernel's documentation).
var recorded = []string{
	"net.core.default_qdisc",
	"net.core.netdev_max_backlog",
	"net.core.optmem_max",
	"net.core.rmem_default",
	"net.core.rmem_max",
	"net.core.somaxconn",
	"net.core.wmem_default",
	"net.core.wmem_max",
	"net.ipv4.tcp_adv_win_scale",
	"net.ipv4.tcp_autocorking",
	"net.ipv4.tcp_congestion_control",
	"net.ipv4.tcp_dsack",
	"net.ipv4.tcp_early_retrans",
	"net.ipv4.tcp_ecn",
	"net.ipv4.tcp_fastopen",
	"net.ipv4.tcp_frto",
	"net.ipv4.tcp_limit_output_bytes",
	"net.ipv4.tcp_mem",
	"net.ipv4.tcp_moderate_rcvbuf",
	"net.ipv4.tcp_mtu_probing",
	"net.ipv4.tcp_no_metrics_save",
	"net.ipv4.tcp_notsent_lowat",
	"net.ipv4.tcp_pacing_ca_ratio",
	"net.ipv4.tcp_pacing_ss_ratio",
	"net.ipv4.tcp_recovery",
	"net.ipv4.tcp_reordering",
	"net.ipv4.tcp_rmem",
	"net.ipv4.tcp_sack",
	"net.ipv4.tcp_slow_start_after_idle",
	"net.ipv4.tcp_timestamps",
	"net.ipv4.tcp_tso_win_divisor",
	"net.ipv4.tcp_window_scaling",
	"net.ipv4.tcp_wmem",
	"net.mptcp.enabled",
}

// Environment describes this machine. build is the commit of the program, files
// the directory of the payload. What cannot be read is empty; an error is one
// of files. Versions and Emulator are the caller's to fill in: Identify then
// gives the new ID.
func Environment(build, files string) (trial.Environment, error) {
	system, err := fileSystem(files)
	if err != nil {
		return trial.Environment{}, fmt.Errorf("find the file system of %s: %w", files, err)
	}
	e := trial.Environment{
		Type:       "environment",
		Kernel:     strings.TrimSpace(runtime.GOOS + " " + read("/proc/sys/kernel/osrelease") + " " + runtime.GOARCH),
		System:     osRelease(read("/etc/os-release")),
		CPU:        cpuModel(read("/proc/cpuinfo")),
		Cores:      runtime.NumCPU(),
		Memory:     memory(read("/proc/meminfo")),
		Build:      build,
		Go:         runtime.Version(),
		Congestion: sysctl("net.ipv4.tcp_congestion_control"),
		Available:  sysctl("net.ipv4.tcp_available_congestion_control"),
		Sysctls:    make(map[string]string),
		Files:      system,
	}
	for _, name := range recorded {
		if value := sysctl(name); value != "" {
			e.Sysctls[name] = value
		}
	}
	Identify(&e)
	return e, nil
}

// Identify sets the ID from everything else: equal environments have equal
// ones.
func Identify(e *trial.Environment) {
	e.ID = ""
	text, err := json.Marshal(e) // maps in order of their keys
	if err != nil {
		panic("observe: an environment of strings and numbers: " + err.Error())
	}
	sum := sha256.Sum256(text)
	e.ID = hex.EncodeToString(sum[:5])
}

// read gives a file's text without the white space around it, "" if there is none.
func read(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

func sysctl(name string) string {
	value := read(filepath.Join("/proc/sys", strings.ReplaceAll(name, ".", "/")))
	return strings.Join(strings.Fields(value), " ")
}

// osRelease is the name of the distribution (os-release(5)).
func osRelease(text string) string {
	for line := range strings.Lines(text) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), "PRETTY_NAME="); ok {
			return strings.Trim(value, `"'`)
		}
	}
	return ""
}

// cpuModel is what proc(5) calls the model; architectures differ in the word.
func cpuModel(text string) string {
	for _, key := range []string{"model name", "Model", "cpu model", "cpu"} {
		for line := range strings.Lines(text) {
			name, value, ok := strings.Cut(line, ":")
			if ok && strings.TrimSpace(name) == key {
				return strings.TrimSpace(value)
			}
		}
	}
	return runtime.GOARCH
}

// memory is the total in bytes; 0 if it is not said.
func memory(text string) int64 {
	for line := range strings.Lines(text) {
		if value, ok := strings.CutPrefix(line, "MemTotal:"); ok {
			n, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 54)
			if err == nil {
				return n << 10
			}
		}
	}
	return 0
}
