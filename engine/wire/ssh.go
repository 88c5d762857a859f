package wire

import "net/netip"

// The start of a session over the pipes of a remote shell (wire.md 3.7).
const (
	MsgLoggedStdin Code = 20
	MsgIPAddr      Code = 21
	MsgIPAddrOK    Code = 22
)

// LoggedStdin is MSG_LOGGED_STDIN from the server: connect to this TCP port, so that each side learns the other's address.
//
// A MSG_WARN with a text of 4 bytes looks the same; position tells them apart, and who expects an answer to a login calls [LoggedStdin.Warning].
type LoggedStdin struct {
	Port int32
}

// decodeCode20 takes 4 bytes as a port: no server is known to warn so briefly.
func decodeCode20(h Header, body []byte) (Message, error) {
	if len(body) != 4 {
		return decodeReply(h, body)
	}
	return LoggedStdin{Port: int32At(body, 0)}, nil
}

// Warning returns the MSG_WARN of the same bytes.
func (m LoggedStdin) Warning() Reply {
	return Reply{Kind: MsgWarn, Text: string(append32(nil, m.Port))}
}

// Code returns MsgLoggedStdin.
func (LoggedStdin) Code() Code { return MsgLoggedStdin }

// Append adds the encoded message to b.
func (m LoggedStdin) Append(b []byte) []byte {
	return append32(appendHeader(b, MsgLoggedStdin, 4), m.Port)
}

// IPAddr is MSG_IPADDR or MSG_IPADDR_OK. On the extra connection they are empty, from the client and from the server; over the pipes
// (server option -A) the server asks and the client answers, each with its IPv4 address.
type IPAddr struct {
	Kind Code
	Addr netip.Addr // IPv4, or the zero Addr for none
}

func decodeIPAddr(h Header, body []byte) (Message, error) {
	addr, _ := netip.AddrFromSlice(body) // 4 bytes, or none and the zero Addr
	return IPAddr{Kind: h.Code, Addr: addr}, nil
}

// Code returns m.Kind.
func (m IPAddr) Code() Code { return m.Kind }

// Append adds the encoded message to b. An address that is not IPv4 cannot be sent and counts as none.
func (m IPAddr) Append(b []byte) []byte {
	addr := m.Addr.Unmap()
	if !addr.Is4() {
		return appendHeader(b, m.Kind, 0)
	}
	return append(appendHeader(b, m.Kind, 4), addr.AsSlice()...)
}
