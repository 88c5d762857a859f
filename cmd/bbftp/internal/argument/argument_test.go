package argument

import (
	"slices"
	"strings"
	"testing"

	"bbftp/netio"
)

func TestPorts(t *testing.T) {
	for text, want := range map[string]netio.PortRange{
		"1000:2000": {Min: 1000, Max: 2000}, "1:65535": {Min: 1, Max: 65535}, "7:7": {Min: 7, Max: 7},
	} {
		if got, err := Ports(text); err != nil || got != want {
			t.Errorf("%q gives %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", ":", "5", "5:", ":5", "2:1", "0:9", "1:65536", "1:2:3", "a:b", " 1:2", "-1:2", "+1:2"} {
		if got, err := Ports(text); err != ErrPorts || got != (netio.PortRange{}) {
			t.Errorf("%q gives %+v, %v", text, got, err)
		}
	}
}

func FuzzPorts(f *testing.F) {
	for _, s := range []string{"1:2", "65535:1", ":", "1:2:3"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if r, err := Ports(text); err == nil && (r.Min == 0 || r.Min > r.Max) {
			t.Errorf("%q gives %+v", text, r)
		}
	})
}

func TestCommand(t *testing.T) {
	for line, want := range map[string][]string{
		"ssh -q":                  {"ssh", "-q"},
		"  ssh\t-p  2222 ":        {"ssh", "-p", "2222"},
		`ssh -o 'User Me' "a b"`:  {"ssh", "-o", "User Me", "a b"},
		`ssh a\ b`:                {"ssh", "a b"},
		"ssh $HOME `id` $(id);x|": {"ssh", "$HOME", "`id`", "$(id);x|"},
		"a>b <c & d":              {"a>b", "<c", "&", "d"},
		"":                        {},
	} {
		got, err := Command(line)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%q gives %q, %v", line, got, err)
		}
	}
	for _, line := range []string{`ssh "-q`, `ssh 'x`, `ssh x\`} {
		if got, err := Command(line); err == nil {
			t.Errorf("%q gives %q", line, got)
		}
	}
}

// FuzzCommand: words come out as they went in, whatever is in them.
func FuzzCommand(f *testing.F) {
	for _, s := range []string{"ssh -q", "`$(x)`;|&<>", "a b\tc", "é"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, word string) {
		if strings.ContainsAny(word, `'`) || word == "" {
			return
		}
		got, err := Command("first '" + word + "' last")
		if err == nil && !slices.Equal(got, []string{"first", strings.ToValidUTF8(word, "\ufffd"), "last"}) && strings.ToValidUTF8(word, "") == word {
			t.Errorf("%q gives %q", word, got)
		}
	})
}

func TestRemoteServer(t *testing.T) {
	for command, want := range map[string]string{
		"bbftpd": "bbftpd -s", "bbftpd -s": "bbftpd -s", "bbftpd -s -R none": "bbftpd -s -R none", "/opt/b-s/bbftpd": "/opt/b-s/bbftpd -s",
	} {
		if got := RemoteServer(command); got != want {
			t.Errorf("%q gives %q, want %q", command, got, want)
		}
	}
}
