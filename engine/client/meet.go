package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"bbftp/engine/control"
	"bbftp/engine/wire"
	"bbftp/netio"
)

// openShell starts the server through ssh. The addresses between which data
// streams run, which pipes don't have, are settled first (wire.md 3.7):
//
//	MSG_LOGGED_STDIN, a port ─► connect there ─ MSG_IPADDR ─► MSG_IPADDR_OK
//	MSG_IPADDR, its address ──► MSG_IPADDR_OK, ours            (server option -A)
func (c *Client) openShell(ctx context.Context, limits control.Limits) error {
	line := c.cfg.SSH.line(c.cfg.User, c.cfg.Host)
	c.log.Debug("start", "command", line)
	sh, err := startShell(line, c.cfg.SSH)
	if err != nil {
		return &LocalError{"start " + line[0], err}
	}
	stop := sh.abandon(ctx)
	err = c.meet(ctx, sh, line[0])
	stop()
	if err != nil {
		_ = sh.Close()
		return err
	}
	c.ctl = control.New(sh, wire.Server, limits)
	c.hook(ctx)
	c.welcome("")
	return nil
}

// meet lets both sides know each other's address.
func (c *Client) meet(ctx context.Context, sh *shell, command string) error {
	if err := sh.SetReadDeadline(time.Now().Add(c.set.Waits.Reply)); err != nil {
		return &BrokenError{err}
	}
	m, err := firstWord(sh)
	if err == io.EOF {
		return sh.failed(command)
	}
	if err != nil {
		return err
	}
	switch m := m.(type) {
	case wire.LoggedStdin:
		return c.call(ctx, sh, m.Port)
	case wire.IPAddr:
		if m.Kind == wire.MsgIPAddr {
			return c.exchange(ctx, sh, m.Addr)
		}
	case wire.Reply:
		if m.Kind == wire.MsgBad || m.Kind == wire.MsgBadNoRetry {
			return refused(m)
		}
	}
	return &BrokenError{fmt.Errorf("%v as first word of the server", m.Code())}
}

// firstWord reads the server's first message. It returns io.EOF if there is
// none. What a login script prints stands in its place: that is shown.
func firstWord(sh *shell) (wire.Message, error) {
	head := make([]byte, wire.HeaderSize, noiseShown)
	n, err := io.ReadFull(sh, head)
	switch {
	case err == io.EOF:
		return nil, err
	case n == 0:
		return nil, &BrokenError{fmt.Errorf("wait for the server to start: %w", err)}
	case err == nil:
		m, err := wire.Read(io.MultiReader(strings.NewReader(string(head)), sh), wire.Server)
		if !errors.Is(err, wire.ErrUnknownCode) && !errors.Is(err, wire.ErrLength) {
			if err != nil {
				err = &BrokenError{err}
			}
			return m, err
		}
		// The rest of it is on its way.
		_ = sh.SetReadDeadline(time.Now().Add(time.Second))
		more, _ := io.ReadAtLeast(sh, head[n:cap(head)], cap(head)-n)
		n += more
	}
	return nil, &LoginError{fmt.Errorf("the remote shell says %q where the server was to begin: its start-up files must print nothing", head[:n])}
}

// noiseShown is how much of it tells a user where it comes from.
const noiseShown = 64

// call connects to the port at which the server waits to learn the addresses.
func (c *Client) call(ctx context.Context, sh *shell, port int32) error {
	numbers, err := wire.Ports{port}.Numbers()
	if err != nil {
		return &BrokenError{fmt.Errorf("the server's call-back port: %w", err)}
	}
	host := c.cfg.Host[strings.LastIndexByte(c.cfg.Host, '@')+1:] // ssh takes user@host as well
	address := net.JoinHostPort(host, strconv.Itoa(int(numbers[0])))
	conn, err := netio.Dialer{Timeout: c.set.Waits.Connect}.Dial(ctx, address)
	if err != nil {
		return &ConnectError{fmt.Errorf("ssh reaches the host, but the server also waits for a direct connection: %w", err)}
	}
	defer func() { _ = conn.Close() }()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	wait := c.set.Waits.Reply
	ctl := control.New(conn, wire.Server, control.Limits{Receive: wait, Send: c.set.Waits.Send})
	if err := ctl.Send(wire.IPAddr{Kind: wire.MsgIPAddr}); err != nil {
		return &BrokenError{err}
	}
	m, err := ctl.Read(wait)
	if err != nil {
		return &BrokenError{fmt.Errorf("wait for MSG_IPADDR_OK: %w", err)}
	}
	if m.Code() != wire.MsgIPAddrOK {
		return &BrokenError{fmt.Errorf("%v instead of MSG_IPADDR_OK", m.Code())}
	}
	sh.Meet(ctl.LocalAddr(), ctl.RemoteAddr())
	return nil
}

// exchange tells the server which of our addresses leads to its own.
func (c *Client) exchange(ctx context.Context, sh *shell, server netip.Addr) error {
	if !server.Is4() || server.IsUnspecified() {
		return &BrokenError{fmt.Errorf("the server's address is %v", server)}
	}
	// Connecting a UDP socket sends nothing, but the kernel has to choose.
	conn, err := (&net.Dialer{}).DialContext(ctx, "udp4", netip.AddrPortFrom(server, c.cfg.Port).String())
	if err != nil {
		return &ConnectError{fmt.Errorf("no way to the server's address %v: %w", server, err)}
	}
	defer func() { _ = conn.Close() }()
	local := conn.LocalAddr().(*net.UDPAddr).AddrPort().Addr()
	if err := sh.SetWriteDeadline(time.Now().Add(c.set.Waits.Send)); err != nil {
		return &BrokenError{err}
	}
	if _, err := sh.Write(wire.IPAddr{Kind: wire.MsgIPAddrOK, Addr: local}.Append(nil)); err != nil {
		return &BrokenError{err}
	}
	sh.Meet(netip.AddrPortFrom(local, 0), netip.AddrPortFrom(server, 0))
	return nil
}
