package client

import (
	"cmp"
	"time"
)

// Path is what is known of the way to the server before a file moves.
type Path struct {
	Host string // as configured
	Port uint16 // likewise, 0 over ssh
	Put  bool
	// Congestion is the control algorithm of this side's data streams, "" if not
	// known. Where the server sends, its own is not known: hosts that meet are
	// often set up alike.
	Congestion string
	// RTT is the least round-trip time of the control connection, 0 if not known,
	// as over ssh.
	RTT time.Duration
	// Size of the file in bytes, -1 if not known yet: a get names its streams
	// before it learns the size.
	Size     int64
	Version  int // of the protocol
	Compress bool
	// Streams is what the user asked for; 0 leaves it to the tuner.
	Streams int
	// MaxStreams is the most that version and server take, and a file of Size is
	// worth to them.
	MaxStreams int
	// Fixes tells that the server fixes its windows to what the client asks for,
	// as legacy servers do; others leave them to the kernel's autotuning.
	Fixes bool
}

// Choice is how to move a file over a [Path].
type Choice struct {
	Streams int
	// SendWindow and RecvWindow are what to ask a server for that fixes its
	// windows, in KiB; 0 leaves it at the default.
	SendWindow, RecvWindow int
	// Why is the reason in a line or two, for people.
	Why []string
}

// Tuner chooses the number of data streams and the windows of each file, and
// learns from how it went. Several clients may share one.
type Tuner interface {
	// Choose is asked once for a file, however often it is tried.
	Choose(Path) Choice
	// Learn is told of each file that moved data.
	Learn(Path, *Transfer)
}

// tuned is what the tuner chose for an operation, and from what.
type tuned struct {
	Choice
	path Path
}

// tune asks the tuner once for each file: other tries of it keep its choice.
func (c *Client) tune(put bool, size int64) {
	if c.cfg.Tuner == nil || c.tuned != nil {
		return
	}
	most, _ := c.mostStreams()
	if c.room > 0 {
		most = min(most, c.room)
	}
	if size >= 0 && c.version > 1 {
		most = worth(most, size, c.set.BufferSize)
	}
	p := Path{
		Host: c.cfg.Host, Port: c.cfg.Port, Put: put, Congestion: c.set.Congestion, Size: size,
		Version: c.version, Compress: c.compress(), Streams: c.set.Streams, MaxStreams: most, Fixes: c.legacy(),
	}
	if info, err := c.ctl.Info(); err == nil {
		p.RTT = info.MinRTT
		if p.Congestion == "" {
			p.Congestion = info.Congestion
		}
	}
	if c.cfg.SSH != nil {
		p.Port = 0
	}
	choice := c.cfg.Tuner.Choose(p)
	if c.set.Streams != 0 {
		choice.Streams = c.set.Streams
	}
	choice.Streams = max(choice.Streams, 1)
	c.tuned = &tuned{Choice: choice, path: p}
	c.log.Debug("tuned", "streams", choice.Streams, "send_window", choice.SendWindow, "recv_window", choice.RecvWindow, "why", choice.Why)
}

// learn tells the tuner how the transfer went for which it chose.
func (c *Client) learn(t *Transfer) {
	if c.tuned != nil && c.set.Streams == 0 && !t.Simulated {
		c.cfg.Tuner.Learn(c.tuned.path, t)
	}
}

// noted takes note of how many data streams the server grants. It is a
// warning only to whom it denies a wish.
func (c *Client) noted(wanted, granted int) {
	switch {
	case c.set.Streams != 0:
		c.limit(wanted, granted, "the server takes no more")
	case granted < wanted:
		c.room = granted
	}
}

// announced are the windows as they go over the wire, in KiB. 0 would mean
// nothing to a legacy server.
func (c *Client) announced() (send, recv int) {
	send, recv = c.set.SendWindow, c.set.RecvWindow
	if c.tuned != nil {
		send, recv = cmp.Or(send, c.tuned.SendWindow), cmp.Or(recv, c.tuned.RecvWindow)
	}
	return cmp.Or(send, defaultKiB), cmp.Or(recv, defaultKiB)
}
