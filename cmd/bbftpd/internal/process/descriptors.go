package process

import (
	"fmt"
	"log/slog"
	"syscall"

	"bbftp/engine/server"
)

// What things take of the descriptors of the process, at most.
const (
	// perSession: the control connection, the directory of the account, those on the
	// way to a file, the file.
	perSession = 8
	// perStream: the connection, the listener it came from, and the two ends of the
	// pipe through which it is spliced.
	perStream = 4
	// spare: logs, metrics, the control port, the poller, the clients that wait for a
	// place or are turned away.
	spare = 32 + server.Lobby
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

// Room is how many sessions and data streams the daemon has descriptors for.
type Room struct {
	Sessions, Streams int
	Descriptors       uint64
}

// Furnish finds room for so many sessions and data streams; 0: as many as there is room
// for. The error says which limit is too low.
func Furnish(sessions, streams int) (Room, error) {
	limit, err := descriptorLimit()
	if err != nil {
		return Room{}, err
	}
	return furnish(limit, sessions, streams)
}

// furnish divides limit descriptors. What was asked for, other than 0, must fit;
// the rest takes what is left, so that an accept never fails for want of one.
func furnish(limit uint64, sessions, streams int) (Room, error) {
	total := int(min(limit, 1<<30)) - spare
	r := Room{sessions, streams, limit}
	if sessions == 0 {
		each := perSession + fewStreams*perStream
		if streams != 0 {
			each = perSession
		}
		r.Sessions = max(1, min(defaultSessions, (total-streams*perStream)/each))
	}
	if streams == 0 {
		r.Streams = (total - r.Sessions*perSession) / perStream
	}
	if need := r.Sessions*perSession + r.Streams*perStream; need > total || r.Streams < 1 {
		return Room{}, fmt.Errorf("%d sessions and %d data streams need %d file descriptors and the limit is %d: raise it (ulimit -n, LimitNOFILE= of systemd), or lower --max-sessions and --max-data-streams",
			r.Sessions, max(r.Streams, 1), r.Sessions*perSession+max(r.Streams, 1)*perStream+spare, limit)
	}
	return r, nil
}

// Log says what was derived.
func (r Room) Log(log *slog.Logger) {
	log.Info("limits", "sessions", r.Sessions, "data_streams", r.Streams, "descriptors", r.Descriptors)
}
