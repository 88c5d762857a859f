package faults

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// With --system-accounts the daemon is several processes: a monitor, which is
// root; one before each login, which is nobody; and one for each session, which
// is its user. The user exists in the tests' mount namespace only.
const (
	systemID = 65533 // user and group
	nobodyID = 65534
	// systemHash is the crypt(3) hash of password.
	systemHash = `$6$bbftpinterop$AijRcZPbWkyz.F5/ZjHqk14YNPVneOWr8RDSSvE8buEjeCoGVzwPf7cCe1xkkcAeKejwwN1W..zsyAIS3hmTV1`
)

// systemHome is the home directory of the user.
func (w *world) systemHome() string { return filepath.Join(w.Work, "home") }

// makeSystemAccount adds the user to copies of the system's files, mounted in
// their places.
func (w *world) makeSystemAccount() error {
	lines := map[string]string{
		"/etc/passwd": fmt.Sprintf("%s:x:%d:%d::%s:/bin/sh\n", account, systemID, systemID, w.systemHome()),
		"/etc/shadow": account + ":" + systemHash + ":19000:0:99999:7:::\n",
	}
	for path, line := range lines {
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if n := len(text); n > 0 && text[n-1] != '\n' {
			text = append(text, '\n')
		}
		perm := os.FileMode(0o644)
		if path == "/etc/shadow" {
			perm = 0o600
		}
		copied := filepath.Join(w.Work, filepath.Base(path))
		if err := os.WriteFile(copied, append(text, line...), perm); err != nil {
			return err
		}
		if err := unix.Mount(copied, path, "", unix.MS_BIND, ""); err != nil {
			return err
		}
	}
	return errors.Join(os.Mkdir(w.systemHome(), 0o755), os.Chown(w.systemHome(), systemID, systemID))
}

// child is a process of a daemon.
type child struct{ pid, user int }

// children lists those of a process, and theirs.
func children(of int) (all []child) {
	names, _ := filepath.Glob("/proc/[0-9]*")
	for _, name := range names {
		pid, _ := strconv.Atoi(filepath.Base(name))
		status, err := os.ReadFile(filepath.Join(name, "status"))
		if err != nil {
			continue // it has ended
		}
		c, parent := child{pid: pid}, 0
		for line := range strings.Lines(string(status)) {
			fields := strings.Fields(line)
			switch {
			case len(fields) < 2:
			case fields[0] == "PPid:":
				parent, _ = strconv.Atoi(fields[1])
			case fields[0] == "Uid:":
				c.user, _ = strconv.Atoi(fields[1])
			case fields[0] == "State:" && fields[1] == "Z":
				c.pid = 0
			}
		}
		if parent == of && c.pid != 0 {
			all = append(append(all, c), children(pid)...)
		}
	}
	return all
}

// killOf kills the processes of the daemon that run as a user.
func killOf(user int) func(*scene) bool {
	return func(s *scene) bool {
		found := slices.DeleteFunc(children(s.server.cmd.Process.Pid), func(c child) bool { return c.user != user })
		if len(found) == 0 && s.step != loginSent { // where it may have done its work
			s.wrong(errors.New("there is no such process"))
		}
		for _, c := range found {
			_ = syscall.Kill(c.pid, syscall.SIGKILL)
		}
		return true
	}
}

// killMonitor kills the first process, and remembers the others.
func killMonitor(s *scene) bool {
	s.orphans = children(s.server.cmd.Process.Pid)
	s.server.kill()
	return true
}

// orphansEnd checks that nobody outlives the monitor.
func orphansEnd(s *scene) error {
	for _, c := range s.orphans {
		if !await(func() bool { return buried(c.pid) }) {
			return fmt.Errorf("process %d of user %d outlives its monitor", c.pid, c.user)
		}
	}
	return nil
}

// buried tells whether a process is gone, or waits for nothing but its burial.
func buried(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return true
	}
	_, state, _ := strings.Cut(string(stat), ") ")
	return strings.HasPrefix(state, "Z")
}

// systemKills is kill -9 of each process of a daemon with system accounts.
func systemKills() (rows []*row) {
	for version := 1; version <= 3; version++ {
		for _, operation := range []string{put, get} {
			add := func(role string, at step, strike func(*scene) bool, allowed []string) {
				rows = append(rows, &row{
					fault: "kill -9 of a process of --system-accounts", role: role, step: at, version: version, operation: operation, tries: 1,
					system: true, strike: strike, allowed: allowed,
				})
			}
			add("login process", keySent, killOf(nobodyID), []string{lostUntouched})
			// It may have handed the session over.
			add("login process", loginSent, killOf(nobodyID), []string{lostUntouched, doneWhole})
			for _, at := range []step{loggedIn, requestSent, middle, lastByte, acked} {
				add("session process", at, killOf(systemID), afterServer(operation, at))
			}
			for _, at := range []step{keySent, loggedIn, requestSent, middle, acked} {
				// A session without its monitor ends: at once, with its transfer, or between
				// that and its last word.
				allowed := append(afterServer(operation, at), doneWhole, refusedUntouched)
				if operation == put {
					allowed = append(allowed, lostWhole)
				}
				add("monitor", at, killMonitor, allowed)
				rows[len(rows)-1].mend, rows[len(rows)-1].repair = restartServer, orphansEnd
			}
		}
	}
	return rows
}
