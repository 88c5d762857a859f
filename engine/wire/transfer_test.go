package wire_test

import (
	"errors"
	"math"
	"slices"
	"testing"
	"time"

	"bbftp/engine/wire"
)

func TestTransferValidate(t *testing.T) {
	kinds := []wire.Code{wire.MsgStoreV2, wire.MsgRetrV2, wire.MsgTransOKV2, wire.MsgTransOKV3}
	with := func(kind wire.Code, size int64, streams, buffer int32) error {
		return wire.Transfer{Kind: kind, Size: size, Streams: streams, BufferSize: buffer}.Validate()
	}
	for _, kind := range kinds {
		answer := kind == wire.MsgTransOKV2 || kind == wire.MsgTransOKV3
		for _, streams := range []int32{1, 1000} {
			for _, buffer := range []int32{1, wire.MaxBufferSize} {
				if err := with(kind, math.MaxInt64, streams, buffer); err != nil {
					t.Errorf("%v: %d streams, %d KiB: %v", kind, streams, buffer, err)
				}
			}
		}
		for _, streams := range []int32{1001, math.MaxInt32} {
			if err := with(kind, 1, streams, 256); answer {
				wantError(t, err, wire.ErrCount, 52)
			} else if err != nil {
				t.Errorf("%v: a wish for %d streams: %v", kind, streams, err)
			}
		}
		for _, streams := range []int32{0, -1, math.MinInt32} {
			wantError(t, with(kind, 1, streams, 256), wire.ErrCount, 52)
			if err := with(kind, 0, streams, 256); streams < 0 || kind == wire.MsgRetrV2 {
				wantError(t, err, wire.ErrCount, 52)
			} else if err != nil {
				t.Errorf("%v: empty file without stream: %v", kind, err)
			}
		}
		for _, buffer := range []int32{0, -1, math.MinInt32, wire.MaxBufferSize + 1, math.MaxInt32} {
			wantError(t, with(kind, 1, 1, buffer), wire.ErrBufferSize, 48)
		}
		for _, size := range []int64{-1, math.MinInt64} {
			wantError(t, with(kind, size, 1, 256), wire.ErrSize, 8)
		}
	}
	if n := (wire.Transfer{BufferSize: wire.MaxBufferSize}).BlockLimit(); n != math.MaxInt32-1023 {
		t.Errorf("largest block: %d bytes", n)
	}
}

func TestPassiveStartStreams(t *testing.T) {
	for _, n := range []int{0, 1, 1000} {
		if got, err := wire.NewPassiveStart(wire.MsgTransStartV3, n).Streams(); err != nil || got != n {
			t.Errorf("%d streams: %d, %v", n, got, err)
		}
	}
	for _, n := range []int32{math.MinInt32, -4, -1, 1, 2, 3, 5, 4001, 4004, math.MaxInt32} {
		_, err := wire.PassiveStart{Kind: wire.MsgTransSimulV3, Len: n}.Streams()
		wantError(t, err, wire.ErrCount, 4)
	}
}

func TestPortNumbers(t *testing.T) {
	if got, err := (wire.Ports{1, 40000, 65535}).Numbers(); err != nil || !slices.Equal(got, []uint16{1, 40000, 65535}) {
		t.Errorf("%v, %v", got, err)
	}
	for _, bad := range []int32{math.MinInt32, -1, 0, 65536, 0x10001, math.MaxInt32} {
		if _, err := (wire.Ports{1, bad}).Numbers(); !errors.Is(err, wire.ErrPort) {
			t.Errorf("port %d: %v", bad, err)
		}
	}
}

func TestOptions(t *testing.T) {
	for o, want := range map[wire.Options]string{
		0: "0", 15: "TMP|ACC|MODE|DIR", 0x10: "GZIP", 0xf0: "GZIP|RFIO|RFIO_O|QBSS", 0x100: "0x100", 0x80000001: "TMP|0x80000000",
	} {
		if o.String() != want {
			t.Errorf("%#x is %q, want %q", uint32(o), o, want)
		}
	}
	o := wire.OptTmp | wire.OptGzip
	if !o.Has(wire.OptGzip) || o.Has(wire.OptDir) || o.Has(wire.OptTmp|wire.OptDir) || !o.Has(o) {
		t.Errorf("Has is wrong for %v", o)
	}
}

func TestTimestamp(t *testing.T) {
	for want, at := range map[string]time.Time{
		"3a7b8372": time.Date(2001, 2, 3, 4, 5, 6, 999, time.UTC),
		"00000000": time.Unix(0, 0),
		"ffffffff": time.Unix(math.MaxUint32, 0),
	} {
		ts := wire.NewTimestamp(at)
		back, err := ts.Time()
		if string(ts[:]) != want || err != nil || back.Unix() != at.Unix() {
			t.Errorf("%v is %q and comes back as %v, %v", at, ts[:], back, err)
		}
	}
	for want, at := range map[string]time.Time{
		"\x00\x00\x00\x00\x00\x00\x00\x00": {},
		"00000000":                         time.Unix(-1, 0),
		"ffffffff":                         time.Unix(math.MaxUint32+1, 0),
	} {
		if ts := wire.NewTimestamp(at); string(ts[:]) != want {
			t.Errorf("%v is %q, want %q", at, ts[:], want)
		}
	}
	if back, err := wire.Timestamp([]byte("\x00garbage")).Time(); err != nil || !back.IsZero() {
		t.Errorf("absent: %v, %v", back, err)
	}
	if back, err := wire.Timestamp([]byte("3A7B8372")).Time(); err != nil || back.Unix() != 0x3a7b8372 {
		t.Errorf("capitals: %v, %v", back, err)
	}
	for _, bad := range []string{"3a7b837g", "        ", "+3a7b837", "-3a7b837", "0x3a7b83", "3a7b837\x00", "3a_b8372", "\xff\xff\xff\xff\xff\xff\xff\xff"} {
		if _, err := wire.Timestamp([]byte(bad)).Time(); !errors.Is(err, wire.ErrTime) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
