package faults

import (
	"io"

	"bbftp/engine/wire"
)

// say passes a control message on.
func (d *dialogue) say(to io.Writer, m wire.Message, sender wire.Sender) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if reply, ok := m.(wire.Reply); ok && reply.Kind == wire.MsgOK && d.at == acked {
		// The last ACK and the last word go different ways.
		for d.streams > 0 && d.answers < d.streams && !d.fired {
			d.acks.Wait()
		}
	}
	m, s, err := d.note(m, sender)
	if err != nil {
		return err
	}
	if _, err := to.Write(m.Append(nil)); err != nil {
		return err
	}
	d.reach(s)
	return nil
}

// note learns from a message and puts ports of the relay in it.
func (d *dialogue) note(m wire.Message, sender wire.Sender) (_ wire.Message, s step, err error) {
	switch m := m.(type) {
	case wire.Crypt:
		return m, keySent, nil
	case wire.Log:
		return m, loginSent, nil
	case wire.ProtChoice:
		return m, versionAgreed, nil
	case wire.Reply:
		switch {
		case m.Kind == wire.MsgInfo || sender == wire.Client:
			return m, "", nil
		case !d.loggedIn:
			d.loggedIn = true
			return m, loggedIn, nil
		case d.asked:
			return m, concluded, nil
		}
	case wire.FileRequest:
		d.asked, d.storing = true, m.Kind == wire.MsgStore || m.Kind == wire.MsgStoreC
		d.gzip = m.Kind == wire.MsgStoreC || m.Kind == wire.MsgRetrC
		d.size, d.streams = m.Size, int(m.Count)
		err := d.bridges(m.Ports[:d.streams], false)
		return m, requestSent, err
	case wire.RetrOK:
		d.size = m.Size
		return m, accepted, nil
	case wire.Filename:
		return m, requestSent, nil
	case wire.Transfer:
		d.asked = true
		if m.Kind == wire.MsgStoreV2 || m.Kind == wire.MsgRetrV2 {
			d.storing = m.Kind == wire.MsgStoreV2
			return m, "", nil
		}
		d.size, d.streams, d.gzip = m.Size, int(m.Streams), m.Options.Has(wire.OptGzip)
		err := d.bridges(m.Ports, true)
		return m, accepted, err
	case wire.ActiveStart:
		return m, started, d.bridges(m.Ports, false)
	case wire.PassiveStart:
		return m, started, nil
	case wire.Signal:
		switch m.Kind {
		case wire.MsgRetrStart:
			return m, started, nil
		case wire.MsgTLS:
			return m, tlsAsked, nil
		}
	}
	return m, "", nil
}
