package legacy

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"bbftp/engine/client"
	"bbftp/engine/command"
)

func TestSwitchOption(t *testing.T) {
	for word, want := range map[string]client.Settings{
		"nocreatedir": {NoDirs: true}, "createdir": {},
		"notmpfile": {InPlace: true}, "nokeepmode": {NoMode: true}, "nokeepaccess": {NoTimes: true},
		"gzip": {Compress: true}, "qbss": {QBSS: true}, "remoterfio": {MassStorage: true}, "nolocalrfio": {},
	} {
		var s client.Settings
		if err := switchOption(&s, word); err != nil || s != want {
			t.Errorf("%s: %+v, %v", word, s, err)
		}
	}
	for _, word := range []string{"", "no", "gz", "localrfio", "fast", "nonogzip"} {
		if err := switchOption(new(client.Settings), word); !errors.Is(err, command.ErrArguments) {
			t.Errorf("%q: %v", word, err)
		}
	}
}

// TestHelpNamesCommands: what scripts may say is explained.
func TestHelpNamesCommands(t *testing.T) {
	for _, n := range append(slices.Clone(numbers), remoteUmask, remoteClass) {
		if !strings.Contains(usage(), string(n.verb)) {
			t.Errorf("the help lacks %s", n.verb)
		}
	}
	for _, verb := range []command.Verb{
		command.Put, command.Get, command.Mput, command.Mget, command.Mkdir, command.Rm,
		command.Stat, command.Df, command.Cd, command.Lcd, command.Dir, command.SetOption,
	} {
		if !strings.Contains(usage(), string(verb)+" ") {
			t.Errorf("the help lacks %s", verb)
		}
	}
	for _, s := range switches {
		if !strings.Contains(usage(), s.name) {
			t.Errorf("the help lacks the option %s", s.name)
		}
	}
}
