package wire

// Answers of the server in all versions (wire.md 2, 3.2, 6.5).
const (
	MsgOK         Code = 0
	MsgBad        Code = 3
	MsgBadNoRetry Code = 14
	MsgWarn       Code = 20 // after a GSI login: logged in, with a warning. The number of MSG_LOGGED_STDIN, too
	MsgInfo       Code = 30 // a warning, any number of them before the real answer; the transfer goes on
)

// Reply is MSG_OK, MSG_BAD, MSG_BAD_NO_RETRY, MSG_INFO or MSG_WARN: a text, often with a blank at the end, at most [MaxString] bytes;
// the buffers of legacy senders hold 1024, some 4096. It is for people, but for the MSG_OK to a change of directory, whose text is the new directory.
// A client sends one message of this kind only: MSG_BAD_NO_RETRY without text, to refuse the server's versions (wire.md 4).
type Reply struct {
	Kind Code
	Text string
}

func decodeReply(h Header, body []byte) (Message, error) {
	return Reply{Kind: h.Code, Text: string(body)}, nil
}

// Code returns m.Kind.
func (m Reply) Code() Code { return m.Kind }

// Append adds the encoded message to b.
func (m Reply) Append(b []byte) []byte {
	return append(appendHeader(b, m.Kind, len(m.Text)), m.Text...)
}
