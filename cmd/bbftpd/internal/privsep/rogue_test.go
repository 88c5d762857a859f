package privsep

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"net/netip"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"bbftp/engine/admission"
	"bbftp/engine/audit"
	"bbftp/engine/auth"
	"bbftp/engine/auth/system"
	"bbftp/engine/trust"
)

// one is the account of a user without groups.
type one struct{ asked int }

func (o *one) Login(_ context.Context, c auth.Credentials) (system.User, error) {
	o.asked++
	if user, secret, readable := c.Reveal(); readable && user == "alice" && string(secret) == "right" {
		return system.User{Account: auth.Account{Name: user}, UID: 1, GID: 1}, nil
	}
	return system.User{}, auth.ErrDenied
}

func (o *one) Authenticate(context.Context, auth.Credentials) (auth.Account, error) {
	return auth.Account{}, auth.ErrDenied
}

func (o *one) Lookup(string) (system.User, error) { return system.User{}, system.ErrUnknown }

// sink keeps records of one goroutine.
type sink []audit.Record

func (s *sink) Record(r audit.Record) { *s = append(*s, r) }

// login is a password as a door passes it on.
func login(user, password string) []byte {
	b := []byte{1, 0, 0, 0, byte(len(user))}
	return append(append(b, user...), password...)
}

// TestRogueDoor has a door that was taken over ask for more than it may.
func TestRogueDoor(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	check := request{Check: login("alice", "right")}
	wrong := request{Check: login("alice", "wrong")}
	handshake := strings.Repeat(" ", 64) + "TLS 1.3, server CertificateVerify\x00" + strings.Repeat("h", 32)
	signing := func(message string, hash crypto.Hash) request {
		return request{Sign: &toSign{Message: []byte(message), Hash: uint(hash)}}
	}
	sign := signing(handshake, crypto.SHA256)
	failed := request{Record: &audit.Record{Event: audit.Login, Outcome: audit.Denied, User: "bob", Client: netip.MustParseAddrPort("192.0.2.1:1")}}
	for name, tt := range map[string]struct {
		says    []request
		breach  bool
		entered bool
		asked   int
	}{
		"honest":                      {says: []request{check, {Enter: &entering{}}}, entered: true, asked: 1},
		"honest with TLS":             {says: []request{sign, check, {Enter: &entering{TLS: true}}}, entered: true, asked: 1},
		"wrong, recorded":             {says: []request{wrong, failed}, asked: 1},
		"two passwords":               {says: []request{wrong, check}, breach: true, asked: 1},
		"two signatures":              {says: []request{sign, sign}, breach: true},
		"signature after the login":   {says: []request{check, sign}, breach: true, asked: 1},
		"a certificate signed":        {says: []request{signing(strings.Repeat("c", len(handshake)), crypto.SHA256)}, breach: true},
		"a client's handshake signed": {says: []request{signing(strings.Replace(handshake, "server", "client", 1), crypto.SHA256)}, breach: true},
		"more than a handshake":       {says: []request{signing(handshake+"h", crypto.SHA256)}, breach: true},
		"another hash":                {says: []request{signing(handshake, 99)}, breach: true},
		"no hash":                     {says: []request{signing(handshake, 0)}, breach: true},
		"ready":                       {says: []request{{Ready: true}, check, {Enter: &entering{}}}, entered: true, asked: 1},
		"ready twice":                 {says: []request{{Ready: true}, {Ready: true}}, breach: true},
		"pong":                        {says: []request{{Pong: true}}, breach: true},
		"in without a password":       {says: []request{{Enter: &entering{}}}, breach: true},
		"in with a wrong one":         {says: []request{wrong, {Enter: &entering{}}}, breach: true, asked: 1},
		"TLS without a handshake":     {says: []request{check, {Enter: &entering{TLS: true}}}, breach: true, asked: 1},
		"streams":                     {says: []request{{Streams: 1}}, breach: true},
		"a login that was none":       {says: []request{{Record: &audit.Record{Event: audit.Login, Outcome: audit.OK, User: "root"}}}, breach: true},
		"a file":                      {says: []request{{Record: &audit.Record{Event: audit.File, Outcome: audit.Failed}}}, breach: true},
		"two records":                 {says: []request{failed, failed}, breach: true},
		"failure of a good login":     {says: []request{check, failed}, breach: true, asked: 1},
		"credentials of another kind": {says: []request{{Check: []byte("x")}}, breach: true},
	} {
		t.Run(name, func(t *testing.T) {
			accounts, records := &one{}, &sink{}
			c := roguish(accounts, records)
			c.terms.identity = &trust.Identity{Signer: key}
			ours, theirs := channels(t)
			over := make(chan error, 1)
			go func() {
				over <- c.login(context.Background(), idle(ours), &doorOrder{})
				_ = ours.Close()
			}()
			talk(theirs, tt.says)
			err := <-over
			if errors.Is(err, errRules) != tt.breach || err != nil && !tt.breach {
				t.Errorf("got %v", err)
			}
			if (c.entered != nil) != tt.entered || accounts.asked != tt.asked {
				t.Errorf("entered: %v, asked %d times", c.entered, accounts.asked)
			}
			for _, r := range *records {
				if r.User != "alice" && r.User != "" || r.Client != c.client {
					t.Errorf("recorded %+v", r)
				}
			}
		})
	}
}

