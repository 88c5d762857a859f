package privsep

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"bbftp/engine/admission"
	"bbftp/engine/audit"
	"bbftp/engine/auth"
)

// ended is the error of a channel whose process has gone: its end is told by the
// process itself, unless we wanted it.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// answer does what a door asks for.
func (c *connection) answer(ctx context.Context, door *process, r request) error {
	switch {
	case r.Ready && !c.ready:
		c.ready = true
		c.started()
		return nil
	case r.Sign != nil:
		return c.sign(door, r.Sign)
	case len(r.Check) > 0:
		return c.check(ctx, door, r.Check)
	case r.Log != nil:
		return c.line(r.Log)
	case r.Record != nil:
		return c.failure(*r.Record)
	case r.Enter != nil && c.user.Name != "" && (!r.Enter.TLS || c.signed):
		c.entered = r.Enter
		return nil
	}
	return fmt.Errorf("%w: a request out of turn", errRules)
}

// sign signs the handshake of this connection, of which there is one.
func (c *connection) sign(door *process, what *toSign) error {
	if c.signed || c.checked || c.terms.identity == nil {
		return fmt.Errorf("%w: a signature out of turn", errRules)
	}
	c.signed = true
	if !handshake(c.terms.identity.Signer.Public(), what) {
		return fmt.Errorf("%w: not a handshake to sign", errRules)
	}
	signature, err := crypto.SignMessage(c.terms.identity.Signer, rand.Reader, what.Message, crypto.Hash(what.Hash))
	if err != nil {
		return fmt.Errorf("sign the TLS handshake: %w", err)
	}
	return door.send(order{Reply: &reply{Signature: signature}})
}

// handshake tells whether what is a server's in TLS 1.3 (RFC 8446, 4.4.3), and so
// neither a certificate nor anything else that a signature of the key might stand for.
func handshake(key crypto.PublicKey, what *toSign) bool {
	var hash crypto.Hash // of Ed25519: none
	if _, ok := key.(*ecdsa.PublicKey); ok {
		hash = crypto.SHA256
	}
	transcript, ok := strings.CutPrefix(string(what.Message), strings.Repeat(" ", 64)+"TLS 1.3, server CertificateVerify\x00")
	return ok && crypto.Hash(what.Hash) == hash && (len(transcript) == sha256.Size || len(transcript) == sha512.Size384)
}

// check tries a password, with all that makes guessing slow.
func (c *connection) check(ctx context.Context, door *process, login []byte) error {
	if c.checked {
		return fmt.Errorf("%w: a second password", errRules)
	}
	c.checked = true
	who, err := auth.ParseCredentials(login)
	defer clear(login)
	if err != nil {
		return fmt.Errorf("%w: %w", errRules, err)
	}
	defer who.Wipe()
	c.claimed = cut(who.User(), auth.MaxLogin)
	c.visit.Waiting(false)
	defer c.visit.Waiting(true) // for the door, unless there is a session
	// One whose time is over, or that has died, can't pass on the answer.
	ctx, cancel := context.WithDeadline(ctx, c.due)
	defer cancel()
	go func() {
		select {
		case <-door.ended:
			cancel()
		case <-ctx.Done():
		}
	}()
	return door.send(order{Reply: &reply{Verdict: c.judge(ctx, who)}})
}

func (c *connection) judge(ctx context.Context, who auth.Credentials) verdict {
	if err := c.visit.Check(ctx); err != nil {
		c.log.Warn("password not checked", "user", c.claimed, "error", err)
		return busy
	}
	user, err := c.monitor.cfg.Accounts.Login(ctx, who)
	switch {
	case errors.Is(err, auth.ErrDenied):
		// The reason, an expired account for one, is for the log, not for the door.
		c.log.Warn("login denied", "user", c.claimed, "error", err)
		c.visit.Failed(ctx)
		return denied
	case err != nil:
		c.log.Warn("password not checked", "user", c.claimed, "error", err)
		return busy
	}
	if err := c.visit.AdmitSoon(ctx, user.Name, user.Sessions, user.Streams); err != nil {
		c.log.Warn("login refused", "user", user.Name, "error", err)
		if errors.Is(err, admission.ErrUserFull) {
			return full
		}
		return busy
	}
	c.user = user
	return welcome
}

func (c *connection) line(l *line) error {
	if c.lines++; c.lines > maxDoorLines {
		return fmt.Errorf("%w: too many log lines", errRules)
	}
	c.write(c.log, l)
	return nil
}

func (c *connection) write(log *slog.Logger, l *line) {
	log.LogAttrs(context.Background(), slog.Level(l.Level), l.Message, l.attrs()...)
}

// failure writes down that the login failed, which is all a door can tell.
func (c *connection) failure(r audit.Record) error {
	if c.record || c.user.Name != "" || r.Event != audit.Login || r.Outcome != audit.Failed && r.Outcome != audit.Denied {
		return fmt.Errorf("%w: a record out of turn", errRules)
	}
	c.record = true
	c.audit(audit.Record{Event: r.Event, Outcome: r.Outcome, Reason: cut(r.Reason, maxText), User: c.claimed, TLS: c.signed})
	return nil
}
