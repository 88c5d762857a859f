package faults

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"

	"bbftp/bench/payload"
)

// judge says what became of client and target.
func (s *scene) judge() {
	state := s.client.cmd.ProcessState
	switch status := state.Sys().(syscall.WaitStatus); {
	case status.Signaled():
		s.outcome = "client killed"
	case state.ExitCode() != 0:
		s.outcome = fmt.Sprintf("error %d", state.ExitCode())
		s.says = complaint(s.client.stderr.String(), s.operation)
		if s.says == "" {
			s.wrong(fmt.Errorf("no cause named: %s", said(s.client.stderr.String())))
		}
	case s.relay.called() > 1:
		s.outcome = "done, retried"
	default:
		s.outcome = "done"
	}
	s.outcome += ", target " + s.look()
}

// complaint finds the line of the operation's failure: "bbftp: put f: cause".
func complaint(stderr, operation string) string {
	match := regexp.MustCompile(`(?m)^bbftp: ` + operation + ` [^:\n]+: (.+)$`).FindStringSubmatch(stderr)
	if match == nil {
		return ""
	}
	for pattern, instead := range volatile {
		match[1] = regexp.MustCompile(pattern).ReplaceAllString(match[1], instead)
	}
	return match[1]
}

// volatile is what differs from run to run in what a client says.
var volatile = map[string]string{
	`/\S*/(local|served)\d+/`: "",
	`\d+\.\d+\.\d+\.\d+:\d+`:  "ADDRESS",
}

// look compares the target.
func (s *scene) look() string {
	got, err := os.ReadFile(s.to)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "missing"
	case errors.Is(err, syscall.EISDIR):
		return "a directory"
	case err != nil:
		return err.Error()
	}
	want, err := os.ReadFile(s.from)
	switch {
	case err != nil:
		return err.Error()
	case bytes.Equal(got, want):
		return "whole"
	case string(got) == precious:
		return "untouched"
	case string(got) == theirs:
		return "as somebody else made it"
	}
	return fmt.Sprintf("TORN, %d bytes", len(got))
}

// aftermath looks at what must hold after every fault.
func (s *scene) aftermath() {
	if !await(s.server.idle) {
		left, err := s.server.gauges()
		s.wrong(fmt.Errorf("the server does not come to rest: %+v, %w", left, err))
	}
	s.leftovers(s.served)
	s.leftovers(s.local)
	if err := s.fresh(s.server); err != nil {
		s.wrong(fmt.Errorf("a fresh client: %w", err))
	}
	if log := s.server.log(); strings.Contains(log, "crashed") || strings.Contains(log, "panic") || strings.Contains(log, "goroutine ") {
		s.wrong(fmt.Errorf("the server's log tells of a crash"))
	}
	if strings.Contains(s.client.stderr.String(), "goroutine ") {
		s.wrong(fmt.Errorf("the client crashed"))
	}
}

// leftovers finds what nobody asked for.
func (s *scene) leftovers(dir string) {
	var found []string
	clean := await(func() bool {
		found = nil
		_ = filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
			if err == nil && !entry.IsDir() && strings.HasPrefix(entry.Name(), ".bbftp.") {
				found = append(found, entry.Name())
			}
			return nil
		})
		return len(found) == 0
	})
	if !clean {
		s.wrong(fmt.Errorf("left behind: %s", strings.Join(found, " ")))
	}
}

// fresh moves a file to a server and back.
func (s *scene) fresh(to *bbftpd) error {
	dir, tries := s.mkdir(s.t, "fresh"), 1
	if s.perform != nil {
		tries = s.tries // a server that is full may say so
	}
	for _, operation := range []string{put, get} {
		e := errand{
			at: to.address, version: s.version, operation: operation, gzip: s.gzip, tries: tries, streams: 2, timeout: patience,
			dir: dir, local: "there", remote: filepath.Join(s.below, "fresh"),
		}
		if operation == get {
			e.local = "back"
		} else if err := payload.Write(filepath.Join(dir, "there"), payload.Mixed, 100_003, 3); err != nil {
			return err
		}
		if err := s.finish(loopback(), e); err != nil {
			return err
		}
	}
	return payload.Same(filepath.Join(dir, "there"), filepath.Join(dir, "back"))
}

func said(text string) string { return fmt.Sprintf("%q", text[:min(len(text), 300)]) }
