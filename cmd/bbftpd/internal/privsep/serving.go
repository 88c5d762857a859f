package privsep

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"

	"bbftp/engine/audit"
	"bbftp/engine/wire"
)

// served is a session as the monitor sees it: what it may have, and what was said of it.
type served struct {
	*connection
	process *process
	log     *slog.Logger
	granted map[uint64]func() // data streams it has, by grant
	grants  uint64
	over    bool // it has written down its end
	pace    pace
	news    news
}

// maxGrants bounds what a session holds at once: it transfers one file at a time.
const maxGrants = 64

// session has the client served by a process of its user, over conn or, with TLS,
// over relay from the door.
func (c *connection) session(ctx context.Context, door *process, conn, relay *os.File) error {
	if c.entered.TLS {
		conn = relay
	}
	process, err := c.startSession(ctx, conn)
	if err != nil {
		// The door tells the client, who has heard nothing since the login.
		return errors.Join(err, door.send(order{Reply: &reply{Verdict: busy}}), door.wait(grace))
	}
	defer process.end()
	_ = conn.Close()
	s := &served{
		connection: c, process: process, granted: make(map[uint64]func()),
		log: c.log.With("user", c.user.Name), news: news{wake: make(chan struct{}, 1)},
	}
	defer s.leave()
	s.news.heard.Store(true)
	err = s.run(ctx, door)
	_ = process.Close()
	if err != nil {
		process.kill()
	}
	return errors.Join(err, s.buried())
}

func (c *connection) startSession(ctx context.Context, conn *os.File) (*process, error) {
	over, err := c.monitor.starts.take(ctx, loggedIn)
	if err != nil {
		return nil, err
	}
	defer over()
	return start(partSession, identity{uid: c.user.UID, gid: c.user.GID, groups: c.user.Groups}, conn)
}

func (s *served) run(ctx context.Context, door *process) error {
	share := &sharer{user: s.user.Name, own: s.user.Rate, share: s.news.rate}
	defer s.monitor.shares.join(share)()
	if err := s.process.send(order{Session: s.first(share)}); err != nil {
		return ended(ctx, err)
	}
	_ = door.send(order{Reply: &reply{Verdict: welcome}}) // if it was killed, the session sees
	if !s.entered.TLS {
		go func() { _ = door.wait(grace) }() // nobody needs it any more
	}
	telling, enough := context.WithCancel(context.Background())
	defer enough()
	go s.tell(telling, ctx)
	return s.listen(ctx)
}

// first is what the process is told at its start.
func (s *served) first(share *sharer) *sessionOrder {
	settings, account := s.terms.settings, s.user.Account
	settings.Server.Memory = s.monitor.shares.lend(share, settings.Server.Memory)
	account.MassStorage = "/" // as far as its user may read
	account.Rate = 0          // a part of the share, as the user's other sessions have theirs
	return &sessionOrder{
		Settings: settings, Account: account, Number: s.visit.Number(), Local: s.local, Remote: s.client,
		Early: s.entered.Early, TLS: s.entered.TLS, Rate: s.news.limit.Load(), AtMost: s.visit.AtMost(wire.MaxStreams),
	}
}

// listen does what the session asks for until it ends.
func (s *served) listen(ctx context.Context) error {
	for {
		frame, err := s.process.receive(maxSession)
		if err != nil {
			return ended(context.Background(), err)
		}
		s.news.heard.Store(true)
		r, err := parseRequest(frame)
		if err != nil {
			return err
		}
		s.pace.wait(ctx, len(frame))
		if err := s.answer(r); err != nil {
			return err
		}
	}
}

func (s *served) answer(r request) error {
	switch {
	case r.Pong:
	case r.Log != nil:
		s.write(s.log, r.Log)
	case r.Streams != 0:
		return s.process.send(order{Reply: &reply{Grant: s.grant(r.Streams)}})
	case r.Release != 0:
		if release := s.granted[r.Release]; release != nil {
			delete(s.granted, r.Release)
			release()
		}
	case r.Record != nil:
		return s.note(*r.Record)
	default:
		return fmt.Errorf("%w: a request out of turn", errRules)
	}
	return nil
}

// grant is the number by which n data streams are to be released; 0: refused.
func (s *served) grant(n int) uint64 {
	if len(s.granted) == maxGrants {
		return 0
	}
	release, err := s.visit.Streams(n)
	if err != nil {
		s.log.Warn("data streams refused", "streams", n, "error", err)
		return 0
	}
	s.grants++
	s.granted[s.grants] = release
	return s.grants
}

// note writes down what the session says it did.
func (s *served) note(r audit.Record) error {
	known := []audit.Event{audit.File, audit.Change}
	if !s.record {
		known = append(known, audit.Login)
	}
	if !s.over {
		known = append(known, audit.Session)
	}
	switch {
	case !slices.Contains(known, r.Event),
		!slices.Contains([]audit.Outcome{audit.OK, audit.Failed, audit.Denied}, r.Outcome),
		!word(r.Operation), !word(r.Verdict):
		return fmt.Errorf("%w: a record out of turn", errRules)
	}
	if r.Event == audit.Login {
		s.record, s.over = true, r.Outcome != audit.OK
	}
	s.over = s.over || r.Event == audit.Session
	r.TLS = s.entered.TLS
	s.audit(r)
	return nil
}

// word tells whether s is none, or one of few letters, as counters are named by.
func word(s string) bool {
	for _, c := range s {
		if (c < 'a' || c > 'z') && c != ' ' && c != '-' && c != '_' {
			return false
		}
	}
	return len(s) <= 32
}

// buried waits for the end of the process, which has closed its channel or was killed.
func (s *served) buried() error {
	err := s.process.wait(grace)
	// One that says that all is well, and has not told how it ended, was taken over.
	if !s.record {
		s.record = true
		s.audit(audit.Record{Event: audit.Login, Outcome: audit.Failed, Reason: reasonDied})
	} else if !s.over {
		s.audit(audit.Record{Event: audit.Session, Outcome: audit.Failed, Reason: reasonDied})
	}
	if err != nil {
		s.log.Error("session process died", "error", err)
	}
	return nil
}

func (s *served) leave() {
	for _, release := range s.granted {
		release()
	}
}
