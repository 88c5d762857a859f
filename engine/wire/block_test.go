package wire_test

import (
	"bytes"
	"errors"
	"io"
	"math"
	"os"
	"testing"
	"testing/iotest"

	"bbftp/engine/wire"
)

func TestBlockHeader(t *testing.T) {
	for _, c := range []struct {
		hex   string
		limit int
		want  wire.BlockHeader
		cause error
	}{
		{"00000000 00000096", 150, wire.BlockHeader{Code: wire.BlockStored, Len: 150}, nil},
		{"00000001 0000000c", 12, wire.BlockHeader{Code: wire.BlockZlib, Len: 12}, nil},
		{"00000001 0003e800", wire.BlockSizeV1, wire.BlockHeader{Code: wire.BlockZlib, Len: 256000}, nil},
		{"00000001 7fffffff", math.MaxInt32, wire.BlockHeader{Code: wire.BlockZlib, Len: math.MaxInt32}, nil},
		{"00000001 0003e801", wire.BlockSizeV1, wire.BlockHeader{}, wire.ErrLength},
		{"00000001 0000000c", 11, wire.BlockHeader{}, wire.ErrLength},
		{"00000000 00000000", 11, wire.BlockHeader{}, wire.ErrLength},
		{"00000000 ffffffff", 11, wire.BlockHeader{}, wire.ErrLength},
		{"00000000 80000000", 11, wire.BlockHeader{}, wire.ErrLength},
		{"00000002 00000001", 11, wire.BlockHeader{}, wire.ErrBlockCode},
		{"ffffffff 00000001", 11, wire.BlockHeader{}, wire.ErrBlockCode},
		{"00000009 000003e8", 1024, wire.BlockHeader{}, wire.ErrBlockCode},
	} {
		b := unhex(t, c.hex)
		h, err := wire.ParseBlockHeader(append(b, 0xff), c.limit)
		if h != c.want || !errors.Is(err, c.cause) {
			t.Errorf("%s, limit %d: %+v, %v", c.hex, c.limit, h, err)
		}
		r := bytes.NewReader(append(b, 0xff))
		if h, err := wire.ReadBlockHeader(r, c.limit); h != c.want || !errors.Is(err, c.cause) || r.Len() != 1 {
			t.Errorf("%s, limit %d: read %+v, %v", c.hex, c.limit, h, err)
		}
		if c.cause == nil && !bytes.Equal(c.want.Append(nil), b) {
			t.Errorf("%+v is sent as %x", c.want, c.want.Append(nil))
		}
		for cut := range b {
			if _, err := wire.ParseBlockHeader(b[:cut], c.limit); !errors.Is(err, wire.ErrTruncated) {
				t.Errorf("cut to %d bytes: %v", cut, err)
			}
			_, err := wire.ReadBlockHeader(bytes.NewReader(b[:cut]), c.limit)
			if cut == 0 && err != io.EOF || cut > 0 && !errors.Is(err, wire.ErrTruncated) {
				t.Errorf("reader cut to %d bytes: %v", cut, err)
			}
		}
	}
	if _, err := wire.ReadBlockHeader(iotest.ErrReader(os.ErrDeadlineExceeded), 1); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error(err)
	}
}

func TestAck(t *testing.T) {
	ack := wire.AppendAck(nil)
	if !bytes.Equal(ack, unhex(t, "00000004 00000000")) {
		t.Errorf("ACK is %x", ack)
	}
	if err := wire.ReadAck(bytes.NewReader(ack)); err != nil {
		t.Error(err)
	}
	for cut := range ack {
		err := wire.ReadAck(bytes.NewReader(ack[:cut]))
		if cut == 0 && !errors.Is(err, io.EOF) || cut > 0 && !errors.Is(err, wire.ErrTruncated) {
			t.Errorf("cut to %d bytes: %v", cut, err)
		}
	}
	for _, other := range []string{"00000000 00000000", "00000003 00000000", "ffffffff 00000000", "00000400 00000000"} {
		err := wire.ReadAck(bytes.NewReader(unhex(t, other)))
		wantError(t, err, wire.ErrNotAck, 0)
	}
	if err := wire.ReadAck(iotest.ErrReader(os.ErrDeadlineExceeded)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error(err)
	}
}
