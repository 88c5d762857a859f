package wire_test

import (
	"bytes"
	"fmt"
	"math"
	"testing"

	"bbftp/engine/wire"
)

// lengths lists, per message, the ends of the lengths that are true. What is not listed has a msglen that does not matter.
var lengths = []struct {
	from   wire.Sender
	codes  []wire.Code
	bottom int32
	top    int32
	step   int32
	over   error
}{
	{wire.Server, []wire.Code{wire.MsgOK, wire.MsgBad, wire.MsgBadNoRetry, wire.MsgInfo, wire.MsgWarn}, 0, 65536, 1, wire.ErrLength},
	{wire.Client, []wire.Code{wire.MsgBadNoRetry, wire.MsgFilename}, 0, 65536, 1, wire.ErrLength},
	{wire.Client, []wire.Code{wire.MsgLog}, 276, 276, 1, wire.ErrLength},
	{wire.Server, []wire.Code{wire.MsgCrypt}, 12, 65536, 1, wire.ErrLength},
	{wire.Client, []wire.Code{wire.MsgPrivLog}, 12, 65536, 1, wire.ErrLength},
	{wire.Client, []wire.Code{wire.MsgPrivData}, 132, 496 * 132, 132, wire.ErrLength},
	{wire.Server, []wire.Code{wire.MsgPrivData}, 132, 496 * 132, 132, wire.ErrLength},
	{wire.Server, []wire.Code{wire.MsgRetrOK, wire.MsgProtAns}, 8, 8, 1, wire.ErrLength},
	{wire.Client, []wire.Code{wire.MsgMkdir, wire.MsgChdir, wire.MsgList}, 0, 575, 1, wire.ErrPathTooLong},
	{wire.Server, []wire.Code{wire.MsgListRepl, wire.MsgListReplV2}, 0, 16 << 20, 1, wire.ErrLength},
	{wire.Client, []wire.Code{wire.MsgIPAddr, wire.MsgIPAddrOK}, 0, 4, 4, wire.ErrLength},
	{wire.Server, []wire.Code{wire.MsgIPAddr, wire.MsgIPAddrOK}, 0, 4, 4, wire.ErrLength},
	{wire.Client, []wire.Code{wire.MsgProtAns, wire.MsgChumask, wire.MsgChcos}, 4, 4, 1, wire.ErrLength},
	{wire.Client, []wire.Code{wire.MsgStoreV2, wire.MsgRetrV2}, 48, 48, 1, wire.ErrLength},
	{wire.Server, []wire.Code{wire.MsgTransOKV2, wire.MsgTransOKV3}, 48, 48, 1, wire.ErrLength},
	{wire.Client, []wire.Code{wire.MsgAbort, wire.MsgCloseConn}, 0, 0, 1, wire.ErrLength},
	{wire.Client, []wire.Code{wire.MsgTransStartV2, wire.MsgTransSimul}, 0, 4000, 4, wire.ErrLength},
	{
		wire.Client,
		[]wire.Code{wire.MsgMkdirV2, wire.MsgChdirV2, wire.MsgListV2, wire.MsgRm, wire.MsgStat, wire.MsgDf},
		4, 4 + 65536, 1, wire.ErrLength,
	},
}

// TestEveryLength: a msglen that counts is refused just outside of its range, before anything behind the header is read.
func TestEveryLength(t *testing.T) {
	for _, l := range lengths {
		for _, code := range l.codes {
			t.Run(fmt.Sprint(code, " from ", l.from), func(t *testing.T) {
				for _, n := range []int32{l.bottom - 1, l.bottom - 4, -1, math.MinInt32} {
					if n < l.bottom {
						refused(t, wire.Header{Code: code, Len: n}, l.from, wire.ErrLength)
					}
				}
				for _, n := range []int32{l.top + 1, l.top + l.step, l.top + 4, math.MaxInt32} {
					refused(t, wire.Header{Code: code, Len: n}, l.from, l.over)
				}
				if l.step > 1 {
					refused(t, wire.Header{Code: code, Len: l.bottom + 1}, l.from, wire.ErrLength)
					refused(t, wire.Header{Code: code, Len: l.top - 1}, l.from, wire.ErrLength)
				}
				for _, n := range []int32{l.bottom, l.top} {
					_, _, err := wire.Parse(wire.Header{Code: code, Len: n}.Append(nil), l.from)
					if n == 0 && err != nil {
						t.Errorf("msglen 0: %v", err)
					} else if n > 0 {
						wantError(t, err, wire.ErrTruncated, 8)
					}
				}
			})
		}
	}
}

func refused(t *testing.T, h wire.Header, from wire.Sender, cause error) {
	t.Helper()
	offset := 4
	if cause == wire.ErrUnknownCode {
		offset = 0
	}
	r := bytes.NewReader(make([]byte, 16))
	_, err := wire.ReadBody(r, h, from)
	wantError(t, err, cause, offset)
	if r.Len() != 16 {
		t.Errorf("%v with msglen %d: %d bytes read before it was refused", h.Code, h.Len, 16-r.Len())
	}
	_, _, err = wire.Parse(append(h.Append(nil), make([]byte, 16)...), from)
	wantError(t, err, cause, offset)
}

