package faults

import (
	"strings"
	"syscall"
)

// overTLS is faults in the TLS handshake, and in sessions whose control connection goes
// through TLS.
func overTLS() (rows []*row) {
	add := func(fault, role string, at step, operation string, change func(*row)) {
		r := &row{fault: fault, role: role, step: at, version: 3, operation: operation, tries: 1, tls: true, allowed: []string{lostUntouched}}
		change(r)
		rows = append(rows, r)
	}
	handshake := []step{tlsAsked, tlsAnswered, secured}
	for _, operation := range []string{put, get} {
		for _, at := range append(handshake, loginSent, loggedIn, middle) {
			add("kill -9", "client", at, operation, func(r *row) { r.strike, r.allowed = killClient, afterClient(operation, at) })
			add("kill -9", "server", at, operation, func(r *row) {
				r.strike, r.mend, r.allowed = killServer, restartServer, afterServer(operation, at)
			})
		}
	}
	for i, at := range handshake {
		operation := []string{put, get}[i%2]
		add("kill -9", "server", at, operation, func(r *row) {
			r.tries, r.strike, r.allowed = 5, killServerAndRestart, []string{retriedWhole}
		})
		add("network cut, comes back within the limits", "network", at, operation, func(r *row) {
			r.linked, r.strike, r.allowed = true, unplugForABlink, []string{doneWhole}
		})
		add("network cut beyond the limits", "network", at, operation, func(r *row) {
			r.linked, r.strike, r.mend, r.seconds, r.timeout = true, unplug, plug, shortSeconds, shortTimeout
		})
		add("stalled handshake, goes on within the limits", "server", at, operation, func(r *row) {
			r.strike, r.allowed = stopServerForABlink, []string{doneWhole}
		})
		add("stalled handshake, goes on within the limits", "client", at, operation, func(r *row) {
			r.strike, r.allowed = stopClientForABlink, []string{doneWhole}
		})
		add("stalled handshake beyond the limits", "server", at, operation, func(r *row) {
			r.strike, r.timeout = stopServer, shortTimeout
			r.mend = func(s *scene) error { s.server.signal(syscall.SIGCONT); return nil }
		})
	}
	add("stalled handshake beyond the limits", "client", tlsAnswered, put, func(r *row) {
		r.strike, r.survive = stopClient, notLetIn
		r.mend = func(s *scene) error { s.client.signal(syscall.SIGCONT); return nil }
	})
	// The login process stays, between the client and its session.
	for _, at := range append(handshake, loggedIn, middle) {
		add("kill -9 of a process of --system-accounts", "login process", at, put, func(r *row) { r.system, r.strike = true, killOf(nobodyID) })
	}
	return rows
}

// notLetIn waits for the server to give up a login.
func notLetIn(s *scene) bool {
	return awaitFor(3*patience, func() bool { return strings.Contains(s.server.log(), `msg="login failed"`) })
}
