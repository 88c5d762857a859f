package doctor

import (
	"bytes"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// good is a host that fills its path.
func good() Facts {
	return Facts{
		Sysctls: map[string]string{
			"net.core.default_qdisc": "fq", "net.core.rmem_max": "67108864", "net.core.wmem_max": "67108864",
			"net.ipv4.tcp_available_congestion_control": "reno cubic bbr", "net.ipv4.tcp_congestion_control": "bbr",
			"net.ipv4.tcp_mem": "287901 383869 575802", "net.ipv4.tcp_moderate_rcvbuf": "1", "net.ipv4.tcp_no_metrics_save": "1",
			"net.ipv4.tcp_rmem": "4096 131072 67108864", "net.ipv4.tcp_wmem": "4096 16384 67108864",
			"net.ipv4.tcp_sack": "1", "net.ipv4.tcp_timestamps": "1", "net.ipv4.tcp_window_scaling": "1", "net.mptcp.enabled": "1",
		},
		Interface: Interface{Name: "eth0", MTU: 1500, Qdisc: "fq", Speed: 10e9},
		Cores:     8, PageSize: 4096, Governor: "performance",
		Disk: &Disk{Dir: "/data", Write: 1e9, Read: 2e9},
	}
}

// bad is one that wants every line there is.
func bad() Facts {
	f := good()
	for name, value := range map[string]string{
		"net.core.default_qdisc": "pfifo_fast", "net.core.rmem_max": "4096", "net.core.wmem_max": "4096",
		"net.ipv4.tcp_available_congestion_control": "reno", "net.ipv4.tcp_congestion_control": "reno",
		"net.ipv4.tcp_mem": "10 20 30", "net.ipv4.tcp_moderate_rcvbuf": "0", "net.ipv4.tcp_no_metrics_save": "0",
		"net.ipv4.tcp_rmem": "4096 4096 4096", "net.ipv4.tcp_wmem": "4096 4096 4096",
		"net.ipv4.tcp_sack": "0", "net.ipv4.tcp_timestamps": "0", "net.ipv4.tcp_window_scaling": "0",
	} {
		f.Sysctls[name] = value
	}
	f.Interface = Interface{Name: "eth0", MTU: 1400, Qdisc: "pfifo_fast", Speed: 1e6}
	f.Disk = &Disk{Dir: "/data", Write: 1, Read: 1}
	return f
}

var gigabit = Path{RTT: 100 * time.Millisecond, Rate: 1e9}

func TestExamine(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*Facts)
		path   Path
		check  string
		state  State
		set    string // the line
		text   string // part of it
	}{
		{name: "all is well", check: "receive buffer", state: OK, text: "64 MiB"},
		{
			name: "receive buffer", change: sysctl("net.ipv4.tcp_rmem", "4096 131072 6291456"), check: "receive buffer", state: Limit,
			set: "net.ipv4.tcp_rmem = 4096 131072 37748736", text: "one stream reaches 252 Mbit/s over 100ms, 4 streams",
		},
		{
			name: "send buffer", change: sysctl("net.ipv4.tcp_wmem", "4096 16384 4194304"), check: "send buffer", state: Limit,
			set: "net.ipv4.tcp_wmem = 4096 16384 37748736",
		},
		{name: "send buffer unreadable", change: sysctl("net.ipv4.tcp_wmem", ""), check: "send buffer", state: Unknown},
		{name: "buffer that is no number", change: sysctl("net.ipv4.tcp_rmem", "4096 131072 x"), check: "receive buffer", state: Unknown},
		{name: "buffer of nothing", change: sysctl("net.ipv4.tcp_rmem", "0 0 0"), check: "receive buffer", state: Limit, set: "net.ipv4.tcp_rmem = 4096 131072 37748736"},
		{
			name: "window by option", change: sysctl("net.core.rmem_max", "212992"), check: "receive window by option", state: Hint,
			set: "net.core.rmem_max = 37748736",
		},
		{name: "no autotuning", change: sysctl("net.ipv4.tcp_moderate_rcvbuf", "0"), check: "autotuning", state: Limit, set: "net.ipv4.tcp_moderate_rcvbuf = 1"},
		{name: "no scaling", change: sysctl("net.ipv4.tcp_window_scaling", "0"), check: "window scaling", state: Limit, set: "net.ipv4.tcp_window_scaling = 1"},
		{
			name: "no scaling on a small path", change: sysctl("net.ipv4.tcp_window_scaling", "0"), path: Path{time.Millisecond, 1e8},
			check: "window scaling", state: Hint, set: "net.ipv4.tcp_window_scaling = 1",
		},
		{name: "no timestamps", change: sysctl("net.ipv4.tcp_timestamps", "0"), check: "timestamps", state: Limit, set: "net.ipv4.tcp_timestamps = 1"},
		{
			name: "no timestamps, slowly", change: sysctl("net.ipv4.tcp_timestamps", "0"), path: Path{time.Second, 1e8},
			check: "timestamps", state: Hint, set: "net.ipv4.tcp_timestamps = 1",
		},
		{name: "no sack", change: sysctl("net.ipv4.tcp_sack", "0"), check: "selective acknowledgement", state: Limit, set: "net.ipv4.tcp_sack = 1"},
		{name: "little memory", change: sysctl("net.ipv4.tcp_mem", "1000 2000 3000"), check: "memory for TCP", state: Limit, text: "7.81 MiB"},
		{name: "cubic", change: sysctl("net.ipv4.tcp_congestion_control", "cubic"), check: "congestion control", state: Hint},
		{
			name: "reno", change: sysctl("net.ipv4.tcp_congestion_control", "reno"), check: "congestion control", state: Limit,
			set: "net.ipv4.tcp_congestion_control = bbr", text: "after 7.19 min",
		},
		{
			name: "reno nearby", change: sysctl("net.ipv4.tcp_congestion_control", "reno"), path: Path{time.Millisecond, 1e9},
			check: "congestion control", state: Hint, set: "net.ipv4.tcp_congestion_control = bbr",
		},
		{
			name: "bbr not loaded", check: "congestion control", state: Hint, set: "net.ipv4.tcp_congestion_control = bbr", text: "modprobe tcp_bbr",
			change: func(f *Facts) {
				f.Sysctls[algorithmName], f.Sysctls[availableName] = "vegas", "reno vegas"
			},
		},
		{name: "metrics kept", change: sysctl("net.ipv4.tcp_no_metrics_save", "0"), check: "metrics of past connections", state: Hint, set: "net.ipv4.tcp_no_metrics_save = 1"},
		{
			name: "no fq", change: func(f *Facts) { f.Interface.Qdisc, f.Sysctls["net.core.default_qdisc"] = "fq_codel", "fq_codel" },
			check: "queueing discipline", state: Hint, set: "net.core.default_qdisc = fq",
		},
		{
			name: "a metric that does no harm", change: func(f *Facts) {
				f.Sysctls["net.ipv4.tcp_no_metrics_save"], f.Sysctls[thresholdName] = "0", "1"
			},
			check: "metrics of past connections", state: OK, text: "not the threshold",
		},
		{name: "H-TCP", change: sysctl("net.ipv4.tcp_congestion_control", "htcp"), check: "congestion control", state: OK, text: "made for long fat paths"},
		{
			name: "first size of the host's own", change: sysctl("net.ipv4.tcp_wmem", "8192 65536 4194304"), check: "send buffer", state: Limit,
			set: "net.ipv4.tcp_wmem = 8192 65536 37748736",
		},
		{name: "fq is the default only", change: func(f *Facts) { f.Interface.Qdisc = "pfifo_fast" }, check: "queueing discipline", state: Hint},
		{name: "qdisc unreadable", change: func(f *Facts) { f.Interface.Qdisc = "" }, check: "queueing discipline", state: Unknown},
		{name: "tunnel", change: func(f *Facts) { f.Interface.MTU = 1400 }, check: "MTU", state: Hint, text: "1400"},
		{name: "jumbo", path: Path{time.Millisecond, 1e10}, check: "MTU", state: Hint, text: "9000"},
		{name: "MTU unreadable", change: func(f *Facts) { f.Interface.MTU = 0 }, check: "MTU", state: Unknown},
		{name: "slow interface", change: func(f *Facts) { f.Interface.Speed = 1e8 }, check: "interface", state: Limit, text: "100 Mbit/s"},
		{name: "MPTCP", check: "MPTCP", state: OK, text: "on;"},
		{name: "no MPTCP", change: sysctl("net.mptcp.enabled", ""), check: "MPTCP", state: OK, text: "not in this kernel"},
		{name: "MPTCP off", change: sysctl("net.mptcp.enabled", "0"), check: "MPTCP", state: OK, text: "off;"},
		{name: "one core", change: func(f *Facts) { f.Cores = 1 }, path: Path{time.Millisecond, 1e10}, check: "processor", state: Hint},
		{name: "governor", change: func(f *Facts) { f.Governor = "schedutil" }, path: Path{time.Millisecond, 1e10}, check: "processor", state: Hint},
		{name: "cores unknown", change: func(f *Facts) { f.Cores = 0 }, check: "processor", state: Unknown},
		{name: "disk", check: "disk", state: OK, text: "writes 8 Gbit/s, reads 16 Gbit/s"},
		{name: "slow writes", change: func(f *Facts) { f.Disk.Write = 1e7 }, check: "disk", state: Limit, text: "receives"},
		{name: "slow reads", change: func(f *Facts) { f.Disk.Read = 1e7 }, check: "disk", state: Limit, text: "sends"},
		{name: "slow disk", change: func(f *Facts) { f.Disk = &Disk{Read: 1, Write: 1, Cached: true} }, check: "disk", state: Limit, text: "both"},
	} {
		f, path := good(), gigabit
		if tt.change != nil {
			tt.change(&f)
		}
		if tt.path.Rate > 0 {
			path = tt.path
		}
		findings := Examine(f, path)
		i := slices.IndexFunc(findings, func(x Finding) bool { return x.Check == tt.check })
		if i < 0 {
			t.Errorf("%s: no finding on %s", tt.name, tt.check)
			continue
		}
		got := findings[i]
		set := ""
		if len(got.Set) > 0 {
			set = got.Set[0].String()
		}
		if got.State != tt.state || set != tt.set || !strings.Contains(got.Text, tt.text) {
			t.Errorf("%s: %s, %q, line %q; want %s, line %q and %q", tt.name, got.State, got.Text, set, tt.state, tt.set, tt.text)
		}
	}
	if limits := Limits(Examine(good(), gigabit)); len(limits) > 0 {
		t.Errorf("a good host is limited by %q", limits)
	}
}

