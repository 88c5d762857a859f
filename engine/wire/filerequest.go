package wire

import (
	"bytes"
	"net/netip"
	"strings"
)

// Transfers of version 1 (wire.md 7.2, 7.3).
const (
	MsgStore     Code = 2
	MsgStoreC    Code = 5 // compressed data
	MsgRetr      Code = 7
	MsgRetrC     Code = 8 // compressed data
	MsgRetrOK    Code = 9
	MsgRetrRFIO  Code = 10 // from mass storage
	MsgRetrRFIOC Code = 11
)

// FileRequestSize is the body of a [FileRequest] in bytes, whatever its header announces.
const FileRequestSize = 576

// FileRequest is MSG_STORE, MSG_RETR or one of their variants: a file, and the ports on which the client already listens, one per stream.
// It is a C structure as it lay in memory; what servers do not look at may hold anything.
type FileRequest struct {
	Kind      Code
	Len       int32     // msglen as sent; servers ignore it
	Name      [500]byte // up to the first NUL
	Padding   [4]byte
	Size      int64    // bytes; a retrieve's is ignored
	BlockSize int32    // ignored
	Sockaddr  [16]byte // the client's address; ignored
	Count     int32    // streams
	Ports     [MaxStreamsV1]int32
}

// NewFileRequest makes a request as legacy clients do. local is the client's own address, sent but used by no known server; anything
// but IPv4 is sent as 0.0.0.0. It fails like [FileRequest.Validate], and with ErrCount if there are more than 10 ports.
func NewFileRequest(kind Code, name string, size int64, local netip.Addr, ports []uint16) (FileRequest, error) {
	m := FileRequest{Kind: kind, Len: FileRequestSize, Size: size, Count: int32(len(ports))}
	if len(name) > MaxNameV1 || strings.IndexByte(name, 0) >= 0 {
		return FileRequest{}, fail(kind, fileNameOffset, ErrString, "file name")
	}
	copy(m.Name[:], name)
	m.Sockaddr[0] = 2 // AF_INET as little-endian hosts write it
	if local = local.Unmap(); local.Is4() {
		copy(m.Sockaddr[4:], local.AsSlice())
	}
	for i, p := range ports[:min(len(ports), MaxStreamsV1)] {
		m.Ports[i] = int32(p)
	}
	if err := m.Validate(); err != nil {
		return FileRequest{}, err
	}
	return m, nil
}

const (
	fileNameOffset  = HeaderSize
	fileSizeOffset  = HeaderSize + 504
	fileCountOffset = HeaderSize + 532
	filePortsOffset = HeaderSize + 536
)

// Validate checks what a server has to rely on: a name with its NUL (ErrString), a size that is not negative (ErrSize), 1 to 10 streams
// (ErrCount) and their ports (ErrPort). The store of an empty file needs no stream. What is ignored is not checked.
func (m FileRequest) Validate() error {
	if _, err := m.FileName(); err != nil {
		return err
	}
	if m.Kind == MsgStore || m.Kind == MsgStoreC {
		if m.Size < 0 {
			return fail(m.Kind, fileSizeOffset, ErrSize, "%d bytes", m.Size)
		}
		if m.Size == 0 && m.Count == 0 {
			return nil
		}
	}
	_, err := m.ListenPorts()
	return err
}

// FileName returns the name up to its NUL. Without a NUL, or if nothing is before it, it fails with ErrString.
func (m FileRequest) FileName() (string, error) {
	n := bytes.IndexByte(m.Name[:], 0)
	if n <= 0 {
		return "", fail(m.Kind, fileNameOffset, ErrString, "file name empty or without NUL")
	}
	return string(m.Name[:n]), nil
}

// ListenPorts returns the client's ports, one per stream: the low 16 bits of each. Fewer than 1 or more than 10 fail with ErrCount, port 0
// with ErrPort.
func (m FileRequest) ListenPorts() ([]uint16, error) {
	if m.Count < 1 || m.Count > MaxStreamsV1 {
		return nil, fail(m.Kind, fileCountOffset, ErrCount, "%d streams", m.Count)
	}
	ports := make([]uint16, m.Count)
	for i := range ports {
		if ports[i] = uint16(m.Ports[i]); ports[i] == 0 {
			return nil, fail(m.Kind, filePortsOffset+4*i, ErrPort, "port %d", m.Ports[i])
		}
	}
	return ports, nil
}

func decodeFileRequest(h Header, body []byte) (Message, error) {
	m := FileRequest{
		Kind:      h.Code,
		Len:       h.Len,
		Size:      int64At(body, 504),
		BlockSize: int32At(body, 512),
		Count:     int32At(body, 532),
	}
	copy(m.Name[:], body)
	copy(m.Padding[:], body[500:])
	copy(m.Sockaddr[:], body[516:])
	for i := range m.Ports {
		m.Ports[i] = int32At(body, 536+4*i)
	}
	return m, nil
}

// Code returns m.Kind.
func (m FileRequest) Code() Code { return m.Kind }

// Append adds the encoded message to b.
func (m FileRequest) Append(b []byte) []byte {
	b = Header{Code: m.Kind, Len: m.Len}.Append(b)
	b = append(b, m.Name[:]...)
	b = append(b, m.Padding[:]...)
	b = append64(b, m.Size)
	b = append32(b, m.BlockSize)
	b = append(b, m.Sockaddr[:]...)
	b = append32(b, m.Count)
	for _, p := range m.Ports {
		b = append32(b, p)
	}
	return b
}

// RetrOK is MSG_RETR_OK: the size in bytes of the file that the client asked for.
type RetrOK struct {
	Size int64
}

func decodeRetrOK(_ Header, body []byte) (Message, error) { return RetrOK{Size: int64At(body, 0)}, nil }

// Validate fails with ErrSize if the size is negative.
func (m RetrOK) Validate() error {
	if m.Size < 0 {
		return fail(MsgRetrOK, HeaderSize, ErrSize, "%d bytes", m.Size)
	}
	return nil
}

// Code returns MsgRetrOK.
func (RetrOK) Code() Code { return MsgRetrOK }

// Append adds the encoded message to b.
func (m RetrOK) Append(b []byte) []byte { return append64(appendHeader(b, MsgRetrOK, 8), m.Size) }
