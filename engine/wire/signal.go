package wire

// Messages without a body. Servers do not look at their msglen, but for the last two, which must announce 0.
const (
	MsgAck        Code = 4  // either side, on a data stream: all bytes of the segment have arrived (wire.md 6.4)
	MsgRetrStart  Code = 12 // version 1: start sending (wire.md 7.3)
	MsgAbr        Code = 13 // version 1: do not start
	MsgCreateZero Code = 19 // the empty file has been created; never answered
	MsgProt       Code = 23 // asks for the server's versions (wire.md 4)
	MsgAbort      Code = 27 // versions 2 and 3: do not start; never answered
	MsgCloseConn  Code = 40 // versions 2 and 3: end of the session; never answered
)

// Signal is a message that says everything by its code: one of the above, [MsgCertLog], [MsgServerStatus], or a client's [MsgCrypt].
// No body follows whatever Len says. Send 0, except where a code's comment asks for the length that legacy sends.
type Signal struct {
	Kind Code
	Len  int32 // msglen as sent
}

func decodeSignal(h Header, _ []byte) (Message, error) { return Signal{Kind: h.Code, Len: h.Len}, nil }

// Code returns m.Kind.
func (m Signal) Code() Code { return m.Kind }

// Append adds the encoded message, which is only a header, to b.
func (m Signal) Append(b []byte) []byte { return Header{Code: m.Kind, Len: m.Len}.Append(b) }
