package wan

import (
	"encoding/binary"
	"errors"
	"testing"
)

// super is a frame of TCP over IPv4 or IPv6 with segments of the given size,
// flags FIN, PSH, ACK and CWR, and 12 bytes of options.
func super(six bool, link, segment, payload int) []byte {
	ipLen := 20
	if six {
		ipLen = 40
	}
	f := make([]byte, virtioHeaderLen+link+ipLen+32, virtioHeaderLen+link+ipLen+32+payload)
	f[virtioFlags], f[virtioKind] = needsChecksum, kindTCP4|kindExplicit
	// The trap: Linux says how much lies in one piece of memory.
	binary.NativeEndian.PutUint16(f[virtioHdrLen:], 200)
	binary.NativeEndian.PutUint16(f[virtioSegment:], uint16(segment))
	binary.NativeEndian.PutUint16(f[virtioSumStart:], uint16(link+ipLen))
	binary.NativeEndian.PutUint16(f[virtioSumOffset:], 16)
	ip := f[virtioHeaderLen+link:]
	if six {
		f[virtioKind] = kindTCP6 | kindExplicit
		ip[0], ip[6] = 6<<4, protocolTCP
		binary.BigEndian.PutUint16(ip[4:], uint16(32+payload))
	} else {
		ip[0], ip[8], ip[9] = 4<<4|5, 64, protocolTCP
		binary.BigEndian.PutUint16(ip[2:], uint16(ipLen+32+payload))
		binary.BigEndian.PutUint16(ip[4:], 0xfffe) // its next but one is 0
	}
	for i := range 16 {
		ip[ipLen-16+i] = byte(0xa0 + i) // addresses, or part of them
	}
	if !six {
		binary.BigEndian.PutUint16(ip[8:], 64<<8|protocolTCP)
		binary.BigEndian.PutUint16(ip[4:], 0xfffe)
	}
	tcp := ip[ipLen:]
	binary.BigEndian.PutUint32(tcp[4:], 0xffff_ff00)
	tcp[12], tcp[13] = 8<<4, 0x01|0x08|0x10|0x80
	for i := range payload {
		f = append(f, byte(i*7))
	}
	return f
}

func TestParse(t *testing.T) {
	whole := super(false, 0, 1448, 10*1448+5)
	p, err := parse(whole, 0)
	if err != nil || p.count != 11 || p.size(0) != MTU || p.size(10) != 57 {
		t.Fatalf("%d packets of %d … %d bytes, %v", p.count, p.size(0), p.size(10), err)
	}
	if want := int64(10*MTU + 57); p.bytes() != want {
		t.Errorf("%d bytes, want %d", p.bytes(), want)
	}

	change := func(at int, value byte) []byte {
		f := append([]byte(nil), whole...)
		f[at] = value
		return f
	}
	const ip, tcp = virtioHeaderLen, virtioHeaderLen + 20
	for _, test := range []struct {
		name  string
		frame []byte
		want  error
	}{
		{"nothing", nil, errNotIP},
		{"a header alone", whole[:virtioHeaderLen+19], errNotIP},
		{"no IP version", change(ip, 0x55), errNotIP},
		{"an unknown offload", change(virtioKind, 3), errOffload},
		{"the other IP version's offload", change(virtioKind, kindTCP6), errOffload},
		{"UDP in a TCP offload", change(ip+9, protocolUDP), errOffload},
		{"IP header too short", change(ip, 0x44), errOffload},
		{"IP header too long", whole[:virtioHeaderLen+30], errOffload},
		{"TCP header too short", change(tcp+12, 4<<4), errOffload},
		{"TCP header beyond the end", whole[:virtioHeaderLen+20+31], errOffload},
		{"no payload", whole[:virtioHeaderLen+20+32], errOffload},
		{"no segment size", super(false, 0, 0, 100), errOffload},
		{"too many segments", super(false, 0, 1, maxSegments+1), errOffload},
		{"as many as are allowed", super(false, 0, 1, maxSegments), nil},
	} {
		if _, err := parse(test.frame, 0); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", test.name, err, test.want)
		}
	}
}

