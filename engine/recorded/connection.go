package recorded

import (
	"encoding/hex"
	"fmt"

	"bbftp/engine/wire"
)

// Connection is one connection of a transcript.
type Connection struct {
	ID       int // from 0, the control connection first
	Kind     string
	Transfer int // of Data: its number in the transcript
	Stream   int // of Data: its number in the transfer
	// Initiator is the side that connected: client or server.
	Initiator string
	OpenMS    float64 `json:"open_ms"` // since the session began
	Range     struct {
		Offset, Length int // in bytes of the file
	} `json:"file_range"`
	Events []struct {
		TMS            float64 `json:"t_ms"`
		From, Hex      string
		PayloadOf      string `json:"payload_of"`
		Offset, Length int
		EOF, RST       bool
	}
}

// The kinds of a connection.
const (
	Control = "control"
	Check   = "addr-check" // it only shows an address (wire.md 3.7)
	Data    = "data"
)

// Act is what one side did on a connection: it sent bytes, or it ended.
type Act struct {
	From       wire.Sender
	AtMS       float64 // since the session began
	Bytes      []Piece
	EOF, Reset bool
}

// Acts returns what happened, in order. What the side that begins sent on a data
// connection is one act: how it was cut says nothing.
func (c *Connection) Acts() ([]Act, error) {
	var all []Act
	whole := -1 // where in all the data are
	for _, e := range c.Events {
		a := Act{AtMS: e.TMS, EOF: e.EOF && !e.RST, Reset: e.RST}
		switch e.From {
		case "client":
		case "server":
			a.From = wire.Server
		default:
			return nil, fmt.Errorf("an event of %q", e.From)
		}
		if a.Ends() {
			all = append(all, a)
			continue
		}
		p := Piece{Of: e.PayloadOf, Offset: e.Offset, Len: e.Length}
		if p.Of == "" {
			b, err := hex.DecodeString(e.Hex)
			if err != nil {
				return nil, err
			}
			p = Piece{Plain: b}
		}
		switch {
		case whole >= 0 && all[whole].From == a.From:
			all[whole].Bytes = AppendPieces(all[whole].Bytes, p)
			continue
		case c.Kind == Data && whole < 0:
			whole = len(all)
		}
		a.Bytes = []Piece{p}
		all = append(all, a)
	}
	return all, nil
}

// Ends says whether nothing was sent but an end.
func (a Act) Ends() bool { return a.EOF || a.Reset }
