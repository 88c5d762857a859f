package wire

// MsgProtAns is the number of both answers in the choice of a version (wire.md 4). The question is a Signal, [MsgProt].
const MsgProtAns Code = 24

// ProtRange is MSG_PROT_ANS from the server: the versions it speaks. Legacy says 1 to 3 even if built without version 1.
type ProtRange struct {
	Min, Max int32
}

func decodeProtRange(_ Header, body []byte) (Message, error) {
	return ProtRange{Min: int32At(body, 0), Max: int32At(body, 4)}, nil
}

// Code returns MsgProtAns.
func (ProtRange) Code() Code { return MsgProtAns }

// Append adds the encoded message to b.
func (m ProtRange) Append(b []byte) []byte {
	return append32(append32(appendHeader(b, MsgProtAns, 8), m.Min), m.Max)
}

// ProtChoice is MSG_PROT_ANS from the client: the version it chose. It is not answered; the session goes on in that version.
type ProtChoice struct {
	Version int32
}

func decodeProtChoice(_ Header, body []byte) (Message, error) {
	return ProtChoice{Version: int32At(body, 0)}, nil
}

// Code returns MsgProtAns.
func (ProtChoice) Code() Code { return MsgProtAns }

// Append adds the encoded message to b.
func (m ProtChoice) Append(b []byte) []byte {
	return append32(appendHeader(b, MsgProtAns, 4), m.Version)
}