// FuzzSplit holds whatever parse takes to this: cut anywhere, the pieces carry
// the payload of the whole, each byte once and in order, under headers that
// parse to the same.
func FuzzSplit(f *testing.F) {
	f.Add(super(false, 0, 1448, 20000), 0, uint64(3))
	f.Add(super(false, 14, 1448, 65000), 14, uint64(0x5555))
	f.Add(super(true, 0, 1428, 5000), 0, uint64(1))
	f.Add(super(true, 14, 36, 3000), 14, ^uint64(0))
	udp := super(false, 0, 1000, 2500)
	udp[virtioKind], udp[virtioHeaderLen+9] = kindUDP, protocolUDP
	f.Add(udp, 0, uint64(2))
	f.Fuzz(func(t *testing.T, frame []byte, link int, cuts uint64) {
		if link != 14 {
			link = 0
		}
		if len(frame) > maxFrame {
			return
		}
		p, err := parse(frame, link)
		if err != nil || p.count == 1 {
			return
		}
		var out [maxHeader]byte
		var total int64
		next := p.payload
		for first := 0; first < p.count; {
			many := 1
			for first+many < p.count && cuts>>(uint(first+many)%64)&1 == 0 {
				many++
			}
			n := p.header(out[:], frame, first, many)
			payload := frame[p.cut(first):p.cut(first+many)]
			if p.cut(first) != next {
				t.Fatalf("packet %d begins at %d, the one before ended at %d", first, p.cut(first), next)
			}
			next += len(payload)
			piece := append(append([]byte(nil), out[:n]...), payload...)
			checkPiece(t, &p, frame, piece, first, many)
			got, err := parse(piece, link)
			if err != nil || got.count != many {
				t.Fatalf("packets %d and %d more parse as %d, %v", first, many-1, got.count, err)
			}
			total += got.bytes()
			first += many
		}
		if next != p.end || total != p.bytes() {
			t.Fatalf("pieces end at %d with %d bytes, the whole at %d with %d", next, total, p.end, p.bytes())
		}
	})
}

func checkPiece(t *testing.T, p *packet, frame, piece []byte, first, many int) {
	t.Helper()
	if frame[p.ip]>>4 == 4 {
		header := piece[p.ip:p.transport]
		if got := sum(0, header); got != 0xffff {
			t.Fatalf("packet %d: IP checksum adds up to %#x", first, got)
		}
		if got := int(binary.BigEndian.Uint16(header[2:])); got != len(piece)-p.ip {
			t.Fatalf("packet %d: IP length %d, want %d", first, got, len(piece)-p.ip)
		}
		if got, want := binary.BigEndian.Uint16(header[4:]), binary.BigEndian.Uint16(frame[p.ip+4:])+uint16(first); got != want {
			t.Fatalf("packet %d: IP id %d, want %d", first, got, want)
		}
	}
	if p.kind == kindUDP {
		return
	}
	sent, tcp := frame[p.transport:], piece[p.transport:]
	if got, want := binary.BigEndian.Uint32(tcp[4:]), binary.BigEndian.Uint32(sent[4:])+uint32(first*p.segment); got != want {
		t.Fatalf("packet %d: sequence number %d, want %d", first, got, want)
	}
	if last := first+many == p.count; !last && tcp[13]&0x09 != 0 || last && tcp[13]&0x09 != sent[13]&0x09 {
		t.Fatalf("packet %d of %d: flags %#x", first, p.count, tcp[13])
	}
	if first > 0 && tcp[13]&0x80 != 0 || first == 0 && tcp[13]&0x80 != sent[13]&0x80 {
		t.Fatalf("packet %d: CWR in flags %#x", first, tcp[13])
	}
}

func BenchmarkSplit(b *testing.B) {
	frame := super(false, 0, 1448, 44*1448)
	p, err := parse(frame, 0)
	if err != nil {
		b.Fatal(err)
	}
	var out [maxHeader]byte
	b.ReportAllocs()
	for b.Loop() {
		p.header(out[:], frame, 8, 8)
	}
}
