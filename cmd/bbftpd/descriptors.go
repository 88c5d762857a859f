package main

import (
	"fmt"
	"log/slog"
	"syscall"
)

// What things take of the descriptors of the process, at most.
const (
	// perSession: the control connection, the directory of the account, those on the
	// way to a file, the file.
	perSession = 8
	// perStream: the connection, the listener it came from, and the two ends of the
	// pipe through which it is spliced.
	perStream = 4
	// spare: logs, metrics, the control port, the poller, the clients that are turned
	// away.
	spare = 64
	// fewStreams is what a session should have room for at least.
	fewStreams = 4
	// defaultSessions is what admission takes by itself.
	defaultSessions = 512
)

// descriptorLimit is how many descriptors this process may have. Go's runtime has
// raised the soft limit to the hard one, which is read here.
func descriptorLimit() (uint64, error) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0, fmt.Errorf("read the limit of descriptors: %w", err)
	}
	return uint64(limit.Cur), nil
}

// room is how many sessions and data streams the daemon has descriptors for.
type room struct {
	sessions, streams int
	descriptors       uint64
}

// furnish divides limit descriptors. What was asked for, other than 0, must fit;
// the rest takes what is left, so that an accept never fails for want of one.
func furnish(limit uint64, sessions, streams int) (room, error) {
	total := int(min(limit, 1<<30)) - spare
	r := room{sessions, streams, limit}
	if sessions == 0 {
		each := perSession + fewStreams*perStream
		if streams != 0 {
			each = perSession
		}
		r.sessions = max(1, min(defaultSessions, (total-streams*perStream)/each))
	}
	if streams == 0 {
		r.streams = (total - r.sessions*perSession) / perStream
	}
	if need := r.sessions*perSession + r.streams*perStream; need > total || r.streams < 1 {
		return room{}, fmt.Errorf("%d sessions and %d data streams need %d file descriptors and the limit is %d: raise it (ulimit -n, LimitNOFILE= of systemd), or lower --max-sessions and --max-data-streams",
			r.sessions, max(r.streams, 1), r.sessions*perSession+max(r.streams, 1)*perStream+spare, limit)
	}
	return r, nil
}

// furnish finds room for what o asks for.
func (o *options) furnish() (room, error) {
	limit, err := descriptorLimit()
	if err != nil {
		return room{}, err
	}
	return furnish(limit, o.maxSessions, o.maxDataStreams)
}

// log says what was derived.
func (r room) log(log *slog.Logger) {
	log.Info("limits", "sessions", r.sessions, "data_streams", r.streams, "descriptors", r.descriptors)
}