// TestLyingLengths: wire.md 1.2. The msglen is kept and does not decide what is read.
func TestLyingLengths(t *testing.T) {
	follows := map[wire.Code]int{
		wire.MsgStore: 576, wire.MsgStoreC: 576, wire.MsgRetr: 576, wire.MsgRetrC: 576, wire.MsgRetrRFIO: 576, wire.MsgRetrRFIOC: 576,
		wire.MsgAck: 0, wire.MsgCrypt: 0, wire.MsgRetrStart: 0, wire.MsgAbr: 0, wire.MsgCreateZero: 0, wire.MsgProt: 0, wire.MsgCertLog: 0,
		wire.MsgTransStartV3: 0, wire.MsgTransSimulV3: 0, wire.MsgServerStatus: 0, wire.MsgTLS: 0,
	}
	for code, body := range follows {
		for _, n := range []int32{math.MinInt32, -1, 0, 1, 12, 276, 576, math.MaxInt32} {
			b := append(wire.Header{Code: code, Len: n}.Append(nil), make([]byte, 600)...)
			m, used, err := wire.Parse(b, wire.Client)
			if err != nil || used != wire.HeaderSize+body {
				t.Errorf("%v with msglen %d takes %d bytes, %v; want %d", code, n, used, err, wire.HeaderSize+body)
				continue
			}
			if !bytes.Equal(m.Append(nil), b[:used]) {
				t.Errorf("%v with msglen %d is not sent as it came", code, n)
			}
			r := bytes.NewReader(b)
			if _, err := wire.Read(r, wire.Client); err != nil || r.Len() != len(b)-used {
				t.Errorf("%v with msglen %d: %d bytes read, %v", code, n, len(b)-r.Len(), err)
			}
		}
	}
}

// TestUnknownCodes: numbers without message, and messages from the wrong side, are refused by their header.
func TestUnknownCodes(t *testing.T) {
	fromBoth := map[wire.Code]bool{
		wire.MsgAck: true, wire.MsgCrypt: true, wire.MsgBadNoRetry: true, wire.MsgIPAddr: true, wire.MsgIPAddrOK: true,
		wire.MsgProtAns: true, wire.MsgPrivData: true,
	}
	fromServer := map[wire.Code]bool{
		wire.MsgOK: true, wire.MsgBad: true, wire.MsgRetrOK: true, wire.MsgListRepl: true, wire.MsgLoggedStdin: true, wire.MsgTransOKV2: true,
		wire.MsgInfo: true, wire.MsgListReplV2: true, wire.MsgTransOKV3: true,
	}
	for code := wire.Code(0); code <= wire.MsgTLS+1; code++ {
		if fromBoth[code] {
			continue
		}
		wrong := wire.Server
		if fromServer[code] {
			wrong = wire.Client
		}
		refused(t, wire.Header{Code: code}, wrong, wire.ErrUnknownCode)
	}
	for _, code := range []wire.Code{math.MinInt32, -1, 50, 99, 0x47455420, math.MaxInt32} {
		for _, from := range []wire.Sender{wire.Client, wire.Server} {
			refused(t, wire.Header{Code: code, Len: 4}, from, wire.ErrUnknownCode)
		}
	}
}

// TestUncountedPorts: what follows a MSG_TRANS_OK_V3 depends on its size and streams, of which there may be 0 to 1000.
func TestUncountedPorts(t *testing.T) {
	ok := func(size int64, streams int32, ports int) []byte {
		m := exampleTransfer(wire.MsgTransOKV3, make([]int32, ports)...)
		m.Size, m.Streams = size, streams
		return m.Append(nil)
	}
	for _, c := range []struct {
		size    int64
		streams int32
		ports   int
	}{{12, 0, 0}, {12, 1, 1}, {12, 25, 25}, {12, 1000, 1000}, {-1, 2, 2}, {0, 1, 0}, {0, 1001, 0}, {0, -1, 0}} {
		b := ok(c.size, c.streams, c.ports)
		if len(b) != 56+4*c.ports {
			t.Fatalf("size %d, %d streams: %d bytes", c.size, c.streams, len(b))
		}
		m, n, err := wire.Parse(append(b, 1, 2, 3, 4), wire.Server)
		if err != nil || n != len(b) || len(m.(wire.Transfer).Ports) != c.ports {
			t.Errorf("size %d, %d streams: %d of %d bytes, %v", c.size, c.streams, n, len(b), err)
		}
	}
	for _, streams := range []int32{-1, math.MinInt32, 1001, math.MaxInt32} {
		b := ok(12, streams, 4)
		_, _, err := wire.Parse(b, wire.Server)
		wantError(t, err, wire.ErrCount, 52)
		_, err = wire.Read(bytes.NewReader(b), wire.Server)
		wantError(t, err, wire.ErrCount, 52)
	}
}
