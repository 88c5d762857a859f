package replay

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"bbftp/engine/recorded"
	"bbftp/engine/wire"
)

// timed is an event with the time that orders it, in ms.
type timed struct {
	event
	at float64
}

// events puts the events of all connections into one order.
func (tr *transcript) events(r *recording) error {
	var all []timed
	called := make(map[int]float64) // when the first stream of a transfer was
	for _, c := range tr.Connections {
		at := func(ms float64) float64 { return ms }
		opened := timed{event{conn: c.ID, kind: control}, c.OpenMS}
		switch {
		case c.Kind == recorded.Check:
			// What the client does on the pipes meanwhile says nothing here.
			opened.kind, at = check, func(float64) float64 { return c.OpenMS }
		case c.Kind == recorded.Data && c.Initiator == "server":
			// All are, before any data flow (wire.md 6.1).
			if _, ok := called[c.Transfer]; !ok {
				called[c.Transfer] = c.OpenMS
			}
			opened.kind, opened.stream, opened.at = call, c.Stream, called[c.Transfer]
		case c.Kind == recorded.Data:
			opened.kind, opened.stream = accept, c.Stream
		}
		all = append(all, opened)
		acts, err := c.Acts()
		if err != nil {
			return fmt.Errorf("connection %d: %w", c.ID, err)
		}
		packed := c.Kind == recorded.Data && tr.Transfers[c.Transfer].Op == "put" && tr.Transfers[c.Transfer].Gzip
		for _, a := range acts {
			e := tr.event(&c, a)
			if packed && e.from == wire.Client && e.kind == sent {
				of := tr.Transfers[c.Transfer].Source
				e.kind, e.bytes = blocks, []recorded.Piece{{Of: of, Offset: c.Range.Offset, Len: c.Range.Length}}
			}
			all = append(all, timed{e, at(a.AtMS)})
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

// event is what a makes on c.
func (tr *transcript) event(c *recorded.Connection, a recorded.Act) event {
	e := event{conn: c.ID, from: a.From, bytes: a.Bytes}
	switch {
	case a.Ends() && a.From == wire.Client:
		e.kind = end
	case a.Reset:
		e.kind = reset
	case a.EOF:
		e.kind = eof
	}
	if c.Kind == recorded.Control {
		tr.translate(&e)
	}
	return e
}

// legacyKey is the length of a MSG_CRYPT with a key of 1024 bits.
const legacyKey = wire.HeaderSize + 12 + 133 + 7

// translate puts what a server decides, its key, and what is encrypted under
// it, into words.
func (tr *transcript) translate(e *event) {
	if e.kind != sent || len(e.bytes) == 0 || len(e.bytes[0].Plain) < wire.HeaderSize+4 {
		return
	}
	b := e.bytes[0].Plain
	kindOf := wire.CryptType(binary.BigEndian.Uint32(b[wire.HeaderSize:]))
	user := ""
	if i := slices.Index(tr.Options.ClientArgv, "-u"); i >= 0 {
		user = tr.Options.ClientArgv[i+1]
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
		half := recorded.Piece{Of: whole.Of, Len: whole.Len / 2}
		rest := event{conn: data.conn, bytes: []recorded.Piece{{Of: whole.Of, Offset: half.Len, Len: whole.Len - half.Len}}}
		if size := r.contents[whole.Of].Size; whole.Len < size {
			rest.kind, rest.bytes[0].Len = cut, size-half.Len
		}
		data.bytes, added = []recorded.Piece{half}, append(added, rest)
	}
	r.events = slices.Insert(r.events, i+1, added...)
	return nil
}
