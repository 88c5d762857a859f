package observe

import (
	"encoding/binary"
	"net/netip"
	"syscall"
	"testing"
	"time"
)

// answer is a struct inet_diag_msg with TCP_INFO of a length.
func answer(info []byte) []byte {
	b := make([]byte, sizeMessage)
	b[0] = syscall.AF_INET
	binary.BigEndian.PutUint16(b[4:], 5021)
	binary.BigEndian.PutUint16(b[6:], 40000)
	copy(b[8:], []byte{192, 0, 2, 1})
	copy(b[24:], []byte{192, 0, 2, 2})
	binary.NativeEndian.PutUint64(b[44:], 77)
	b = append(b, 5, 0, 8, 0, 3, 0, 0, 0) // an attribute of one byte
	b = binary.NativeEndian.AppendUint16(b, uint16(4+len(info)))
	b = binary.NativeEndian.AppendUint16(b, attrInfo)
	return append(b, info...)
}

func TestParseSocket(t *testing.T) {
	info := make([]byte, 192)
	for at, n := range map[int]uint32{16: 1448, 80: 10, 68: 50000, 100: 3} {
		binary.NativeEndian.PutUint32(info[at:], n)
	}
	for at, n := range map[int]uint64{120: 1e9, 128: 5, 160: 125e6, 168: 2e6, 176: 1e6, 184: 5e5} {
		binary.NativeEndian.PutUint64(info[at:], n)
	}
	id, got, ok := parseSocket(answer(info))
	want := figures{
		cwnd: 14480, rtt: 50 * time.Millisecond, retrans: 3, acked: 1e9, received: 5, delivery: 1e9,
		busy: 2 * time.Second, rwndLimit: time.Second, bufLimit: time.Second / 2,
	}
	if !ok || got != want {
		t.Errorf("%v %+v", ok, got)
	}
	local, remote := id.addresses()
	if id.cookie() != 77 || local != netip.MustParseAddrPort("192.0.2.1:5021") || remote != netip.MustParseAddrPort("192.0.2.2:40000") {
		t.Errorf("cookie %d, %v to %v", id.cookie(), local, remote)
	}
	// An older kernel's ends before the time limits.
	if _, got, ok := parseSocket(answer(info[:168])); !ok || got.delivery != 1e9 || got.busy != 0 {
		t.Errorf("%v %+v", ok, got)
	}
	if _, _, ok := parseSocket(answer(nil)[:sizeMessage]); ok {
		t.Error("a socket without TCP_INFO has figures")
	}
}

func FuzzAnswer(f *testing.F) {
	message := appendHeader(nil, syscall.NLMSG_HDRLEN+sizeMessage+12+192, byFamily, 0, 1)
	f.Add(append(message, answer(make([]byte, 192))...))
	f.Add(append(appendHeader(nil, syscall.NLMSG_HDRLEN+4, syscall.NLMSG_ERROR, 0, 1), 0xfe, 0xff, 0xff, 0xff))
	f.Fuzz(func(t *testing.T, data []byte) {
		for len(data) > 0 {
			m, rest, err := nextMessage(data)
			if err != nil {
				return
			}
			if len(rest) >= len(data) {
				t.Fatal("no end")
			}
			_ = m.failure()
			parseSocket(m.body)
			data = rest
		}
	})
}
