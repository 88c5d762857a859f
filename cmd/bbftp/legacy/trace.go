package legacy

import (
	"log/slog"
	"strings"
)

// logger passes on what the engine tells, with -d.
func (o *options) logger(c *console) *slog.Logger {
	if !c.debug {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewTextHandler(c.stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// trace shows with what the client starts.
func (o *options) trace(c *console) {
	s := o.settings
	if s.Simulate {
		c.trace("** SIMULATION MODE: No data written **")
	}
	c.trace("Starting parameters -----------------")
	c.trace("number of tries   = %d", o.tries)
	c.trace("number of streams = %d", s.Streams)
	c.trace("localumask        = %03o", s.Umask)
	c.trace("remoteumask       = %03o", value(o.remoteUmask, 0))
	c.trace("remotecos         = %d", value(o.remoteClass, -1))
	c.trace("buffersize        = %d KB", orDefault(s.BufferSize, defaultKiB))
	c.trace("sendwinsize       = %d KB", orDefault(s.SendWindow, defaultKiB))
	c.trace("recvwinsize       = %d KB", orDefault(s.RecvWindow, defaultKiB))
	waits := s.Waits.WithDefaults()
	c.trace("ackto             = %.0f s", waits.Ack.Seconds())
	c.trace("recvcontrolto     = %.0f s", waits.Reply.Seconds())
	c.trace("sendcontrolto     = %.0f s", waits.Send.Seconds())
	c.trace("datato            = %.0f s", waits.Idle.Seconds())
	for _, w := range switches {
		c.trace("option %s", map[bool]string{false: "no", true: ""}[w.on(s)]+w.name)
	}
	c.trace("-------------------------------------")
	c.trace("Connection mode ---------------------")
	if o.ssh != nil {
		c.trace("Using ssh mode")
		c.trace("     ssh command        = %s ", strings.Join(o.ssh.Command, " "))
		c.trace("     ssh remote command = %s ", o.ssh.Server)
	} else {
		c.trace("Using standard bbftp mode (%#o)", s.Umask)
	}
	c.trace("-------------------------------------")
}

// defaultKiB is the size of buffers and windows where none is set: the server
// is told this figure (the windows of this side are then the kernel's).
const defaultKiB = 256

func orDefault(n, def int) int {
	if n == 0 {
		return def
	}
	return n
}

func value[T any](p *T, def T) T {
	if p == nil {
		return def
	}
	return *p
}
