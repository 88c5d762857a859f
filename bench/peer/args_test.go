package peer

import (
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bbftp/bench/trial"
)

var (
	here  = netip.MustParseAddrPort("10.0.0.2:4242")
	there = login{host: "10.0.0.2", port: 4242, user: account, passwordFile: "/trial/password"}
)

func TestArguments(t *testing.T) {
	ssh := sshCopy{programs: sshPrograms{scp: "/bin/scp", ssh: "/bin/ssh"}, keys: "/trial", at: here}
	files := &stage{from: "/data", names: []string{"payload"}, served: "/served", here: "/data"}
	many := &stage{from: "/data", names: []string{"a", "b"}}
	put, get := trial.Cell{Direction: trial.Put, Streams: 1}, trial.Cell{Direction: trial.Get, Streams: 1}
	with := func(c trial.Cell, set func(*trial.Cell)) trial.Cell {
		set(&c)
		return c
	}
	said := func(commands []string) []string { return []string{"-e", strings.Join(commands, ";")} }
	ours := func(c trial.Cell) []string { return clientArgs(c, there, said(script(c, "a"))) }
	theirs := func(l *legacy, c trial.Cell) []string { return l.args(c, there, said(l.script(c, "f"))) }
	const (
		own        = "-R none -r 1 --json -W -u bench --password-file /trial/password -w 4242 --protocol "
		plain      = "--json --tries 1 --user bench --password-file /trial/password --port 4242 --protocol "
		legacyArgs = "-R none -r 1 -V -W -u bench -w 4242 -p "
		ssh2       = "-q -B -F none -S /bin/ssh -i /trial/user-key -P 4242 -o IdentitiesOnly=yes -o IdentityAgent=none " +
			"-o StrictHostKeyChecking=yes -o UserKnownHostsFile=/trial/known-hosts "
	)
	for _, tt := range []struct {
		name string
		got  []string
		want string // words; commands of bbftp have blanks, and stand in brackets
	}{
		{"bbftp put", ours(with(put, func(c *trial.Cell) { c.Version = 1 })), own + "1 -p 1 -e [put a a] 10.0.0.2"},
		{
			"bbftp get", ours(with(get, func(c *trial.Cell) { c.Version, c.Streams, c.Window, c.Compressed = 3, 25, 4<<20, true })),
			own + "3 -p 25 -c -e [setsendwinsize 4096;setrecvwinsize 4096;get a a] 10.0.0.2",
		},
		{
			"bbftp with the window that legacy programs always ask for", ours(with(put, func(c *trial.Cell) { c.Version, c.Window = 2, 256<<10 })),
			own + "2 -p 1 -e [setsendwinsize 257;setrecvwinsize 257;put a a] 10.0.0.2",
		},
		{"bbftp over another name", clientArgs(with(get, func(c *trial.Cell) { c.Version, c.Window = 3, 1<<20 }), there, say(with(get, func(c *trial.Cell) { c.Window = 1 << 20 }), "x", "y")), own + "3 -p 1 -e [setsendwinsize 1024;setrecvwinsize 1024;get x y] 10.0.0.2"},
		{"bbftp-auto put", plainArgs(with(put, func(c *trial.Cell) { c.Version, c.Streams = 3, 0 }), there, files), "put " + plain + "3 payload 10.0.0.2:payload"},
		{"bbftp-auto get", plainArgs(with(get, func(c *trial.Cell) { c.Version, c.Compressed = 1, true }), there, files), "get " + plain + "1 --compress 10.0.0.2:payload payload"},
		{"bbftp-auto put of many", plainArgs(with(put, func(c *trial.Cell) { c.Version, c.Files = 3, 2 }), there, many), "put " + plain + "3 a b 10.0.0.2:./"},
		{"bbftp-auto get of many", plainArgs(with(get, func(c *trial.Cell) { c.Version, c.Files = 3, 2 }), there, many), "get " + plain + "3 10.0.0.2:a 10.0.0.2:b ."},
		{"bbftpd", daemonArgs("/trial/users", "10.0.0.2", 4), "--users /trial/users --bind 10.0.0.2 -w 0 --log-format json -R none -m 4"},
		{"bbftpd for a client that chooses", servingArgs(0), "-w 0 --log-format json -R none"},
		{"socat", socatArgs("OPEN:f", "TCP:h:1"), "-u -d -d -b 1048576 OPEN:f TCP:h:1"},
		{"legacy", theirs(&legacy{}, with(put, func(c *trial.Cell) { c.Version = 3 })), legacyArgs + "1 -e [put f f] 10.0.0.2"},
		{
			"legacy, version 2", theirs(&legacy{}, with(get, func(c *trial.Cell) { c.Version, c.Streams, c.Compressed = 2, 4, true })),
			legacyArgs + "4 -D -c -e [get f f] 10.0.0.2",
		},
		{
			"legacy, tuned", theirs(&legacy{tuned: true}, with(put, func(c *trial.Cell) { c.Version, c.Streams, c.Rate, c.RTT = 3, 2, 1e9, 0.1 })),
			legacyArgs + "2 -e [setsendwinsize 12208;setrecvwinsize 12208;put f f] 10.0.0.2",
		},
		{"legacy server", legacyServerArgs(7), "-R none -m 7"},
		{"iperf3 put", iperf3ClientArgs(put, here, 1000), "-c 10.0.0.2 -p 4242 -J -i 0 -n 1000 -P 1"},
		{
			"iperf3 get", iperf3ClientArgs(with(get, func(c *trial.Cell) { c.Streams, c.Window, c.Congestion = 8, 1<<20, "bbr" }), here, 1000),
			"-c 10.0.0.2 -p 4242 -J -i 0 -n 1000 -P 8 -R -w 1048576 -C bbr",
		},
		{"iperf3 server", iperf3ServerArgs(here), "-s -B 10.0.0.2 -p 4242 --forceflush"},
		{"curl put", curlArgs(put, here.String(), "f"), "-q --silent --show-error --fail --noproxy * --upload-file f http://10.0.0.2:4242/f"},
		{"curl get", curlArgs(get, here.String(), "f"), "-q --silent --show-error --fail --noproxy * --output f http://10.0.0.2:4242/f"},
		{"rsync put", rsyncArgs(put, here, "f"), "--whole-file f rsync://10.0.0.2:4242/bench/f"},
		{"rsync get", rsyncArgs(with(get, func(c *trial.Cell) { c.Compressed = true }), here, "f"), "--whole-file --compress rsync://10.0.0.2:4242/bench/f f"},
		{"rsync daemon", rsyncDaemonArgs("/trial/conf"), "--daemon --config=/trial/conf"},
		{"scp put", ssh.args(put, files), ssh2 + "payload bench@10.0.0.2:/served/payload"},
		{"scp get", ssh.args(with(get, func(c *trial.Cell) { c.Compressed = true }), files), ssh2 + "-C bench@10.0.0.2:/served/payload payload"},
	} {
		var words []string
		for _, w := range tt.got {
			if strings.Contains(w, " ") {
				w = "[" + w + "]"
			}
			words = append(words, w)
		}
		if diff := cmp.Diff(tt.want, strings.Join(words, " ")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestSupports(t *testing.T) {
	cell := trial.Cell{Version: 3, Direction: trial.Put, Streams: 4, Path: trial.Emulated, Rate: 1e9, RTT: 0.1}
	for _, tt := range []struct {
		peer    string
		change  func(c *trial.Cell)
		refused string // "": not
	}{
		{BBFTP, func(c *trial.Cell) { c.Version, c.Streams = 1, 10 }, ""},
		{BBFTP, func(c *trial.Cell) { c.Version, c.Streams = 1, 11 }, "at most 10 streams"},
		{BBFTP, func(c *trial.Cell) { c.Streams = 1001 }, "at most 1000"},
		{BBFTP, func(c *trial.Cell) { c.Version = 0 }, "version 0"},
		{BBFTP, func(c *trial.Cell) { c.Version = 4 }, "version 4"},
		{BBFTP, func(c *trial.Cell) { c.Streams = 0 }, "0 streams"},
		{BBFTP, func(c *trial.Cell) { c.Direction = "" }, "direction"},
		{BBFTP, func(c *trial.Cell) { c.Window = -1 }, "window of -1"},
		{BBFTP, func(c *trial.Cell) { c.Window = 2 << 30 }, "at most"},
		{BBFTP, func(c *trial.Cell) { c.Congestion = "bbr" }, ""},
		{BBFTP, func(c *trial.Cell) { c.Congestion, c.Path = "bbr", trial.Loopback }, "emulated path"},
		{BBFTP, func(c *trial.Cell) { c.Path = trial.Network }, "running bbftpd"},
		{Legacy, func(*trial.Cell) {}, ""},
		{Legacy, func(c *trial.Cell) { c.Version = 1 }, "versions 2 and 3"},
		{Legacy, func(c *trial.Cell) { c.Window = 1 << 20 }, LegacyTuned},
		{Legacy, func(c *trial.Cell) { c.Path = trial.Network }, "one machine"},
		{LegacyTuned, func(*trial.Cell) {}, ""},
		{LegacyTuned, func(c *trial.Cell) { c.Window, c.Rate = 1<<20, 0 }, ""},
		{LegacyTuned, func(c *trial.Cell) { c.Rate = 0 }, "size windows"},
		{BBFTPAuto, func(c *trial.Cell) { c.Streams = 0 }, ""},
		{BBFTPAuto, func(*trial.Cell) {}, "chooses streams"},
		{BBFTPCopy, func(c *trial.Cell) { c.Path = trial.Loopback }, ""},
		{BBFTPCopy, func(*trial.Cell) {}, "loopback"},
		{BBFTPLegacy, func(*trial.Cell) {}, ""},
		{BBFTPLegacy, func(c *trial.Cell) { c.Version = 1 }, "versions 2 and 3"},
		{BBFTP, func(c *trial.Cell) { c.Files = 100 }, ""},
		{Legacy, func(c *trial.Cell) { c.Files = 100 }, ""},
		{Socat, func(c *trial.Cell) { c.Version, c.Streams = 0, 1 }, ""},
		{Socat, func(c *trial.Cell) { c.Version, c.Streams, c.Compressed = 0, 1, true }, "compress"},
		{Socat, func(c *trial.Cell) { c.Version, c.Streams, c.Files = 0, 1, 2 }, "one file"},
		{Iperf3, func(c *trial.Cell) { c.Version, c.Files = 0, 2 }, "no files"},
		{Iperf3, func(c *trial.Cell) { c.Version = 0 }, ""},
		{Iperf3, func(*trial.Cell) {}, "protocol"},
		{Iperf3, func(c *trial.Cell) { c.Version, c.Compressed = 0, true }, "compress"},
		{Iperf3, func(c *trial.Cell) { c.Version, c.Streams = 0, 129 }, "at most 128"},
		{Curl, func(c *trial.Cell) { c.Version, c.Streams = 0, 1 }, ""},
		{Curl, func(c *trial.Cell) { c.Version = 0 }, "one stream, not 4"},
		{Curl, func(c *trial.Cell) { c.Version, c.Streams, c.Compressed = 0, 1, true }, "compress"},
		{Rsync, func(c *trial.Cell) { c.Version, c.Streams, c.Compressed = 0, 1, true }, ""},
		{Rsync, func(c *trial.Cell) { c.Version, c.Streams, c.Window = 0, 1, 1024 }, "kernel"},
		{SCP, func(c *trial.Cell) { c.Version, c.Streams, c.Compressed = 0, 1, true }, ""},
		{SCP, func(c *trial.Cell) { c.Version, c.Streams, c.Path = 0, 1, trial.Network }, "other end"},
	} {
		p, err := Find(tt.peer, Programs{})
		if err != nil {
			t.Fatal(err)
		}
		if p.Name() != tt.peer {
			t.Errorf("%s calls itself %s", tt.peer, p.Name())
		}
		c := cell
		tt.change(&c)
		err = p.Supports(c)
		if (err != nil) != (tt.refused != "") || err != nil && !strings.Contains(err.Error(), tt.refused) {
			t.Errorf("%s, %+v: %v, want %q", tt.peer, c, err, tt.refused)
		}
	}
}

func TestTunedWindow(t *testing.T) {
	for _, tt := range []struct {
		cell trial.Cell
		want int64
	}{
		{trial.Cell{Streams: 1, Rate: 1e9, RTT: 0.1}, 25_000_960},         // twice the BDP, in whole KiB
		{trial.Cell{Streams: 10, Rate: 1e9, RTT: 0.1}, 2_500_608},         // a tenth of that
		{trial.Cell{Streams: 10, Rate: 1e8, RTT: 0.01}, legacyWindow},     // not less than by itself
		{trial.Cell{Streams: 1, Rate: 1e9, RTT: 0.1, Window: 1000}, 1024}, // what the cell says
		{trial.Cell{Streams: 1, RTT: 0.1}, 0},
	} {
		if got := TunedWindow(tt.cell); got != tt.want {
			t.Errorf("%+v: %d, want %d", tt.cell, got, tt.want)
		}
	}
}

func TestFind(t *testing.T) {
	if _, err := Find("ftp", Programs{}); err == nil || !strings.Contains(err.Error(), "iperf3") {
		t.Errorf("an unknown name: %v", err)
	}
}

// TestInspect tells programs of one name apart.
func TestInspect(t *testing.T) {
	program := func(says string) string {
		path := filepath.Join(t.TempDir(), "program")
		if err := os.WriteFile(path, []byte("#!/bin/sh\ncat <<'.'\n"+says+"\n.\n"), 0o700); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, tt := range []struct {
		says, name string
		legacy     bool
		wrong      string
	}{
		{"bbftp version 4.0.0 (abc)\nCompiled with  : default port 5021", "bbftp", false, ""},
		{"bbftpd version 10.1.0 (abc)", "bbftpd", false, ""},
		{"bbftp version 3.3.0-11\nCompiled with", "bbftp", true, ""},
		{"bbftpd version 3.2.1\nCompiled with", "bbftpd", true, ""},
		{"bbftp version 3.3.0-11", "bbftp", false, "of this release"},
		{"bbftpd version 4.0.0 (abc)", "bbftpd", true, "of a legacy release"},
		{"bbftp version 4.0.0 (abc)", "bbftpd", false, "is no bbftpd"},
		{"usage: rm", "bbftp", true, "is no bbftp"},
	} {
		_, err := inspect(t.Context(), tt.name, program(tt.says), tt.legacy)
		if (err != nil) != (tt.wrong != "") || err != nil && !strings.Contains(err.Error(), tt.wrong) {
			t.Errorf("%q as %s, legacy %v: %v", tt.says, tt.name, tt.legacy, err)
		}
	}
	if _, err := inspect(t.Context(), "bbftp", filepath.Join(t.TempDir(), "none"), true); err == nil {
		t.Error("a program that is not there is found")
	}
}

// TestCrypt compares with crypt(3).
func TestCrypt(t *testing.T) {
	for _, tt := range []struct{ password, salt, want string }{
		{"Some password", "abcdefgh", "Nv1A7xdKGjso3lG/hgLKJsz9NI100s8uAHttdijpaWsyRv0cYhQr/9hke.t.KKu4OlaTEX9GYa6TM2ADhrOLR."},
		{strings.Repeat("p", 70), "saltstring", "qRMdEhnphTmKbep1TJf0RGhj6h9B2RbNVzwsDSxBYLBA3pYAhqUtR8WWFpV90W.cGpyRLTL5XC0nSpdA4pFeg1"},
	} {
		if got := sha512Crypt(tt.password, tt.salt); got != "$6$rounds=1000$"+tt.salt+"$"+tt.want {
			t.Errorf("%q: %s", tt.password, got)
		}
	}
}

func TestIperf3Report(t *testing.T) {
	r, err := parseIperf3(`{"start":{"connected":[{"local_port":4001,"remote_port":5201}]},"end":{"sum_received":{"seconds":1.5,"bytes":1000}}}`)
	if err != nil || r.End.Received.Bytes != 1000 || !r.dataPort(4001, 5201) || !r.dataPort(5201, 4001) || r.dataPort(4000, 5201) {
		t.Errorf("%+v, %v", r, err)
	}
	if r, err := parseIperf3(`{"start":{},"end":{},"error":"unable to connect"}`); err != nil || r.Error != "unable to connect" {
		t.Errorf("%+v, %v", r, err)
	}
	for _, text := range []string{"", "{", "iperf3: error", `{"end":{"sum_received":{"bytes":0}}}`} {
		if r, err := parseIperf3(text); err == nil {
			t.Errorf("%q: %+v", text, r)
		}
	}
}

// TestFileName refuses names that a command line would not carry.
func TestFileName(t *testing.T) {
	for name, fine := range map[string]bool{
		"payload": true, "4.random-x_+": true,
		"a b": false, "a;b": false, "#a": false, "-a": false, ".a": false, "é": false,
	} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := prepare(Job{Source: path, Work: t.TempDir()}); (err == nil) != fine {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestStalled(t *testing.T) {
	const ms = time.Millisecond
	for _, tt := range []struct {
		idle []time.Duration
		rtt  time.Duration
		want string
	}{
		{nil, 0, ""},
		{[]time.Duration{10 * ms, 0, 800 * ms}, 0, ""},
		{[]time.Duration{10 * ms, 1000 * ms, 2010 * ms}, 10 * ms, "the server's start signal was lost on streams that waited up to 2.0 s (wire.md 5)"},
		{[]time.Duration{1500 * ms}, 200 * ms, ""},
	} {
		if longest, got := stalled(tt.idle, tt.rtt); got != tt.want || (longest > 0) != (got != "") {
			t.Errorf("%v: %q, want %q", tt.idle, got, tt.want)
		}
	}
}

func TestLegacyWarnings(t *testing.T) {
	for line, want := range map[string][]string{
		"put a b OK": nil,
		"BBFTP-WARNING-00028 : Connection to 198.18.0.2": nil,
		"BBFTP-WARNING-00024 : Receive buffer on port 46431 cannot be set to 9 Bytes, Value is 8 BytesBBFTP-WARNING-00026 : Send buffer on port 46431 cannot be set<< OK": {
			"legacy bbftp: 00024 : Receive buffer cannot be set to 9 Bytes, Value is 8 Bytes",
			"legacy bbftp: 00026 : Send buffer cannot be set",
		},
	} {
		if got := warningsIn(line); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
}
