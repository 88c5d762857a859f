package replay

import (
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"bbftp/engine/wire"
)

// timed is an event with the time that orders it, in ms.
type timed struct {
	event
	at float64
}

// events puts the events of all connections into one order. What a side sent
// on a data connection is one event: how it was cut says nothing.
func (tr *transcript) events(r *recording) error {
	var all []timed
	called := make(map[int]float64) // when the first stream of a transfer was
	for _, c := range tr.Connections {
		at := func(ms float64) float64 { return ms }
		opened := timed{event{conn: c.ID, kind: control}, c.OpenMS}
		switch {
		case c.Kind == "addr-check":
			// What the client does on the pipes meanwhile says nothing here.
			opened.kind, at = check, func(float64) float64 { return c.OpenMS }
		case c.Kind == "data" && c.Initiator == "server":
			// All are, before any data flow (wire.md 6.1).
			if _, ok := called[c.Transfer]; !ok {
				called[c.Transfer] = c.OpenMS
			}
			opened.kind, opened.stream, opened.at = call, c.Stream, called[c.Transfer]
		case c.Kind == "data":
			opened.kind, opened.stream = accept, c.Stream
		}
		all = append(all, opened)
		whole := -1 // where in all the data are
		for _, from := range c.Events {
			e, err := from.event(c.ID)
			if err != nil {
				return err
			}
			if c.Kind == "control" {
				tr.translate(&e)
			}
			if whole >= 0 && e.kind == sent && all[whole].from == e.from {
				all[whole].bytes = appendPieces(all[whole].bytes, e.bytes...)
				continue
			}
			all = append(all, timed{e, at(from.TMS)})
			if c.Kind == "data" && e.kind == sent && whole < 0 {
				whole = len(all) - 1
			}
		}
		if c.Kind != "data" || whole < 0 || all[whole].from != wire.Client {
			continue
		}
		if of := tr.Transfers[c.Transfer]; of.Op == "put" && of.Gzip {
			all[whole].kind, all[whole].bytes = blocks, []piece{{of: of.Source, offset: c.Range.Offset, len: c.Range.Length}}
		}
	}
	slices.SortStableFunc(all, func(a, b timed) int { return cmp.Compare(a.at, b.at) })
	for _, e := range all {
		r.events = append(r.events, e.event)
	}
	if name, ok := killed(tr.Name); ok {
		return r.kill(name)
	}
	if strings.Contains(tr.Result.Output, recorderKilled) {
		r.events = slices.Insert(r.events, len(r.events)-2, event{kind: signal, signal: "KILL"})
	}
	return nil
}

// event makes one of a recorder's, on connection conn.
func (from recorded) event(conn int) (event, error) {
	e := event{conn: conn}
	if from.From == "server" {
		e.from = wire.Server
	}
	switch {
	case (from.RST || from.EOF) && e.from == wire.Client:
		e.kind = end
	case from.RST:
		e.kind = reset
	case from.EOF:
		e.kind = eof
	case from.PayloadOf != "":
		e.bytes = []piece{{of: from.PayloadOf, offset: from.Offset, len: from.Length}}
	default:
		b, err := hex.DecodeString(from.Hex)
		if err != nil {
			return e, err
		}
		e.bytes = []piece{{plain: b}}
	}
	return e, nil
}

// legacyKey is the length of a MSG_CRYPT with a key of 1024 bits.
const legacyKey = wire.HeaderSize + 12 + 133 + 7

// translate puts what a server decides, its key, and what is encrypted under
// it, into words.
func (tr *transcript) translate(e *event) {
	if e.kind != sent || len(e.bytes) == 0 || len(e.bytes[0].plain) < wire.HeaderSize+4 {
		return
	}
	b := e.bytes[0].plain
	kindOf := wire.CryptType(binary.BigEndian.Uint32(b[wire.HeaderSize:]))
	user := ""
	if i := slices.Index(tr.Options.Argv, "-u"); i >= 0 {
		user = tr.Options.Argv[i+1]
	}
	switch code := wire.Code(binary.BigEndian.Uint32(b)); {
	case code == wire.MsgCrypt && e.from == wire.Server && len(b) == legacyKey:
		*e = event{conn: e.conn, from: e.from, kind: offer, offer: kindOf}
	case code == wire.MsgLog && e.from == wire.Client && kindOf == wire.CryptNone:
		*e = event{conn: e.conn, kind: clearly, user: user, secret: tr.Options.Password}
	case code == wire.MsgLog && e.from == wire.Client:
		*e = event{conn: e.conn, kind: login, user: user, secret: tr.Options.Password}
	}
}

// killed returns the signal that the recorder sent to the client.
func killed(name string) (string, bool) {
	for _, s := range []string{"INT", "KILL"} {
		if strings.HasSuffix(name, "_client_sig"+strings.ToLower(s)) {
			return s, true
		}
	}
	return "", false
}

// kill inserts the signal into a session, in the middle of its data. Of what
// was on its way from an interrupted client then, any part may arrive.
func (r *recording) kill(name string) error {
	i := slices.IndexFunc(r.events, func(e event) bool { return e.conn != 0 && e.kind == sent })
	if i < 0 || len(r.events[i].bytes) != 1 {
		return fmt.Errorf("no data to cut")
	}
	added := []event{{kind: signal, signal: name}}
	if data := &r.events[i]; data.from == wire.Client {
		whole := data.bytes[0]
		half := piece{of: whole.of, len: whole.len / 2}
		rest := event{conn: data.conn, bytes: []piece{{of: whole.of, offset: half.len, len: whole.len - half.len}}}
		if size := r.contents[whole.of].size; whole.len < size {
			rest.kind, rest.bytes[0].len = cut, size-half.len
		}
		data.bytes, added = []piece{half}, append(added, rest)
	}
	r.events = slices.Insert(r.events, i+1, added...)
	return nil
}
