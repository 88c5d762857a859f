package privsep

import (
	"context"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"bbftp/cmd/bbftpd/internal/sandbox"
	"bbftp/engine/admission"
	"bbftp/engine/server"
	"bbftp/engine/storage"
)

// sessionText is what a log line of a session may hold, in a frame of maxSession.
const sessionText = 8 << 10

// session serves one client with the rights of its user.
func session(m *master, first *sessionOrder) error {
	control, err := passed(connFile)
	if err != nil {
		return err
	}
	conn := meet(control, first)
	log := slog.New(&speaker{channel: m.channel, level: first.Settings.LogLevel, room: sessionText})
	dir := first.Account.Dir
	if dir == "" {
		dir = first.Settings.Server.Root
	}
	if os.Chdir(dir) != nil {
		dir = "" // the server finds out, and tells the client
	}
	cfg := first.Settings.session(log, recorder{m})
	mass, stores, err := openStores(first.Settings, cfg.Storage)
	if err != nil {
		log.Error("mass storage not served", "error", err)
	}
	cfg.MassStorage = mass
	s, err := server.New(cfg)
	if err != nil {
		return err
	}
	s.SetRate(first.Rate)
	readOnly := first.Settings.Server.ReadOnly || first.Account.ReadOnly
	if err := confine(sandbox.Files{All: first.Settings.Server.Unconfined, Readable: stores}, dir, readOnly); err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	terminated := make(chan os.Signal, 1)
	signal.Notify(terminated, syscall.SIGTERM)
	go func() {
		<-terminated
		s.Drain()
	}()
	go func() {
		m.listen(func(o order) {
			switch {
			case o.Stop:
				cancel(errGone)
			case o.Drain:
				s.Drain()
			case o.Rate != nil:
				s.SetRate(*o.Rate)
			case o.Ping:
				_ = m.send(request{Pong: true}) // without a monitor we end
			}
		})
		cancel(errGone)
	}()
	_ = s.ServeEntered(ctx, &server.Entered{
		Account: first.Account, Conn: conn, Early: first.Early, TLS: first.TLS,
		Session: first.Number, Streams: m.streams, AtMost: first.AtMost,
	}) // said and written down
	return nil
}

// confine leaves the process files and the directory its account is about.
func confine(files sandbox.Files, dir string, readOnly bool) error {
	switch {
	case dir == "":
	case readOnly:
		files.Readable = append(files.Readable, dir)
	default:
		files.Writable = []string{dir}
	}
	return sandbox.Session(files)
}

// openStores opens mass storage with the rights of the session's user. dirs are
// the directories.
func openStores(settings Settings, limits storage.Limits) (mass *storage.MassStorage, dirs []string, err error) {
	var stores []storage.Store
	for _, arg := range settings.MassStorage {
		store, err := storage.OpenStore(arg, limits)
		if err != nil {
			return nil, nil, err
		}
		_, dir, _ := strings.Cut(arg, "=")
		if !filepath.IsAbs(dir) {
			dir = arg
		}
		stores, dirs = append(stores, store), append(dirs, dir)
	}
	if stores == nil {
		return nil, nil, nil
	}
	return storage.NewMassStorage(storage.MassConfig{Stores: stores, OpenLimit: settings.MassLimit}), dirs, nil
}

// streams asks for so many more data streams.
func (m *master) streams(n int) (release func(), err error) {
	answer, err := m.ask(request{Streams: n})
	switch {
	case err != nil:
		return nil, err
	case answer.Grant == 0:
		return nil, admission.ErrStreams
	}
	return func() { _ = m.send(request{Release: answer.Grant}) }, nil
}

// relayed is a connection through a door, between the ends of the client's TCP
// connection, which data streams are to be found by.
type relayed struct {
	*net.UnixConn
	local, remote netip.AddrPort
}

func (r *relayed) LocalAddr() net.Addr  { return net.TCPAddrFromAddrPort(r.local) }
func (r *relayed) RemoteAddr() net.Addr { return net.TCPAddrFromAddrPort(r.remote) }

// meet gives conn the addresses of the client's connection, if it has none of TCP.
func meet(conn net.Conn, first *sessionOrder) net.Conn {
	if unix, ok := conn.(*net.UnixConn); ok {
		return &relayed{UnixConn: unix, local: first.Local, remote: first.Remote}
	}
	return conn
}
