package wire

import "fmt"

// Transfers of versions 2 and 3 (wire.md 8.1 to 8.3).
const (
	MsgStoreV2      Code = 25
	MsgRetrV2       Code = 26
	MsgTransOKV2    Code = 28
	MsgTransStartV2 Code = 29
	MsgTransSimul   Code = 42
	MsgTransStartV3 Code = 43
	MsgTransSimulV3 Code = 44
	MsgTransOKV3    Code = 45
)

// TransferSize is the msglen of every [Transfer] in bytes. The ports of a MSG_TRANS_OK_V3 are not counted in it.
const TransferSize = 48

// MaxBufferSize is the largest buffer in KiB: the length of a block on a data stream is a positive int32 in bytes.
const MaxBufferSize = 1<<21 - 1

const transferStreamsOffset = 44

// Transfer is MSG_STORE_V2 or MSG_RETR_V2, the client's wishes, or the server's decision on them, MSG_TRANS_OK_V2 or MSG_TRANS_OK_V3.
type Transfer struct {
	Kind       Code
	Size       int64 // of the file, in bytes; 0 in MSG_RETR_V2
	Options    Options
	Mode       int32     // permission bits; 0 in MSG_RETR_V2
	Accessed   Timestamp // of the file; absent in MSG_RETR_V2
	Modified   Timestamp
	SendWindow int32 // KiB, seen from the side that connects the data streams
	RecvWindow int32 // KiB, likewise
	BufferSize int32 // KiB; the limit of a block of compressed data, before and after compression
	Streams    int32
	Ports      Ports // MSG_TRANS_OK_V3 only: where the server listens, Streams of them, none if Size is 0
}

// Validate checks what the receiver has to rely on: a size that is not negative (ErrSize), a stream at least (ErrCount), a buffer of 1 to
// [MaxBufferSize] KiB (ErrBufferSize). An empty file needs no streams, but for MSG_RETR_V2, which does not know the size. A request
// may ask for any number of streams, an answer has at most [MaxStreams].
func (m Transfer) Validate() error {
	fewest, most := int32(1), int32(MaxStreams)
	if m.Size == 0 && m.Kind != MsgRetrV2 {
		fewest = 0
	}
	if m.Kind == MsgStoreV2 || m.Kind == MsgRetrV2 {
		most = m.Streams
	}
	switch {
	case m.Size < 0:
		return fail(m.Kind, HeaderSize, ErrSize, "%d bytes", m.Size)
	case m.Streams < fewest || m.Streams > most:
		return fail(m.Kind, HeaderSize+transferStreamsOffset, ErrCount, "%d streams", m.Streams)
	case m.BufferSize < 1 || m.BufferSize > MaxBufferSize:
		return fail(m.Kind, HeaderSize+40, ErrBufferSize, "%d KiB", m.BufferSize)
	}
	return nil
}

// BlockLimit returns the largest block of compressed data in bytes, for a message that is valid.
func (m Transfer) BlockLimit() int { return int(m.BufferSize) * 1024 }

func decodeTransfer(h Header, body []byte) (Message, error) {
	m := Transfer{
		Kind:       h.Code,
		Size:       int64At(body, 0),
		Options:    Options(int32At(body, 8)),
		Mode:       int32At(body, 12),
		SendWindow: int32At(body, 32),
		RecvWindow: int32At(body, 36),
		BufferSize: int32At(body, 40),
		Streams:    int32At(body, transferStreamsOffset),
		Ports:      parsePorts(body[TransferSize:]),
	}
	copy(m.Accessed[:], body[16:])
	copy(m.Modified[:], body[24:])
	return m, nil
}

// Code returns m.Kind.
func (m Transfer) Code() Code { return m.Kind }

// Append adds the encoded message to b.
func (m Transfer) Append(b []byte) []byte {
	b = appendHeader(b, m.Kind, TransferSize)
	b = append64(b, m.Size)
	b = append32(b, int32(m.Options))
	b = append32(b, m.Mode)
	b = append(b, m.Accessed[:]...)
	b = append(b, m.Modified[:]...)
	b = append32(b, m.SendWindow)
	b = append32(b, m.RecvWindow)
	b = append32(b, m.BufferSize)
	b = append32(b, m.Streams)
	if m.Kind == MsgTransOKV3 && m.Size != 0 {
		b = m.Ports.append(b)
	}
	return b
}

// ActiveStart is MSG_TRANS_START_V2 or MSG_TRANS_SIMUL: where the client listens, one port per stream agreed on.
type ActiveStart struct {
	Kind  Code
	Ports Ports
}

func decodeActiveStart(h Header, body []byte) (Message, error) {
	return ActiveStart{Kind: h.Code, Ports: parsePorts(body)}, nil
}

// Code returns m.Kind.
func (m ActiveStart) Code() Code { return m.Kind }

// Append adds the encoded message to b.
func (m ActiveStart) Append(b []byte) []byte {
	return m.Ports.append(appendHeader(b, m.Kind, 4*len(m.Ports)))
}

// PassiveStart is MSG_TRANS_START_V3 or MSG_TRANS_SIMUL_V3: the client has connected all streams. Its msglen is 4 for each
// stream, and servers compare it, but nothing follows.
type PassiveStart struct {
	Kind Code
	Len  int32 // msglen as sent
}

// NewPassiveStart makes the message for n streams.
func NewPassiveStart(kind Code, n int) PassiveStart {
	return PassiveStart{Kind: kind, Len: 4 * int32(n)}
}

// Streams returns how many streams the msglen speaks of. It fails with ErrCount if that is not a number from 0 to [MaxStreams].
func (m PassiveStart) Streams() (int, error) {
	if m.Len < 0 || m.Len > 4*MaxStreams || m.Len%4 != 0 {
		return 0, fail(m.Kind, 4, ErrCount, "msglen %d", m.Len)
	}
	return int(m.Len / 4), nil
}

func decodePassiveStart(h Header, _ []byte) (Message, error) {
	return PassiveStart{Kind: h.Code, Len: h.Len}, nil
}

// Code returns m.Kind.
func (m PassiveStart) Code() Code { return m.Kind }

// Append adds the encoded message, which is only a header, to b.
func (m PassiveStart) Append(b []byte) []byte { return Header{Code: m.Kind, Len: m.Len}.Append(b) }

// Ports are TCP ports as sent, one per data stream in the order of the file's segments.
type Ports []int32

// Numbers returns the ports as numbers that can be connected to. A value that is not 1..65535 fails with ErrPort.
func (p Ports) Numbers() ([]uint16, error) {
	numbers := make([]uint16, len(p))
	for i, v := range p {
		if v < 1 || v > 65535 {
			return nil, fmt.Errorf("data stream %d: port %d: %w", i+1, v, ErrPort)
		}
		numbers[i] = uint16(v)
	}
	return numbers, nil
}

func parsePorts(b []byte) Ports {
	if len(b) == 0 {
		return nil
	}
	p := make(Ports, len(b)/4)
	for i := range p {
		p[i] = int32At(b, 4*i)
	}
	return p
}

func (p Ports) append(b []byte) []byte {
	for _, v := range p {
		b = append32(b, v)
	}
	return b
}
