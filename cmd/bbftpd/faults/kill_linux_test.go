package faults

// The outcomes there are. "untouched" and "whole" are what a target may be;
// other words for it fail a row.
const (
	doneWhole        = "done, target whole"
	retriedWhole     = "done, retried, target whole"
	lostUntouched    = "error 3, target untouched"
	failedUntouched  = "error 1, target untouched"
	refusedUntouched = "error 5, target untouched"
	lostWhole        = "error 3, target whole"
	killedUntouched  = "client killed, target untouched"
	killedWhole      = "client killed, target whole"
)

// kills is kill -9 of either side at every step.
func kills() (rows []*row) {
	for version := 1; version <= 3; version++ {
		for _, operation := range []string{put, get} {
			for _, at := range steps(version, operation) {
				for _, gzip := range []bool{false, true} {
					base := row{fault: "kill -9", step: at, version: version, operation: operation, gzip: gzip, tries: 1}
					client, server := base, base
					client.role, client.strike, client.allowed = "client", killClient, afterClient(operation, at)
					server.role = "server"
					if gzip {
						// A supervisor starts it again, and the client tries again.
						server.tries, server.strike = 5, killServerAndRestart
						server.allowed = []string{retriedWhole}
						if at == acked {
							server.allowed = append(server.allowed, doneWhole)
						}
						if at == concluded {
							server.allowed = []string{doneWhole}
						}
					} else {
						server.strike, server.mend, server.allowed = killServer, restartServer, afterServer(operation, at)
					}
					rows = append(rows, &client, &server)
				}
			}
		}
	}
	return rows
}

func killClient(s *scene) bool { s.client.kill(); return true }
func killServer(s *scene) bool { s.server.kill(); return true }

func restartServer(s *scene) error { return s.server.again() }

func killServerAndRestart(s *scene) bool {
	if err := s.server.again(); err != nil {
		s.wrong(err)
	}
	return true
}

// afterClient: the server has all data once it acknowledged them, and sees the
// end of the control connection at about the same time. A client that was told
// MSG_OK may have come to the rename, or to its end.
func afterClient(operation string, at step) []string {
	switch {
	case at == acked && operation == put:
		return []string{killedUntouched, killedWhole}
	case at == concluded && operation == put:
		return []string{killedWhole, doneWhole}
	case at == concluded:
		return []string{killedUntouched, killedWhole, doneWhole}
	}
	return []string{killedUntouched}
}

// afterServer: with the last ACK passed the server may have come to the rename,
// and to its last word. A client without that takes nothing for granted.
func afterServer(operation string, at step) []string {
	switch {
	case at == concluded:
		return []string{doneWhole}
	case at == acked && operation == put:
		return []string{lostUntouched, lostWhole, doneWhole}
	case at == acked:
		return []string{lostUntouched, doneWhole}
	}
	return []string{lostUntouched}
}
