package server

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"

	"bbftp/engine/admission"
	"bbftp/engine/auth"
	"bbftp/engine/control"
	"bbftp/engine/wire"
)

// Shell is a session whose user a remote shell has logged in (wire.md 3.7).
type Shell struct {
	// In and Out are the pipes to the client, in non-blocking mode.
	In, Out *os.File
	// Account is the user; the configuration's accounts are not asked.
	Account auth.Account
	// Port is the control port that others derive from: the call-back is expected
	// at Port + 1, and data streams are connected from Port - 1. Default 5021.
	Port uint16
	// Caller is the client's address where the shell knows it; only it may call back
	// or, with Exchange, be named. A client that came by IPv6 may do so by IPv4, which
	// is all that legacy ones know: then from any address. Without Caller, the first
	// that calls is the client.
	Caller netip.Addr
	// Exchange asks the client for its address over the pipes instead of waiting
	// for its call (legacy option -A).
	Exchange bool
	// Address is this machine's, told to the client with Exchange.
	Address netip.Addr
}

// defaultPort is the registered port of bbftp.
const defaultPort = 5021

// ServeShell serves one session over the pipes of a remote shell until the
// client, ctx or [Server.Drain] ends it. Paths are those of the machine, and the session starts
// in the account's directory. It closes the pipes. It fails if the two sides do
// not learn each other's addresses.
//
//	pipe: MSG_LOGGED_STDIN port ─► call: MSG_IPADDR ─► call: MSG_IPADDR_OK ─► PROTWAIT
//	pipe: MSG_IPADDR address ────► pipe: MSG_IPADDR_OK address ─────────────► PROTWAIT   (Exchange)
func (s *Server) ServeShell(ctx context.Context, shell Shell) error {
	if shell.Port == 0 {
		shell.Port = defaultPort
	}
	shell.Caller = shell.Caller.Unmap()
	return s.current.Load().shell(ctx, shell)
}

func (s *service) shell(ctx context.Context, shell Shell) error {
	pipe := control.NewPipe(shell.In, shell.Out)
	ctl := control.New(pipe, wire.Client, s.limits())
	defer context.AfterFunc(ctx, func() { _ = ctl.Close() })()
	defer func() { _ = ctl.Hangup() }()
	log := s.log.With("user", shell.Account.Name)

	tree, home, err := s.openUnconfined(shell.Account.Dir, shell.Account)
	if err != nil {
		log.Error("account unusable", "error", err)
		_ = ctl.Send(s.greeting(wire.MsgBad, textNoHome))
		return err
	}
	defer func() { _ = tree.Close() }()
	local, remote, err := s.meet(ctx, ctl, shell)
	if err != nil {
		if s.draining.Err() != nil {
			err = errDraining // which has closed the pipes
		}
		log.Warn("client not met", "error", err)
		if !errors.Is(err, errDraining) {
			_ = ctl.Send(s.greeting(wire.MsgBad, "Unable to learn the client's address : "+reason(err)))
		}
		return fmt.Errorf("learn the client's address: %w", err)
	}
	pipe.Meet(local, remote)
	defer survive(s.log, pipe)
	s.run(ctx, &session{
		server: s, ctl: ctl, log: s.log.With("client", remote.Addr().String()), account: shell.Account,
		quota: new(admission.Visit), tree: tree, dir: home, oldest: 2,
	})
	return nil
}

// meet learns the addresses of both ends. The port of the local one is that of
// the control connection there would be.
func (s *service) meet(ctx context.Context, ctl *control.Conn, shell Shell) (local, remote netip.AddrPort, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, s.cfg.Waits.Caller, errNoCaller)
	defer cancel()
	defer context.AfterFunc(s.draining, func() { _ = ctl.Close() })()
	if shell.Exchange {
		remote, err = s.exchange(ctl, shell)
		// Legacy listens on all addresses here: the one it told need not be ours
		// where addresses are translated on the way.
		return netip.AddrPortFrom(netip.IPv4Unspecified(), shell.Port), remote, err
	}
	c, err := s.awaitCall(ctx, ctl, shell)
	return netip.AddrPortFrom(c.local.Addr(), shell.Port), c.remote, err
}

var (
	errNoCaller = fmt.Errorf("no call within the time limit: %w", context.DeadlineExceeded)
	errNoAnswer = errors.New("no address in the answer to MSG_IPADDR")
)

// exchange tells our address and asks for the client's, to which data streams will
// go: it must be the one that ssh came from, where that is known.
func (s *service) exchange(ctl *control.Conn, shell Shell) (netip.AddrPort, error) {
	if err := ctl.Send(wire.IPAddr{Kind: wire.MsgIPAddr, Addr: shell.Address}); err != nil {
		return netip.AddrPort{}, err
	}
	m, err := await(ctl, wire.MsgIPAddrOK, s.cfg.Waits.Caller)
	if err != nil {
		return netip.AddrPort{}, err
	}
	addr := m.(wire.IPAddr).Addr
	if !addr.IsValid() || addr.IsUnspecified() {
		return netip.AddrPort{}, errNoAnswer
	}
	if !shell.expects(addr) {
		return netip.AddrPort{}, errStranger
	}
	return netip.AddrPortFrom(addr, 0), nil
}
