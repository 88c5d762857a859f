package faults

import (
	"errors"
	"net"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// large is a file that the kernel's buffers do not take.
const large = 48 << 20

// files are sources and targets that somebody else changes meanwhile.
func files() (rows []*row) {
	for version := 1; version <= 3; version++ {
		for _, operation := range []string{put, get} {
			sender, receiver := "client", "server"
			changed := []string{failedUntouched, refusedUntouched}
			if operation == get {
				sender, receiver = receiver, sender
			}
			add := func(fault, role string, at step, size int64, strike func(*scene) error, allowed ...string) {
				rows = append(rows, &row{
					fault: fault, role: role, step: at, version: version, operation: operation, tries: 1, size: size, allowed: allowed,
					strike: func(s *scene) bool {
						if err := strike(s); err != nil {
							s.wrong(err)
						}
						return false
					},
				})
			}
			for _, at := range []step{accepted, middle} {
				if version == 1 && operation == put && at == accepted {
					at = streamsConnected
				}
				add("source deleted", sender, at, large, func(s *scene) error { return os.Remove(s.source) }, doneWhole)
				add("source replaced", sender, at, large, func(s *scene) error { return replaceBy(s.source) }, doneWhole)
				add("source truncated", sender, at, large, func(s *scene) error { return os.Truncate(s.source, 1000) }, changed...)
				add("source grown", sender, at, large, func(s *scene) error { return os.Truncate(s.source, large+1) }, changed...)
				add("target deleted", receiver, at, usual, func(s *scene) error { return os.Remove(s.to) }, doneWhole)
				add("target replaced", receiver, at, usual, func(s *scene) error { return replaceBy(s.to) }, doneWhole)
				add("target replaced by a directory", receiver, at, usual, func(s *scene) error {
					if err := os.Remove(s.to); err != nil {
						return err
					}
					return os.Mkdir(s.to, 0o777)
				}, "error 1, target a directory", "error 5, target a directory")
				add("target directory removed", receiver, at, usual, func(s *scene) error { return os.RemoveAll(s.targets()) },
					"error 1, target missing", "error 5, target missing")
				last := rows[len(rows)-1]
				last.target = "sub/f"
				if at == accepted {
					last.allowed = append(last.allowed, doneWhole) // made anew by who had not begun
				}
			}
		}
	}
	return rows
}

// replaceBy puts another file in a file's place, as somebody else would.
func replaceBy(path string) error {
	other := path + ".theirs"
	if err := os.WriteFile(other, []byte(theirs), 0o666); err != nil {
		return err
	}
	return os.Rename(other, path)
}

// fewFiles is the limit of open files of a daemon that is to run out of them.
const fewFiles = 128

// descriptors are taken from one side in the middle of a session.
func descriptors() (rows []*row) {
	for version := 1; version <= 3; version++ {
		for _, operation := range []string{put, get} {
			for _, at := range []step{keySent, loggedIn, requestSent, middle} {
				client := &row{
					fault: "no descriptors left", role: "client", step: at, version: version, operation: operation, tries: 1, streams: 10,
					allowed: []string{doneWhole, failedUntouched, refusedUntouched, lostUntouched},
				}
				server := *client
				server.role = "server"
				client.strike = func(s *scene) bool { s.noDescriptors(); return false }
				server.wrap = func(*scene) (server, client []string) {
					return []string{"prlimit", "--nofile=" + strconv.Itoa(fewFiles)}, nil
				}
				server.strike, server.repair = callOften, hangUp
				rows = append(rows, client, &server)
			}
		}
	}
	return rows
}

// noDescriptors lets the client open nothing more.
func (s *scene) noDescriptors() {
	pid := s.client.cmd.Process.Pid
	open, err := s.client.descriptors()
	if err == nil {
		var now unix.Rlimit
		err = unix.Prlimit(pid, unix.RLIMIT_NOFILE, nil, &now)
		if err == nil {
			err = unix.Prlimit(pid, unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: uint64(open), Max: now.Max}, nil)
		}
	}
	if err != nil {
		s.wrong(err)
	}
}

// callOften takes a daemon's descriptors by connections that say nothing.
func callOften(s *scene) bool {
	for range 2 * fewFiles {
		conn, err := net.Dial("tcp", s.server.address.String())
		if err != nil {
			s.wrong(err)
			return false
		}
		s.calls = append(s.calls, conn)
	}
	// It has no more, or does not want more.
	awaitFor(2*time.Second, func() bool { n, err := s.server.descriptors(); return err != nil || n >= fewFiles-1 })
	return false
}

func hangUp(s *scene) error {
	for _, conn := range s.calls {
		_ = conn.Close()
	}
	// Until it is rid of them it may refuse others.
	if !await(func() bool { n, err := s.server.descriptors(); return err == nil && n < fewFiles/2 }) {
		return errors.New("the daemon keeps its descriptors")
	}
	return nil
}
