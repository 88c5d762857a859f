package privsep

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"

	"bbftp/engine/audit"
	"bbftp/engine/auth"
)

// errRules is what a process did that honest ones never do.
var errRules = errors.New("breach of the rules between processes")

// request is what a door or a session says to the monitor: one of these.
type request struct {
	// Check asks for the password of a login (auth.Credentials.Marshal).
	Check []byte `json:"check,omitempty"`
	// Sign asks for a signature by the server's TLS key.
	Sign *toSign `json:"sign,omitempty"`
	// Enter has the client of a good login served.
	Enter *entering `json:"enter,omitempty"`
	// Streams asks for so many data streams.
	Streams int `json:"streams,omitempty"`
	// Release gives back the streams of that answer.
	Release uint64        `json:"release,omitempty"`
	Log     *line         `json:"log,omitempty"`
	Record  *audit.Record `json:"record,omitempty"`
	// Ready is the first of a door: it is confined, and waits for its client.
	Ready bool `json:"ready,omitempty"`
	// Pong answers Ping.
	Pong bool `json:"pong,omitempty"`
}

type toSign struct {
	Message []byte `json:"message"`
	Hash    uint   `json:"hash"` // crypto.Hash
}

type entering struct {
	Early []byte `json:"early,omitempty"` // what the client has said after its login
	TLS   bool   `json:"tls,omitempty"`
}

// Bounds of what is in a request.
const (
	maxSigned = 256     // the message of a handshake
	maxEarly  = 4 << 10 // one buffer
)

// parseRequest reads what another process wrote, which a client may have taken over.
func parseRequest(frame []byte) (request, error) {
	var r request
	d := json.NewDecoder(bytes.NewReader(frame))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		return request{}, fmt.Errorf("%w: %w", errRules, err)
	}
	if _, err := d.Token(); err != io.EOF {
		return request{}, fmt.Errorf("%w: more than one message", errRules)
	}
	if err := r.check(); err != nil {
		return request{}, fmt.Errorf("%w: %w", errRules, err)
	}
	return r, nil
}

func (r request) check() error {
	said := 0
	for _, one := range []bool{
		len(r.Check) > 0, r.Sign != nil, r.Enter != nil, r.Streams != 0, r.Release != 0, r.Log != nil, r.Record != nil, r.Ready, r.Pong,
	} {
		if one {
			said++
		}
	}
	switch {
	case said != 1:
		return fmt.Errorf("%d things in one message", said)
	case r.Streams < 0:
		return fmt.Errorf("%d streams", r.Streams)
	case r.Sign != nil && len(r.Sign.Message) > maxSigned:
		return fmt.Errorf("%d bytes to sign", len(r.Sign.Message))
	case r.Enter != nil && len(r.Enter.Early) > maxEarly:
		return fmt.Errorf("%d early bytes", len(r.Enter.Early))
	case r.Log != nil:
		return r.Log.check()
	}
	return nil
}

// order is what the monitor says to a door or a session.
type order struct {
	// Door and Session are the first of their processes.
	Door    *doorOrder    `json:"door,omitempty"`
	Session *sessionOrder `json:"session,omitempty"`
	// Reply answers the last Check, Sign or Streams.
	Reply *reply `json:"reply,omitempty"`
	// Rate is the session's share of all limits, in bytes per second; 0: no limit.
	Rate *int64 `json:"rate,omitempty"`
	// Drain lets what runs finish, Stop does not.
	Drain bool `json:"drain,omitempty"`
	Stop  bool `json:"stop,omitempty"`
	// Ping wants to know whether the session is still there.
	Ping bool `json:"ping,omitempty"`
}

type doorOrder struct {
	Settings Settings `json:"settings"`
	Key      []byte   `json:"key"`             // auth.Key.Marshal
	Chain    [][]byte `json:"chain,omitempty"` // of the server's TLS identity; none: not offered
}

type sessionOrder struct {
	Settings      Settings       `json:"settings"`
	Account       auth.Account   `json:"account"`
	Number        uint64         `json:"number"`
	Local, Remote netip.AddrPort // of the client's TCP connection
	Early         []byte         `json:"early,omitempty"`
	TLS           bool           `json:"tls,omitempty"` // the connection is a door's relay
	Rate          int64          `json:"rate,omitempty"`
	AtMost        int            `json:"at_most"` // data streams
}

type reply struct {
	Verdict   verdict `json:"verdict,omitempty"` // to Check
	Signature []byte  `json:"signature,omitempty"`
	Grant     uint64  `json:"grant,omitempty"` // to Streams: to be released; 0: there are not so many
}

// verdict is all a door learns of a login.
type verdict string

const (
	welcome verdict = "welcome"
	denied  verdict = "denied"
	busy    verdict = "busy"
	full    verdict = "full" // the user has too many sessions
)