func sysctl(name, value string) func(*Facts) {
	return func(f *Facts) {
		f.Sysctls[name] = value
		if value == "" {
			delete(f.Sysctls, name)
		}
	}
}

// TestLoopback has no interface to judge, and nothing that was read no verdict.
func TestLoopback(t *testing.T) {
	f := good()
	f.Interface = Interface{Name: "lo", MTU: 65536, Loopback: true}
	f.Disk = nil
	for _, finding := range Examine(f, gigabit) {
		if slices.Contains([]string{"MTU", "queueing discipline", "interface", "disk"}, finding.Check) {
			t.Errorf("%+v", finding)
		}
	}
	if limits := Limits(Examine(Facts{}, gigabit)); len(limits) > 0 {
		t.Errorf("an unread host is limited by %q", limits)
	}
}

// TestScript compares the lines of the script with what a host gets told that
// has nothing right.
func TestScript(t *testing.T) {
	for _, tt := range []struct {
		rtt, rate string
		path      Path
	}{
		{"100ms", "1gbit", gigabit},
		{"1ms", "100mbit", Path{time.Millisecond, 1e8}},
		{"250us", "40gbit", Path{250 * time.Microsecond, 4e10}},
		{"1s", "64kbit", Path{time.Second, 64e3}},
		{"10s", "1000gbit", Path{10 * time.Second, 1e12}},
	} {
		f := bad()
		var want strings.Builder
		for _, s := range Settings(Examine(f, tt.path)) {
			fmt.Fprintln(&want, s)
		}
		out, err := exec.Command("sh", "../../scripts/tune-host.sh", "--congestion", "bbr", tt.rtt, tt.rate).Output()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want.String(), string(out)); diff != "" {
			t.Errorf("%s %s: doctor (-) and script (+) differ:\n%s", tt.rtt, tt.rate, diff)
		}
	}
}

