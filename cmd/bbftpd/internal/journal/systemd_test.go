package journal

import (
	"errors"
	"log/slog"
	"maps"
	"regexp"
	"strings"
	"testing"

	systemd "github.com/coreos/go-systemd/v22/journal"
)

func TestNative(t *testing.T) {
	var got []entry
	log := slog.New(cleaning{newNative(func(e entry) { got = append(got, e) }, slog.LevelDebug), bounded})
	session := log.With("client", "192.0.2.1:5", "user", "alice")
	session.Warn("transfer failed", "file", "/a b\n", "bytes", 7, slog.Group("paths", "splice", 7), "error", errors.New("disk\nfull"))
	session.WithGroup("g").With("a", 1).Debug("x", "b-c", 2, slog.Attr{})
	log.Error("y", "stack", "z")
	log.Log(t.Context(), LevelNotice, "z")
	for i, want := range []entry{
		{
			`transfer failed client=192.0.2.1:5 user=alice file="/a b\n" bytes=7 paths.splice=7 error="disk\nfull"`, systemd.PriWarning,
			map[string]string{
				"BBFTP_CLIENT": "192.0.2.1:5", "BBFTP_USER": "alice", "BBFTP_FILE": `/a b\n`, "BBFTP_BYTES": "7",
				"BBFTP_PATHS_SPLICE": "7", "BBFTP_ERROR": `disk\nfull`,
			},
		},
		{
			"x client=192.0.2.1:5 user=alice g.a=1 g.b-c=2", systemd.PriDebug,
			map[string]string{"BBFTP_CLIENT": "192.0.2.1:5", "BBFTP_USER": "alice", "BBFTP_G_A": "1", "BBFTP_G_B_C": "2"},
		},
		{"y stack=z", systemd.PriErr, map[string]string{"BBFTP_STACK": "z"}},
		{"z", systemd.PriNotice, map[string]string{}},
	} {
		want.fields["SYSLOG_IDENTIFIER"] = "bbftpd"
		if got[i].message != want.message || got[i].priority != want.priority || !maps.Equal(got[i].fields, want.fields) {
			t.Errorf("%+v\nwant %+v", got[i], want)
		}
	}
}

func TestNativeHostile(t *testing.T) {
	for _, tt := range hostile {
		var e entry
		slog.New(cleaning{newNative(func(got entry) { e = got }, slog.LevelInfo), bounded}).
			With("user", tt.text).Info(tt.text, "file", tt.text, "error", errors.New(tt.text))
		all := e.message
		for name, value := range e.fields {
			all += name + value
		}
		checkPrintable(t, all)
		if strings.ContainsAny(all, "\n\t") {
			t.Errorf("%s: more than one line", tt.name)
		}
	}
}

func FuzzFieldName(f *testing.F) {
	valid := regexp.MustCompile(`^BBFTP_[A-Z0-9_]{0,58}$`)
	for _, h := range hostile {
		f.Add(h.text)
	}
	f.Fuzz(func(t *testing.T, key string) {
		if name := fieldName(key); !valid.MatchString(name) {
			t.Errorf("%q has become %q", key, name)
		}
	})
}
