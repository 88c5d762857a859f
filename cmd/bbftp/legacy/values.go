package legacy

import (
	"net/netip"
	"os"
	"strconv"
	"strings"
	"time"

	"bbftp/cmd/bbftp/internal/argument"
	"bbftp/engine/client"
	"bbftp/engine/wire"
)

// take reads the options' values. Of one given twice the last counts.
func (o *options) take(w words) error {
	o.port, o.tries, o.settings.Streams = defaultPort, defaultTries, defaultStreams
	if w.streams != "" {
		n, err := strconv.Atoi(w.streams)
		if err != nil || n < 1 || n > wire.MaxStreams {
			return misusef(3, "Number of streams must be numeric and > 0 (-p %s, at most %d)", w.streams, wire.MaxStreams)
		}
		o.settings.Streams = n
	}
	if w.tries != "" {
		n, err := strconv.Atoi(w.tries)
		if err != nil || n < 1 {
			return misusef(4, "Number of tries must be numeric > 0 (-r %s)", w.tries)
		}
		o.tries = n
	}
	if w.port != "" {
		n, err := strconv.ParseUint(w.port, 10, 16)
		if err != nil || n == 0 {
			return misusef(4, "Control port must be numeric (-w %s, 1 to 65535)", w.port)
		}
		o.port = uint16(n)
	}
	if w.active.Seen() {
		o.active = true
		if err := o.takePorts(w.ports); err != nil {
			return err
		}
	}
	if o.controlFile != "" {
		if _, err := os.Stat(o.controlFile); err != nil {
			return misusef(7, "Input file (%s) cannot be stated", o.controlFile)
		}
	}
	if err := o.takeSSH(w); err != nil {
		return err
	}
	return o.takeOurs(w)
}

func (o *options) takePorts(text string) error {
	if text == "" {
		return nil
	}
	var err error
	if o.dataPorts, err = argument.Ports(text); err != nil {
		return misusef(4, "Invalid port range : %s (%w; glued to -D)", text, err)
	}
	return nil
}

// takeSSH reads the options of the ssh mode, each of which selects it.
func (o *options) takeSSH(w words) error {
	if !w.sshMode && !w.batch && w.identity == "" && w.sshCommand == "" && w.sshServer == "" {
		return nil
	}
	ssh := &client.SSH{Batch: w.batch, Identity: w.identity, Command: strings.Fields(defaultSSH), Server: defaultServer}
	if w.identity != "" {
		if _, err := os.Stat(w.identity); err != nil {
			return misusef(5, "SSH identity file (%s) cannot be stated", w.identity)
		}
	}
	if w.sshCommand != "" {
		var err error
		if ssh.Command, err = argument.Command(w.sshCommand); err != nil {
			return misusef(42, "ssh command %s: %w", w.sshCommand, err)
		}
		if len(ssh.Command) == 0 {
			return misusef(43, "No ssh command specified")
		}
	}
	if w.sshServer != "" {
		ssh.Server = argument.RemoteServer(w.sshServer)
	}
	o.ssh = ssh
	return nil
}

// The defaults of ssh mode.
const (
	defaultSSH    = "ssh -q"
	defaultServer = "bbftpd -s"
)

// takeOurs reads the options that the legacy client lacks.
func (o *options) takeOurs(w words) error {
	var err error
	if w.protocol != "" {
		if o.protocol, err = strconv.Atoi(w.protocol); err != nil || o.protocol < 1 || o.protocol > 3 {
			return misusef(6, "--protocol %s: want 1, 2 or 3", w.protocol)
		}
	}
	if w.waiting.Seen() {
		if o.retryWait, err = time.ParseDuration(w.wait); err != nil || o.retryWait < 0 {
			return misusef(6, "--retry-wait %s: want a duration such as 30s", strconv.Quote(w.wait))
		}
		if o.retryWait == 0 {
			o.retryWait = -1 // to client.Config 0 is the default
		}
	}
	if w.dataFrom != "" {
		if o.dataFrom, err = netip.ParseAddr(w.dataFrom); err != nil {
			return misusef(6, "--data-from %s: not an IP address", strconv.Quote(w.dataFrom))
		}
	}
	return nil
}
