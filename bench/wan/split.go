package wan

import "encoding/binary"

// header writes to out the headers of a frame that carries only the packets
// first … first+count-1 of p, whose own headers are in frame, and returns their
// length. What follows them is the payload from p.cut(first) to
// p.cut(first+count), as it is. hdr_len of the result is the length of the
// headers: a TUN device puts only that much into one piece of memory.
func (p *packet) header(out, frame []byte, first, count int) int {
	n := copy(out, frame[:p.payload])
	out = out[:n]
	last := first+count == p.count
	length := n - p.transport + p.cut(first+count) - p.cut(first)

	ip := out[p.ip:]
	six := ip[0]>>4 == 6
	if six {
		binary.BigEndian.PutUint16(ip[4:], uint16(length))
	} else {
		binary.BigEndian.PutUint16(ip[2:], uint16(length+p.transport-p.ip))
		binary.BigEndian.PutUint16(ip[4:], binary.BigEndian.Uint16(ip[4:])+uint16(first))
		binary.BigEndian.PutUint16(ip[10:], 0)
		binary.BigEndian.PutUint16(ip[10:], ^sum(0, ip[:p.transport-p.ip]))
	}

	transport := out[p.transport:]
	checksum, protocol := 6, uint32(protocolUDP)
	if p.kind == kindUDP {
		binary.BigEndian.PutUint16(transport[4:], uint16(length))
	} else {
		checksum, protocol = 16, protocolTCP
		p.tcp(transport, first, last)
	}
	// The sum of the pseudo header, not inverted, stands where the checksum
	// will be: whoever sends the packet to a real wire adds the rest.
	addresses := ip[12:20]
	if six {
		addresses = ip[8:40]
	}
	binary.BigEndian.PutUint16(transport[checksum:], sum(protocol+uint32(length), addresses))

	v := out[:virtioHeaderLen]
	v[virtioFlags] = needsChecksum
	binary.NativeEndian.PutUint16(v[virtioHdrLen:], uint16(n-virtioHeaderLen))
	binary.NativeEndian.PutUint16(v[virtioSumStart:], uint16(p.transport-virtioHeaderLen))
	binary.NativeEndian.PutUint16(v[virtioSumOffset:], uint16(checksum))
	if first > 0 {
		v[virtioKind] = p.kind
	}
	if count == 1 {
		v[virtioKind] = kindSingle
		binary.NativeEndian.PutUint16(v[virtioSegment:], 0)
	}
	return n
}

// tcp adapts the TCP header: the end of the stream and the push are said by the
// last packet, the answer to a congestion mark by the first, as a device that
// does TSO has it.
func (p *packet) tcp(header []byte, first int, last bool) {
	const fin, psh, cwr = 0x01, 0x08, 0x80
	sequence := binary.BigEndian.Uint32(header[4:])
	binary.BigEndian.PutUint32(header[4:], sequence+uint32(first*p.segment))
	if !last {
		header[13] &^= fin | psh
	}
	if first > 0 {
		header[13] &^= cwr
	}
}

// sum is the Internet checksum's sum (RFC 1071) of initial and b, which is of
// even length, folded to 16 bits.
func sum(initial uint32, b []byte) uint16 {
	total := uint64(initial)
	for ; len(b) >= 4; b = b[4:] {
		total += uint64(binary.BigEndian.Uint32(b))
	}
	if len(b) >= 2 {
		total += uint64(binary.BigEndian.Uint16(b))
	}
	for total > 0xffff {
		total = total>>16 + total&0xffff
	}
	return uint16(total)
}
