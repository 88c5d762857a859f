package server

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"bbftp/engine/recorded"
	"bbftp/engine/wire"
)

// TestDocument compares our part of the document with the table. -update
// writes it.
func TestDocument(t *testing.T) {
	recorded.WantSection(t, "../../results/deviations.md", document(t), *update)
}

// document renders the table.
func document(t *testing.T) string {
	t.Helper()
	sessions := make(map[string]recording)
	for _, r := range vectors(t) {
		sessions[r.name] = r
	}
	var b strings.Builder
	b.WriteString(`## Server

Where our server does otherwise than the recorded legacy servers, on purpose; everything else in the ` + strconv.Itoa(numOurs) + ` recorded sessions with a
server is the same: each message, each byte of data, the files with modes and times. ` + "`engine/server`" + ` holds the table and checks it.
A turn is what the client sends until the server answers, counted from 1 on the control connection or on the data connection named.

| sessions | turn | legacy | ours | why |
|---|---|---|---|---|
`)
	var last, names string
	flush := func() {
		if names != "" {
			fmt.Fprintf(&b, "| %s | %s |\n", names, last)
		}
	}
	for _, d := range deviations {
		r, known := sessions[d.session]
		if !known {
			t.Fatalf("no session for the deviation of %s", d.session)
		}
		cells := strings.Join([]string{d.turns(), shownAll(r.replaced(d)), shownAll(d.ours), d.reason}, " | ")
		if cells == last {
			names += "<br>" + d.session
			continue
		}
		flush()
		names, last = d.session, cells
	}
	flush()
	return b.String()
}

func (d deviation) turns() string {
	turns := strconv.Itoa(d.answer)
	if d.through > 0 {
		turns += "–" + strconv.Itoa(d.through)
	}
	if d.conn != onControl {
		turns += fmt.Sprintf(" (data %d)", d.conn)
	}
	return turns
}

// replaced is what the recorded server did in the place of d.
func (r *recording) replaced(d deviation) (all []event) {
	groups, _ := r.answers(d.conn)
	for _, group := range groups[d.answer : max(d.answer, d.through)+1] {
		for _, i := range group {
			all = append(all, r.events[i])
		}
	}
	return all
}

// shownAll renders events for people.
func shownAll(events []event) string {
	var all []string
	for _, e := range events {
		all = append(all, e.shown())
	}
	if all == nil {
		return "nothing"
	}
	return strings.Join(all, ", ")
}

// shown renders one: a message by its name, with its text.
func (e event) shown() string {
	b := plain([]event{e})
	switch {
	case e.kind == closed && e.conn == onControl && e.from == wire.Server:
		return "end"
	case len(b) < wire.HeaderSize:
		return map[kind]string{eof: "end", reset: "reset", closed: "end or reset"}[e.kind]
	}
	name := wire.Code(binary.BigEndian.Uint32(b)).String()
	if e.kind == perhaps {
		name = "perhaps " + name
	}
	if m, _, err := wire.Parse(b, wire.Server); err == nil {
		if m, ok := m.(wire.ProtRange); ok {
			return fmt.Sprintf("%s %d to %d", name, m.Min, m.Max)
		}
	}
	announced := int(binary.BigEndian.Uint32(b[4:]))
	text := bytes.TrimSpace(b[wire.HeaderSize:])
	switch {
	case announced > 0 && len(text) == 0:
		return name + " without its text"
	case len(text) == 0:
		return name
	case bytes.ContainsFunc(text, func(c rune) bool { return c == 0 }):
		return fmt.Sprintf("%s (%d bytes)", name, len(text))
	}
	const most = 100
	said := strings.NewReplacer("|", `\|`, "\n", "; ").Replace(string(text))
	if len(said) > most {
		said = said[:most] + "…"
	}
	return fmt.Sprintf("%s %q", name, said)
}
