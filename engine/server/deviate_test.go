package server

import (
	"bytes"
	"fmt"
	"slices"
)

// deviation is an answer that a server of ours gives otherwise than the
// recorded one, on purpose.
type deviation struct {
	session string
	answer  int     // to which turn of the client on the control connection, from 1; 0 is the greeting
	ours    []event // all of it, none for silence
	reason  string
	// through is a later turn, if this answer leaves no sense in what the client
	// did from here to the end of that turn's answer: none of it is played.
	through int
	// conn is the data connection, if it is not control that differs; answer
	// counts the client's turns there.
	conn int
	// nothing says that no file is left where the recorded server left one.
	nothing bool
}

// row makes a deviation on the control connection.
func row(session string, answer int, reason string, ours ...event) deviation {
	return deviation{session: session, answer: answer, ours: ours, reason: reason}
}

// upTo has the rest of the turns to the given one not played.
func (d deviation) upTo(turn int) deviation {
	d.through = turn
	return d
}

// onData makes it a deviation on a data connection.
func (d deviation) onData(conn int) deviation {
	d.conn = conn
	return d
}

// leavingNothing has no file left of it.
func (d deviation) leavingNothing() deviation {
	d.nothing = true
	return d
}

// deviate puts our answer in the place of the recorded one.
func (r recording) deviate(d deviation) (recording, error) {
	groups, at := r.answers(d.conn)
	last := max(d.answer, d.through)
	if last >= len(groups) || d.reason == "" {
		return r, fmt.Errorf("not one of %d answers, or no reason", len(groups))
	}
	old := groups[d.answer]
	var legacy []event
	for _, i := range old {
		legacy = append(legacy, r.events[i])
	}
	switch {
	case slices.EqualFunc(legacy, d.ours, same):
		return r, fmt.Errorf("ours is what was recorded")
	case d.reason == arrivesWhole && !bytes.Equal(plain(d.ours), append(plain(legacy), plain([]event{{bytes: r.lost}})...)):
		return r, fmt.Errorf("ours is not what the recorded server wrote")
	}
	place := at[d.answer]
	if len(old) > 0 {
		place = old[0]
	}
	drop := func(i int) bool { return slices.Contains(old, i) }
	if d.through > 0 {
		drop = r.between(place, max(at[last], slices.Max(append(groups[last], 0))+1))
	}
	var events []event
	for i := 0; i <= len(r.events); i++ {
		if i == place {
			for _, e := range d.ours {
				e.conn = d.conn
				events = append(events, e)
			}
		}
		if i < len(r.events) && !drop(i) {
			events = append(events, r.events[i])
		}
	}
	r.events = events
	if d.nothing {
		r.left = nil
	}
	return r, nil
}

// between selects the events from the one position to before the other, and all
// that is on the connections which they open.
func (r *recording) between(from, to int) func(i int) bool {
	opens := make(map[int]bool)
	for _, e := range r.events[from:to] {
		opens[e.conn] = opens[e.conn] || e.kind == opened
	}
	return func(i int) bool { return from <= i && i < to || opens[r.events[i].conn] }
}

func plain(events []event) (all []byte) {
	for _, e := range events {
		for _, p := range e.bytes {
			all = append(all, p.Plain...)
		}
	}
	return all
}
