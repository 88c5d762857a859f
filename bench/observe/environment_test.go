package observe

import (
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEnvironment(t *testing.T) {
	dir := t.TempDir()
	e, err := Environment("v1-2-g3", dir)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Environment("v1-2-g3", dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(e, again); diff != "" {
		t.Errorf("a second look says something else:\n%s", diff)
	}
	if e.Type != "environment" || len(e.ID) != 10 || e.Build != "v1-2-g3" || e.Cores < 1 || e.Go == "" || e.CPU == "" {
		t.Errorf("%+v", e)
	}
	if runtime.GOOS == "linux" && (e.Memory == 0 || e.Files == "" || e.Congestion == "" || e.Sysctls["net.ipv4.tcp_rmem"] == "") {
		t.Errorf("%+v", e)
	}
	again.Versions = map[string]string{"bbftp": "4.0"}
	if Identify(&again); again.ID == e.ID {
		t.Error("another environment has the same ID")
	}
	again.Versions = nil
	if Identify(&again); again.ID != e.ID {
		t.Error("the same environment has another ID")
	}
	if _, err := Environment("", dir+"/missing"); err == nil {
		t.Error("no directory, no error")
	}
}

func TestReadMachine(t *testing.T) {
	if got := osRelease("NAME=x\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n"); got != "Debian GNU/Linux 12 (bookworm)" {
		t.Errorf("system %q", got)
	}
	for text, want := range map[string]string{
		"processor\t: 0\nmodel\t\t: 85\nmodel name\t: Xeon @ 2.50GHz\n": "Xeon @ 2.50GHz",
		"processor : 0\n\nModel\t: Raspberry Pi 5\n":                    "Raspberry Pi 5",
		"": runtime.GOARCH,
	} {
		if got := cpuModel(text); got != want {
			t.Errorf("CPU %q, want %q", got, want)
		}
	}
	for text, want := range map[string]int64{"MemTotal:       4026532 kB\nMemFree: 1 kB\n": 4026532 << 10, "MemTotal: x": 0, "": 0} {
		if got := memory(text); got != want {
			t.Errorf("memory of %q: %d, want %d", text, got, want)
		}
	}
}
