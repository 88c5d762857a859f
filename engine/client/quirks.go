package client

import (
	"crypto/rand"
	"strings"
	"time"

	"bbftp/engine/wire"
)

// What is known of certain releases. The greeting is the only place where a
// server names its own (wire.md 3.2); one started through ssh does not greet.

// refusedBy acts upon a refusal of v. Release 3.3.0 then closes the connection,
// after mkdir with a second, senseless reply (wire.md 8.5, 11.3, 11.4).
func (c *Client) refusedBy(v verb) {
	touchy := v == cd || v == mkdir || v == rm || v == list && c.set.MassStorage
	switch {
	case c.version == 1 || !touchy:
	case strings.HasPrefix(c.greeting, "bbftpd version 3.3.0"):
		c.disconnect() // the next operation connects anew at once
	case c.greeting == "":
		c.settled = time.Now().Add(c.set.Waits.Settle) // by then it shows
	}
}

// rehearsal is the name for a simulated put. Servers up to release 3 delete the
// file that is only pretended to be stored (wire.md 6.6), which must not be one
// that somebody has.
func (c *Client) rehearsal(remote string) string {
	if c.greeting != "" && !c.legacy() {
		return remote
	}
	return remote + ".bbftp." + rand.Text()[:8]
}

// passiveStreams is what a server before 3.3.0 has room for in version 3: its
// list of ports is written into 48 bytes (wire.md 11.22).
const passiveStreams = 12

// wantedStreams is how many data streams to ask for.
func (c *Client) wantedStreams() int {
	most, why := c.mostStreams()
	if c.set.Streams == 0 {
		return min(c.tuned.Streams, most)
	}
	return c.limit(c.set.Streams, most, why)
}

// mostStreams is how many data streams version and release take, and why no
// more.
func (c *Client) mostStreams() (most int, why string) {
	switch {
	case c.version == 1:
		return wire.MaxStreamsV1, "version 1 takes no more"
	case c.version == 2:
	case c.greeting == "":
		return passiveStreams, "the server does not name its release, and some take no more"
	case c.before330():
		return passiveStreams, "more would overrun the memory of a server of this release"
	}
	return wire.MaxStreams, "the protocol takes no more"
}

// legacy tells whether the server greets as a release up to 3. Such give data
// streams exactly the windows they are asked for (wire.md 6.3); those since leave
// the default to the kernel.
func (c *Client) legacy() bool {
	release, named := strings.CutPrefix(c.greeting, "bbftpd version ")
	return named && release != "" && release[0] >= '0' && release[0] <= '3'
}

// RefusesDirectories tells whether the server refuses to put a file in the place
// of a directory before any data move: legacy servers notice in versions 2 and 3
// only when all have arrived (wire.md 6.6). It needs a connection.
func (c *Client) RefusesDirectories() bool {
	return c.ctl != nil && (c.version == 1 || c.ours())
}

// ours tells whether the server greets as a release of this project.
func (c *Client) ours() bool { return strings.HasPrefix(c.greeting, "bbftpd version 4.") }

func (c *Client) before330() bool {
	for _, release := range []string{"3.0.", "3.1.", "3.2."} {
		if strings.HasPrefix(c.greeting, "bbftpd version "+release) {
			return true
		}
	}
	return false
}

// limit lowers a number of streams to most, and says so once for each reason.
func (c *Client) limit(wanted, most int, why string) int {
	if wanted <= most {
		return wanted
	}
	if !c.warned[why] {
		c.warned[why] = true
		c.log.Warn("fewer data streams", "wanted", wanted, "granted", most, "why", why)
		c.warn(StreamsLimited{Wanted: wanted, Granted: most, Why: why})
	}
	return most
}
