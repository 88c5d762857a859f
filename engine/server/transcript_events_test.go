package server

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"bbftp/engine/recorded"
	"bbftp/engine/wire"
)

// logins are the sessions whose MSG_LOG is encrypted and not the login of the
// one user; of hand_login_rsa_garbage nothing can be decrypted.
var logins = map[string][2]string{
	"hand_login_rsa_garbage":  {},
	"v3_login_unknown_user":   {"nouser", "secret"},
	"v3_login_wrong_password": {"bbuser", "wrong"},
}

// walkouts are the sessions whose client hangs up in the middle of a message or
// of a transfer.
var walkouts = []string{
	"hand_v3_header_truncated", "hand_v3_stat_truncated", "hand_v3_trans_start_with_body",
	"v2_put_client_sigint", "v3_put_client_sigint", "v3_put_client_sigkill",
}

// timed is an event and its milliseconds since the start.
type timed struct {
	event
	at float64
}

// leaves reports whether e is the client's EOF.
func (e timed) leaves() bool { return e.from == wire.Client && e.kind == eof }

// events puts the events of all connections into one order.
func (tr *transcript) events(r *recording) error {
	var all []timed
	for i := range tr.Connections {
		of, err := tr.connection(r, &tr.Connections[i])
		if err != nil {
			return fmt.Errorf("connection %d: %w", tr.Connections[i].ID, err)
		}
		all = append(all, of...)
	}
	inTime := func(a, b timed) int { return cmp.Compare(a.at, b.at) }
	slices.SortStableFunc(all, inTime)
	all = outlive(all)
	for _, e := range all {
		r.events = append(r.events, e.event)
	}
	return nil
}

// connection is what happened on c.
func (tr *transcript) connection(r *recording, c *recorded.Connection) (all []timed, err error) {
	switch open := (event{conn: c.ID, from: wire.Server, kind: opened, stream: c.Stream}); c.Kind {
	case recorded.Check:
		open.from, open.stream = wire.Client, callerStream
		all = append(all, timed{open, c.OpenMS})
	case recorded.Data:
		if c.Initiator == "client" {
			open.from = wire.Client
		}
		all = append(all, timed{open, c.OpenMS})
	}
	acts, err := c.Acts()
	if err != nil {
		return nil, err
	}
	for _, a := range acts {
		if a.From == wire.Client && a.Reset && len(all) > 0 && all[len(all)-1].leaves() {
			all[len(all)-1].kind = reset // the end of a process, in two steps
			continue
		}
		all = append(all, timed{tr.event(c, a), a.AtMS})
	}
	if c.Kind == recorded.Data && tr.Transfers[c.Transfer].Op == "get" && tr.Transfers[c.Transfer].Gzip {
		limit := recordedBlock
		if strings.HasPrefix(tr.Name, "v1_") {
			limit = wire.BlockSizeV1
		}
		whole := slices.IndexFunc(all, func(e timed) bool { return e.kind == sent })
		if whole < 0 {
			return nil, fmt.Errorf("no blocks")
		}
		err = unblock(r, &all[whole].event, tr.Transfers[c.Transfer].Source, c.Range.Offset, c.Range.Length, limit)
	}
	return all, err
}

// recordedBlock is the buffer size of the recorded clients, in bytes.
const recordedBlock = 256 << 10

// event is what a makes on c.
func (tr *transcript) event(c *recorded.Connection, a recorded.Act) event {
	e := event{conn: c.ID, from: a.From, bytes: a.Bytes}
	switch {
	case a.Reset:
		e.kind = reset
	case a.EOF:
		e.kind = eof
	}
	switch {
	case c.Kind == recorded.Control:
		tr.encrypted(&e)
		if e.from == wire.Client && e.kind == eof && slices.Contains(walkouts, tr.Name) {
			e.kind = walkout
		}
	case c.Kind == recorded.Data && e.from == wire.Server && e.kind != sent:
		// Which end a failed transfer has depends on what was still on its way.
		if !tr.Transfers[c.Transfer].Acked && !strings.HasSuffix(tr.Name, "_simulation") {
			e.kind = closed
		}
	}
	return e
}

// encrypted makes a MSG_LOG that only the recorded server could decrypt one
// for any server.
func (tr *transcript) encrypted(e *event) {
	if e.from != wire.Client || e.kind != sent {
		return
	}
	m, _, err := wire.Parse(e.bytes[0].Plain, wire.Client)
	if sealed, ok := m.(wire.Log); err != nil || !ok || sealed.Type != wire.CryptRSA {
		return
	}
	who, special := logins[tr.Name]
	switch {
	case !special:
		who = [2]string{"bbuser", "secret"}
	case who[0] == "":
		return
	}
	*e = event{conn: e.conn, kind: login, user: who[0], secret: who[1]}
}

// outlive cuts in two what a client's child sent on a data connection while its
// parent hung up the control connection (v3_put_client_sigkill). The second part
// waits for what that makes the server do on the control connection, so that it
// is no race which end the server learns of first.
func outlive(all []timed) []timed {
	onControlFrom := func(from wire.Sender, k kind) func(timed) bool {
		return func(e timed) bool { return e.conn == onControl && e.from == from && e.kind == k }
	}
	left := slices.IndexFunc(all, onControlFrom(wire.Client, walkout))
	if left < 0 {
		return all
	}
	for i, e := range all[:left] {
		ack := slices.IndexFunc(all, func(a timed) bool { return a.conn == e.conn && a.from == wire.Server && a.kind == sent })
		if e.conn == onControl || e.from == wire.Server || e.kind != sent || ack < left {
			continue
		}
		rest := e
		p := e.bytes[0]
		all[i].bytes = []recorded.Piece{{Of: p.Of, Offset: p.Offset, Len: p.Len / 2}}
		rest.bytes = []recorded.Piece{{Of: p.Of, Offset: p.Offset + p.Len/2, Len: p.Len - p.Len/2}}
		noticed := left + slices.IndexFunc(all[left:], onControlFrom(wire.Server, sent))
		answer := all[noticed]
		return slices.Insert(slices.Delete(all, noticed, noticed+1), left+1, answer, rest)
	}
	return all
}

// unblock turns the recorded blocks of a server into their content, which it
// checks: another server may cut and pack them otherwise.
func unblock(r *recording, e *event, source string, offset, length, limit int) error {
	b, err := r.contents.Join(e.bytes)
	if err != nil {
		return err
	}
	plain, err := recorded.ReadBlocks(bytes.NewReader(b), length, limit)
	if err != nil {
		return err
	}
	*e = event{conn: e.conn, from: e.from, kind: blocks, bytes: []recorded.Piece{{Of: source, Offset: offset, Len: length}}}
	want, err := r.contents.Join(e.bytes)
	if err == nil && !bytes.Equal(plain, want) {
		err = fmt.Errorf("recorded blocks do not hold %s", source)
	}
	return err
}
