package privsep

import (
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"net"

	"bbftp/cmd/bbftpd/internal/sandbox"
	"bbftp/engine/admission"
	"bbftp/engine/audit"
	"bbftp/engine/auth"
	"bbftp/engine/server"
	"bbftp/engine/trust"
)

// doorText is what a log line of a door may hold, in a frame of maxDoor.
const doorText = 1 << 10

// door takes the login of one client. It is confined before the first byte is read
// that the client has sent.
//
//	confined ─► greeting ─► [TLS] ─► login ─┬─ refused: said so ─────────────────────► end
//	                                        └─ welcome ─► session started ─┬─ no TLS ─► end
//	                                                                       └─ TLS: relay until either side has ended
func door(m *master, first *doorOrder) error {
	conn, err := passed(connFile)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	key, err := auth.ParseKey(first.Key)
	if err != nil {
		return err
	}
	clear(first.Key)
	log := slog.New(&speaker{channel: m.channel, level: first.Settings.LogLevel, room: doorText})
	cfg := first.Settings.door(log, recorder{m})
	cfg.Accounts = asker{m}
	var relayed net.Conn
	if len(first.Chain) > 0 {
		if relayed, err = passed(relayFile); err != nil {
			return err
		}
		defer func() { _ = relayed.Close() }()
		if cfg.TLS, err = m.identity(first.Chain).Config(); err != nil {
			return err
		}
	}
	s, err := server.New(cfg)
	if err != nil {
		return err
	}
	if err := sandbox.Bare(); err != nil {
		return err
	}
	_ = m.send(request{Ready: true}) // without a monitor we end
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	go func() {
		m.listen(nil)
		cancel(errGone)
	}()
	client, err := s.Login(ctx, conn, auth.OneKey(key))
	if err != nil {
		return nil // said and written down
	}
	defer context.AfterFunc(ctx, func() {
		_ = conn.Close()
		if relayed != nil {
			_ = relayed.Close()
		}
	})()
	return m.handOver(s, client, relayed)
}

// handOver has the client served by a session.
func (m *master) handOver(s *server.Server, client *server.Entered, relayed net.Conn) error {
	answer, err := m.ask(request{Enter: &entering{Early: client.Early, TLS: client.TLS}})
	switch {
	case err != nil:
		_ = client.Conn.Close()
		return nil // the monitor knows why
	case answer.Verdict != welcome:
		s.Refuse(client.Conn, errNoSession)
	case client.TLS:
		relay(client.Conn, relayed)
	}
	return nil
}

// errNoSession is for the client to read.
var errNoSession = errors.New("unable to start the session")

// relay passes on what both say until both have ended, or either has failed.
func relay(a, b net.Conn) {
	done := make(chan struct{})
	go func() {
		pass(a, b)
		close(done)
	}()
	pass(b, a)
	<-done
}

// pass passes on what from says. Its end is passed on as such, so that what the other
// has still to say gets there; a failure ends both.
func pass(to, from net.Conn) {
	_, err := io.Copy(to, from)
	if half, ok := to.(interface{ CloseWrite() error }); err == nil && ok && half.CloseWrite() == nil {
		return
	}
	_ = to.Close()
	_ = from.Close()
}

// asker has the monitor decide who may in.
type asker struct{ master *master }

// Authenticate implements [auth.Authenticator]. Of the account, the name is all
// that is known here.
func (a asker) Authenticate(_ context.Context, who auth.Credentials) (auth.Account, error) {
	answer, err := a.master.ask(request{Check: who.Marshal()})
	if err != nil {
		return auth.Account{}, err
	}
	switch answer.Verdict {
	case welcome:
		return auth.Account{Name: who.User()}, nil
	case denied:
		return auth.Account{}, auth.ErrDenied
	case full:
		return auth.Account{}, admission.ErrUserFull
	}
	return auth.Account{}, auth.ErrBusy
}

// identity is the server's, whose key is the monitor's.
func (m *master) identity(chain [][]byte) *trust.Identity {
	return &trust.Identity{Signer: signer{m, chain[0]}, Chain: chain}
}

// signer has the monitor sign.
type signer struct {
	master *master
	leaf   []byte // certificate of the key, in DER
}

// Public implements [crypto.Signer]; it is nil for a certificate that can't be read.
func (s signer) Public() crypto.PublicKey {
	leaf, err := x509.ParseCertificate(s.leaf)
	if err != nil {
		return nil
	}
	return leaf.PublicKey
}

// Sign implements [crypto.Signer], but for what can't be seen from a digest.
func (signer) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) { return nil, errDigest }

var errDigest = errors.New("the monitor signs nothing that it can't read")

// SignMessage implements [crypto.MessageSigner].
func (s signer) SignMessage(_ io.Reader, message []byte, opts crypto.SignerOpts) ([]byte, error) {
	answer, err := s.master.ask(request{Sign: &toSign{Message: message, Hash: uint(opts.HashFunc())}})
	if err != nil {
		return nil, err
	}
	return answer.Signature, nil
}

// recorder has the monitor write down what happened.
type recorder struct{ master *master }

// Record implements [audit.Sink].
func (r recorder) Record(record audit.Record) {
	record.File, record.Asked = cut(record.File, maxText), cut(record.Asked, maxText)
	record.User = cut(record.User, auth.MaxLogin)
	record.Reason = cut(record.Reason, maxText/8)
	_ = r.master.send(request{Record: &record}) // without a monitor we end
}
