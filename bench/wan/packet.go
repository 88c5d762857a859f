package wan

import (
	"encoding/binary"
	"errors"
)

// virtioHeaderLen is the size of the header before each packet that says what
// the sending host left for the device to do: struct virtio_net_hdr.
const virtioHeaderLen = 10

// Fields and values of the virtio header (virtio 1.2, 5.1.6). Its hdr_len is a
// hint only, and not the length of the headers: Linux puts there how much of
// the packet lies in one piece of memory.
const (
	virtioFlags     = 0
	virtioKind      = 1
	virtioHdrLen    = 2
	virtioSegment   = 4
	virtioSumStart  = 6
	virtioSumOffset = 8

	needsChecksum = 1

	kindSingle   = 0
	kindTCP4     = 1
	kindTCP6     = 4
	kindUDP      = 5
	kindExplicit = 0x80 // a bit beside the kind: the first packet carries CWR
)

const (
	protocolTCP = 6
	protocolUDP = 17

	maxFrame    = virtioHeaderLen + 64 + 1<<16 // longest packet taken, with all that stands before it
	maxHeader   = virtioHeaderLen + 14 + 60 + 60
	maxSegments = 2048 // packets in one piece; Linux makes none with less than 48 bytes each
)

var (
	errNotIP   = errors.New("not an IP packet")
	errOffload = errors.New("an offload the link does not know, or a malformed packet")
)

// packet is what the link has to know of a frame: virtio header, link-layer
// header, and an IP packet that may stand for many. Offsets count from the
// virtio header.
type packet struct {
	ip        int // offset of the IP header
	transport int // offset of the TCP or UDP header; of nothing in a single packet
	payload   int // offset of the payload; the end of a single packet
	end       int
	segment   int // payload bytes in each packet but the last
	count     int // packets
	kind      byte
}

// parse looks at a frame whose link-layer header has the given length.
func parse(frame []byte, link int) (packet, error) {
	p := packet{ip: virtioHeaderLen + link, end: len(frame), count: 1}
	if len(frame) < p.ip+20 {
		return p, errNotIP
	}
	six := frame[p.ip]>>4 == 6
	if !six && frame[p.ip]>>4 != 4 {
		return p, errNotIP
	}
	p.payload, p.transport = p.end, p.end
	p.kind = frame[virtioKind] &^ kindExplicit
	if p.kind == kindSingle {
		return p, nil
	}

	protocol, least := byte(protocolTCP), 20
	if p.kind == kindUDP {
		protocol, least = protocolUDP, 8
	}
	var found byte
	if six {
		// Extension headers do not occur: the hosts' own TCP sends none.
		p.transport, found = p.ip+40, frame[p.ip+6]
	} else {
		p.transport, found = p.ip+int(frame[p.ip]&15)*4, frame[p.ip+9]
	}
	switch {
	case p.kind != kindUDP && p.kind != kindTCP4 && p.kind != kindTCP6,
		p.kind == kindTCP4 && six, p.kind == kindTCP6 && !six,
		found != protocol, p.transport < p.ip+20, p.end < p.transport+least:
		return p, errOffload
	}
	p.payload = p.transport + least
	if protocol == protocolTCP {
		p.payload = p.transport + int(frame[p.transport+12]>>4)*4
	}
	p.segment = int(binary.NativeEndian.Uint16(frame[virtioSegment:]))
	if p.payload < p.transport+least || p.payload >= p.end || p.segment == 0 {
		return p, errOffload
	}
	p.count = (p.end - p.payload + p.segment - 1) / p.segment
	if p.count > maxSegments {
		return p, errOffload
	}
	return p, nil
}

// size is the length in bytes of IP packet i of the frame.
func (p *packet) size(i int) int64 {
	if p.count == 1 {
		return int64(p.end - p.ip)
	}
	return int64(p.payload - p.ip + p.cut(i+1) - p.cut(i))
}

// cut is the offset of the payload of packet i; that of packet p.count is the
// end.
func (p *packet) cut(i int) int {
	return min(p.payload+i*p.segment, p.end)
}

// bytes is the length of all IP packets of the frame.
func (p *packet) bytes() int64 {
	return int64(p.end-p.payload) + int64(p.count)*int64(p.payload-p.ip)
}
