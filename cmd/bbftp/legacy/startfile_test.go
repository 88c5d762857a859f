package legacy

import (
	"bytes"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"bbftp/engine/client"
)

func TestConfigure(t *testing.T) {
	mask, class := fs.FileMode(0o27), int32(3)
	for _, tt := range []struct {
		text     string
		want     options
		warnings string
		err      string
	}{
		{text: ""},
		{text: "\n \t\n# setnbstream 4\n   # too\n"},
		{
			text: "setnbstream 4\n\tsetbuffersize\t64 # KB\nsetsendwinsize 512\nsetrecvwinsize 1024\r\n",
			want: options{settings: client.Settings{Streams: 4, BufferSize: 64, SendWindow: 512, RecvWindow: 1024}},
		},
		{
			text: "setackto 1\nsetrecvcontrolto 2\nsetsendcontrolto 3\nsetdatato 4",
			want: options{settings: client.Settings{Waits: client.Waits{Ack: time.Second, Reply: 2 * time.Second, Send: 3 * time.Second, Idle: 4 * time.Second}}},
		},
		{
			text: "setlocalumask 077\nsetremoteumask 27\nsetremotecos 3",
			want: options{settings: client.Settings{Umask: 0o77}, remoteUmask: &mask, remoteClass: &class},
		},
		{
			text: "setoption nocreatedir\nsetoption notmp \nsetoption nokeepm\nsetoption nokeepa\nsetoption g\nsetoption qbss\nsetoption remoterfio",
			want: options{settings: client.Settings{NoDirs: true, InPlace: true, NoMode: true, NoTimes: true, Compress: true, QBSS: true, MassStorage: true}},
		},
		{text: "setoption gzip\nsetoption nogzip"},
		{
			text:     "setcolour blue\nsetoption fast\nsetoption\nsetlocalcos 3\nput a b\nsetoption no",
			warnings: "setcolour blue|setoption fast|setoption|setlocalcos 3|put a b|setoption no",
		},
		{
			text: "setnbstream 0\nsetbuffersize -1\nsetdatato 300",
			want: options{settings: client.Settings{Waits: client.Waits{Idle: 300 * time.Second}}},
			err:  "line 1: setnbstream 0: incorrect command: value must be positive decimal, 1 to 1000; line 2: setbuffersize -1: ",
		},
		{text: "setackto soon", err: "line 1: setackto soon: "},
		{text: "setackto", err: "line 1: setackto: "},
		{text: "setremoteumask 8", err: "octal, 0 to 777"},
		{text: "setremotecos -2", err: "-1 to "},
	} {
		var out bytes.Buffer
		var got options
		err := got.configure(&console{stdout: io.Discard, stderr: &out, warnings: true}, tt.text)
		if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(options{}), cmpopts.EquateComparable(netip.Addr{})); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tt.text, diff)
		}
		if (err != nil) != (tt.err != "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%q: error is %v", tt.text, err)
		}
		var want string
		for _, line := range strings.FieldsFunc(tt.warnings, func(r rune) bool { return r == '|' }) {
			want += "BBFTP-WARNING-00013 : Skipping Unknown command in .bbftprc file (" + line + ")\n"
		}
		if out.String() != want {
			t.Errorf("%q warns %q", tt.text, out.String())
		}
	}
}

func TestLoad(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	write := func(name, text string) string {
		path := filepath.Join(home, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write(".bbftprc", "setnbstream 4")
	named := write("named", "setnbstream 5")
	quiet := (&console{stderr: io.Discard}).quiet()
	for _, tt := range []struct {
		file    string
		streams int
		fails   bool
	}{
		{"", 4, false},
		{named, 5, false},
		{"none", 2, false},
		{"nonesuch", 2, false},
		{filepath.Join(home, "missing"), 2, true},
		{home, 2, true},
	} {
		o := options{startFile: tt.file, settings: client.Settings{Streams: 2}}
		if err := o.load(quiet); (err != nil) != tt.fails || o.settings.Streams != tt.streams {
			t.Errorf("-R %q: %d streams, %v", tt.file, o.settings.Streams, err)
		}
	}
}

// FuzzConfigure: whatever a start-up file holds, what it sets is in range.
func FuzzConfigure(f *testing.F) {
	for _, s := range []string{"setnbstream 4\n# x\nsetoption nogzip", "setlocalumask 077", "setoption", "setdatato 99999999999999999999", "\r\n\x00"} {
		f.Add(s)
	}
	quiet := (&console{stderr: io.Discard}).quiet()
	f.Fuzz(func(t *testing.T, text string) {
		var o options
		_ = o.configure(quiet, text)
		s := o.settings
		if s.Streams < 0 || s.Streams > 1000 || s.BufferSize < 0 || s.SendWindow < 0 || s.RecvWindow < 0 || s.Umask > 0o777 ||
			s.Waits.Ack < 0 || s.Waits.Idle < 0 || s.Waits.Reply < 0 {
			t.Errorf("%q sets %+v", text, s)
		}
		if o.remoteUmask != nil && *o.remoteUmask > 0o777 || o.remoteClass != nil && *o.remoteClass < -1 {
			t.Errorf("%q sets %v and %v", text, o.remoteUmask, o.remoteClass)
		}
	})
}