func TestScriptRefuses(t *testing.T) {
	for _, args := range [][]string{
		{},
		{"100ms"},
		{"100ms", "1gbit", "more"},
		{"0ms", "1gbit"},
		{"100", "1gbit"},
		{"100ms", "gbit"},
		{"11s", "1gbit"},
		{"100ms", "1001gbit"},
		{"99999999999ms", "1gbit"},
		{"-1ms", "1gbit"},
		{"--congestion", "bbr; reboot", "100ms", "1gbit"},
		{"--nonsense", "100ms", "1gbit"},
	} {
		var stdout, stderr bytes.Buffer
		cmd := exec.Command("sh", append([]string{"../../scripts/tune-host.sh"}, args...)...)
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		if err := cmd.Run(); err == nil || stdout.Len() > 0 || strings.Count(stderr.String(), "\n") != 1 {
			t.Errorf("%q: %v, stdout %q, stderr %q", args, err, &stdout, &stderr)
		}
	}
}

func TestValidate(t *testing.T) {
	for _, bad := range []Path{{}, {RTT: -1, Rate: 1e9}, {RTT: time.Minute, Rate: 1e9}, {RTT: time.Second, Rate: 2e12}, {RTT: time.Second}} {
		if bad.Validate() == nil {
			t.Errorf("%+v is valid", bad)
		}
	}
	if err := gigabit.Validate(); err != nil {
		t.Error(err)
	}
	if most := (Path{MaxRTT, MaxRate}); most.Validate() != nil || most.BDP() != 1.25e12 {
		t.Errorf("largest BDP %d", most.BDP())
	}
}

func TestText(t *testing.T) {
	var b bytes.Buffer
	f := bad()
	f.Unread = []string{"net.core.x: permission denied"}
	if err := Text(&b, gigabit, f, Examine(f, gigabit)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"the BDP is 11.9 MiB", "limit    receive buffer: ", "unknown  net.core.x: permission denied",
		"  net.ipv4.tcp_rmem = 4096 131072 37748736\n", "  tc qdisc replace dev eth0 root fq\n", "This limits the path: receive buffer, ",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, &b)
		}
	}
	b.Reset()
	f = good()
	if err := Text(&b, gigabit, f, Examine(f, gigabit)); err != nil || !strings.HasSuffix(b.String(), "Nothing found limits the path.\n") {
		t.Errorf("%v\n%s", err, &b)
	}
}

func TestFigures(t *testing.T) {
	for got, want := range map[string]string{
		size(0): "0 bytes", size(4096): "4 KiB", size(12500000): "11.9 MiB", size(1 << 50): "1024 TiB",
		bits(1e9): "1 Gbit/s", bits(252e6): "252 Mbit/s", bits(1e15): "1000 Tbit/s", bits(0): "0 bit/s",
		seconds(1.5): "1.5 s", seconds(100): "100 s", seconds(431): "7.18 min",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