// TestRogueLines bounds what a door writes.
func TestRogueLines(t *testing.T) {
	var log strings.Builder
	c := roguish(&one{}, &sink{})
	c.log = slog.New(slog.NewTextHandler(&log, nil))
	ours, theirs := channels(t)
	over := make(chan error, 1)
	go func() {
		over <- c.login(context.Background(), idle(ours), &doorOrder{})
		_ = ours.Close()
	}()
	says := make([]request, 10*maxDoorLines)
	for i := range says {
		says[i] = request{Log: &line{Message: "noise"}}
	}
	talk(theirs, says)
	if err := <-over; !errors.Is(err, errRules) {
		t.Errorf("got %v", err)
	}
	if n := strings.Count(log.String(), "noise"); n > maxDoorLines {
		t.Errorf("%d lines", n)
	}
}

// TestRogueSession has a session that was taken over ask for more than it may, and
// keep silent about what it must tell.
func TestRogueSession(t *testing.T) {
	told := func(event audit.Event, outcome audit.Outcome) request {
		return request{Record: &audit.Record{Event: event, Outcome: outcome, User: "root", Session: 99}}
	}
	in, over, lost := told(audit.Login, audit.OK), told(audit.Session, audit.OK), "session failed"
	for name, tt := range map[string]struct {
		says   []request
		breach bool
		want   []string
	}{
		"honest":               {says: []request{in, told(audit.File, audit.OK), over}, want: []string{"login ok", "file ok", "session ok"}},
		"no login after all":   {says: []request{told(audit.Login, audit.Failed)}, want: []string{"login failed"}},
		"nothing said":         {want: []string{"login failed"}},
		"no end":               {says: []request{in}, want: []string{"login ok", lost}},
		"two logins":           {says: []request{in, in}, breach: true, want: []string{"login ok", lost}},
		"two ends":             {says: []request{in, over, over}, breach: true, want: []string{"login ok", "session ok"}},
		"refused":              {says: []request{in, told(audit.Refused, audit.Denied)}, breach: true, want: []string{"login ok", lost}},
		"another outcome":      {says: []request{in, told(audit.File, "great")}, breach: true, want: []string{"login ok", lost}},
		"a password":           {says: []request{in, {Check: login("bob", "right")}}, breach: true, want: []string{"login ok", lost}},
		"a signature":          {says: []request{in, {Sign: &toSign{Message: []byte("m")}}}, breach: true, want: []string{"login ok", lost}},
		"ready":                {says: []request{in, {Ready: true}}, breach: true, want: []string{"login ok", lost}},
		"another session":      {says: []request{in, {Enter: &entering{}}}, breach: true, want: []string{"login ok", lost}},
		"streams not its own":  {says: []request{in, {Release: 7}, over}, want: []string{"login ok", "session ok"}},
		"there without a word": {says: []request{in, {Pong: true}, over}, want: []string{"login ok", "session ok"}},
	} {
		t.Run(name, func(t *testing.T) {
			records := &sink{}
			c := roguish(&one{}, records)
			c.user, c.entered = system.User{Account: auth.Account{Name: "alice"}}, &entering{}
			ours, theirs := channels(t)
			s := &served{connection: c, process: idle(ours), log: c.log, granted: map[uint64]func(){}}
			s.process.ended = make(chan struct{})
			close(s.process.ended) // without an error
			heard := make(chan error, 1)
			go func() {
				heard <- s.listen(context.Background())
				_ = ours.Close()
			}()
			talk(theirs, tt.says)
			if err := <-heard; errors.Is(err, errRules) != tt.breach || err != nil && !tt.breach {
				t.Errorf("got %v", err)
			}
			if err := s.buried(); err != nil {
				t.Error(err)
			}
			var got []string
			for _, r := range *records {
				got = append(got, string(r.Event)+" "+string(r.Outcome))
				if r.User != "alice" || r.Session == 99 || r.Client != c.client {
					t.Errorf("recorded %+v", r)
				}
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("recorded %q, want %q", got, tt.want)
			}
		})
	}
}

func roguish(accounts system.Accounts, records audit.Sink) *connection {
	m := &Monitor{cfg: Config{Accounts: accounts, Audit: records}, draining: context.Background()}
	return &connection{
		monitor: m, visit: &admission.Visit{}, log: slog.New(slog.DiscardHandler), client: netip.MustParseAddrPort("192.0.2.7:7"),
		started: func() {},
	}
}

// idle is a process that needs no killing.
func idle(c *channel) *process { return &process{channel: c, cmd: &exec.Cmd{}} }

// talk says it all, and listens meanwhile.
func talk(c *channel, says []request) {
	go func() { _, _ = io.Copy(io.Discard, c.conn) }()
	for _, r := range says {
		if c.send(r) != nil {
			break
		}
	}
	_ = c.Close()
}
