package faults

import (
	"slices"
	"strings"
	"syscall"
	"time"
)

// Limits that make the long cuts short: of the server in seconds, of the client.
const (
	shortSeconds = 2
	shortTimeout = 8 * time.Second
	// blink is how long a fault lasts that both sides ride out.
	blink = time.Second
)

// cuts are links that go down and, mostly, come back.
func cuts() (rows []*row) {
	for version := 1; version <= 3; version++ {
		for _, operation := range []string{put, get} {
			all := steps(version, operation)
			for i, at := range all[1 : len(all)-1] { // without connected and concluded
				base := row{role: "network", step: at, version: version, operation: operation, gzip: i%2 == 1, tries: 1, linked: true}
				short, long := base, base
				short.fault, short.strike, short.allowed = "network cut, comes back within the limits", unplugForABlink, []string{doneWhole}
				long.fault, long.strike, long.mend = "network cut beyond the limits", unplug, plug
				long.seconds, long.timeout = shortSeconds, shortTimeout
				// A client without data streams still has its session.
				long.allowed = []string{lostUntouched, failedUntouched}
				if at == acked && operation == put {
					long.allowed = []string{lostWhole}
				}
				rows = append(rows, &short, &long)
				if at == middle {
					back := long
					back.fault, back.tries, back.strike, back.mend = "network cut beyond the limits, then back", 20, unplugUntilNoticed, nil
					back.allowed = []string{retriedWhole}
					rows = append(rows, &back)
				}
			}
		}
	}
	return rows
}

func (s *scene) links(change func(*host) error) {
	for _, h := range []*host{s.near, s.far} {
		if err := change(h); err != nil {
			s.wrong(err)
		}
	}
}

func unplug(s *scene) bool { s.links((*host).down); return false }

func plug(s *scene) error { s.links((*host).up); return nil }

func unplugForABlink(s *scene) bool {
	s.links((*host).down)
	s.later(func() bool { return true }, blink, func() { s.links((*host).up) })
	return false
}

// unplugUntilNoticed puts the plug back once the client has given up a try.
func unplugUntilNoticed(s *scene) bool {
	s.links((*host).down)
	s.later(func() bool { return strings.Contains(s.client.stderr.String(), "trying again") }, 0, func() { s.links((*host).up) })
	return false
}

// later does something after a while once holds, before the row is over.
func (s *scene) later(holds func() bool, after time.Duration, do func()) {
	done := make(chan struct{})
	s.pending = append(s.pending, done)
	go func() {
		defer close(done)
		await(holds)
		time.Sleep(after)
		do()
	}()
}

// halfOpen are peers that vanish without a farewell.
func halfOpen() (rows []*row) {
	for version := 1; version <= 3; version++ {
		for _, operation := range []string{put, get} {
			for _, at := range []step{keySent, loggedIn, requestSent, streamsConnected, firstBytes, middle, lastByte, acked, concluded} {
				if version < 3 && (at == keySent || at == concluded) {
					continue // the version is no matter there, and the wait long
				}
				base := row{fault: "half-open peer", step: at, version: version, operation: operation, tries: 1, linked: true, seconds: shortSeconds, timeout: shortTimeout}
				client, server := base, base
				client.role, client.strike, client.survive, client.mend = "client", vanishClient, serverNotices, plug
				client.allowed = afterClient(operation, at)
				server.role, server.strike, server.mend, server.allowed = "server", vanishServer, revive, afterServer(operation, at)
				server.allowed = slices.DeleteFunc(server.allowed, func(o string) bool { return o == doneWhole }) // it went before the strike
				if rows = append(rows, &client); at != concluded {
					rows = append(rows, &server)
				}
			}
		}
	}
	return rows
}

// vanishClient leaves the server with connections that nobody answers for.
func vanishClient(s *scene) bool { s.links((*host).down); s.client.kill(); return true }

func vanishServer(s *scene) bool { s.links((*host).down); s.server.kill(); return true }

func revive(s *scene) error {
	s.links((*host).up)
	return s.server.again()
}

// serverNotices waits for the server to end the session by itself. Its limits:
// 60 s for a login, 10 s for the first command, a name and a start (wire.md 5),
// 2 s here for data, 30 s for data streams to be connected, and 150 s of
// keep-alive probes for a session that owes nothing.
func serverNotices(s *scene) bool {
	return awaitFor(200*time.Second, func() bool { return s.server.rid() })
}

// rid tells whether a client that came has gone, logged in or not.
func (s *bbftpd) rid() bool {
	log := s.stderr.String()
	return strings.Contains(log, `msg="session ends"`) || strings.Contains(log, `msg="login failed"`)
}

// stalls are readers that stop reading, which shuts the window of their data
// streams.
func stalls() (rows []*row) {
	for version := 1; version <= 3; version++ {
		for _, operation := range []string{put, get} {
			for _, gzip := range []bool{false, true} {
				base := row{step: middle, version: version, operation: operation, gzip: gzip, tries: 1, size: 8 << 20}
				short, long := base, base
				short.fault, short.allowed = "stalled reader, reads on within the limits", []string{doneWhole}
				long.fault, long.allowed = "stalled reader beyond the limits", []string{lostUntouched, failedUntouched, refusedUntouched}
				long.seconds, long.timeout = shortSeconds, shortTimeout
				if operation == put {
					short.role, long.role = "server", "server"
					short.strike, long.strike = stopServerForABlink, stopServer
					long.mend = func(s *scene) error { s.server.signal(syscall.SIGCONT); return nil }
				} else {
					short.role, long.role = "client", "client"
					short.strike, long.strike = stopClientForABlink, stopClient
					long.survive = givenUp
					long.mend = func(s *scene) error { s.client.signal(syscall.SIGCONT); return nil }
				}
				rows = append(rows, &short, &long)
			}
		}
	}
	return rows
}

func stopServer(s *scene) bool { s.server.halt(); return false }
func stopClient(s *scene) bool { s.client.halt(); return false }

func stopServerForABlink(s *scene) bool {
	s.server.halt()
	s.later(func() bool { return true }, blink, func() { s.server.signal(syscall.SIGCONT) })
	return false
}

func stopClientForABlink(s *scene) bool {
	s.client.halt()
	s.later(func() bool { return true }, blink, func() { s.client.signal(syscall.SIGCONT) })
	return false
}

// givenUp waits until the server has ended a transfer nobody takes.
func givenUp(s *scene) bool {
	return await(func() bool {
		log := s.server.log()
		return strings.Contains(log, `level=WARN`) && strings.Contains(log, "op=get")
	})
}
