package legacy

import (
	"fmt"
	"io/fs"
	"strconv"
	"time"

	"bbftp/engine/client"
	"bbftp/engine/command"
	"bbftp/engine/wire"
)

// number is a setting that is a number, of scripts and of the start-up file.
type number struct {
	verb     command.Verb
	base     int
	min, max int64
	set      func(*client.Settings, int64)
}

const (
	maxWindow  = 1 << 20            // KiB; what TCP can announce
	maxSeconds = 365 * 24 * 60 * 60 // no wait is longer than a year
)

// numbers are those that matter on this side.
var numbers = []number{
	{command.SetNbStream, 10, 1, wire.MaxStreams, func(s *client.Settings, n int64) { s.Streams = int(n) }},
	{command.SetBufferSize, 10, 1, wire.MaxBufferSize, func(s *client.Settings, n int64) { s.BufferSize = int(n) }},
	{command.SetSendWinSize, 10, 1, maxWindow, func(s *client.Settings, n int64) { s.SendWindow = int(n) }},
	{command.SetRecvWinSize, 10, 1, maxWindow, func(s *client.Settings, n int64) { s.RecvWindow = int(n) }},
	{command.SetLocalUmask, 8, 0, 0o777, func(s *client.Settings, n int64) { s.Umask = fs.FileMode(n) }},
	{command.SetAckTo, 10, 1, maxSeconds, func(s *client.Settings, n int64) { s.Waits.Ack = seconds(n) }},
	{command.SetRecvControlTo, 10, 1, maxSeconds, func(s *client.Settings, n int64) { s.Waits.Reply = seconds(n) }},
	{command.SetSendControlTo, 10, 1, maxSeconds, func(s *client.Settings, n int64) { s.Waits.Send = seconds(n) }},
	{command.SetDataTo, 10, 1, maxSeconds, func(s *client.Settings, n int64) { s.Waits.Idle = seconds(n) }},
}

// The two numbers that the server is told.
var (
	remoteUmask = number{verb: command.SetRemoteUmask, base: 8, max: 0o777}
	remoteClass = number{verb: command.SetRemoteCos, base: 10, min: -1, max: 1<<31 - 1}
)

func seconds(n int64) time.Duration { return time.Duration(n) * time.Second }

func lookUpNumber(verb command.Verb) (number, bool) {
	for _, n := range numbers {
		if n.verb == verb {
			return n, true
		}
	}
	return number{}, false
}

// read reads the number's value.
func (n number) read(word string) (int64, error) {
	value, err := strconv.ParseInt(word, n.base, 64)
	if err != nil || value < n.min || value > n.max {
		kind, form := "decimal", "%d"
		if n.base == 8 {
			kind, form = "octal", "%o"
		}
		return 0, fmt.Errorf("%w: value must be positive %s, "+form+" to "+form, command.ErrArguments, kind, n.min, n.max)
	}
	return value, nil
}

// switches are the options of setoption, in the order in which a start-up file
// may abbreviate them.
var switches = []struct {
	name string
	set  func(s *client.Settings, on bool)
	on   func(s client.Settings) bool
}{
	{"createdir", func(s *client.Settings, on bool) { s.NoDirs = !on }, func(s client.Settings) bool { return !s.NoDirs }},
	{"tmpfile", func(s *client.Settings, on bool) { s.InPlace = !on }, func(s client.Settings) bool { return !s.InPlace }},
	{"remoterfio", func(s *client.Settings, on bool) { s.MassStorage = on }, func(s client.Settings) bool { return s.MassStorage }},
	{"keepmode", func(s *client.Settings, on bool) { s.NoMode = !on }, func(s client.Settings) bool { return !s.NoMode }},
	{"keepaccess", func(s *client.Settings, on bool) { s.NoTimes = !on }, func(s client.Settings) bool { return !s.NoTimes }},
	{"gzip", func(s *client.Settings, on bool) { s.Compress = on }, func(s client.Settings) bool { return s.Compress }},
	{"qbss", func(s *client.Settings, on bool) { s.QBSS = on }, func(s client.Settings) bool { return s.QBSS }},
}

// switchOption does setoption.
func switchOption(s *client.Settings, word string) error {
	name, on := command.Option(word)
	for _, w := range switches {
		if w.name == name {
			w.set(s, on)
			return nil
		}
	}
	switch {
	case name != "localrfio":
		return fmt.Errorf("%w: no such option", command.ErrArguments)
	case on:
		return fmt.Errorf("%w: RFIO not supported", command.ErrArguments)
	}
	return nil
}
