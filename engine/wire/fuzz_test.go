package wire_test

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"testing"

	"bbftp/engine/wire"
)

func FuzzParseClient(f *testing.F) { fuzzParse(f, wire.Client) }
func FuzzParseServer(f *testing.F) { fuzzParse(f, wire.Server) }

// fuzzParse: what parses is sent again as the same bytes, and the reader takes the same message off a stream, or the same error.
func fuzzParse(f *testing.F, from wire.Sender) {
	for _, s := range samples {
		if s.from == from {
			f.Add(unhex(f, s.hex))
		}
	}
	for _, v := range vectors(f) {
		if v.from == from {
			f.Add(v.bytes)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, n, err := wire.Parse(b, from)
		r := bytes.NewReader(b)
		read, readErr := wire.Read(r, from)
		if err == nil {
			if got := m.Append(nil); !bytes.Equal(got, b[:n]) {
				t.Errorf("%+v\nparsed from %x\n    sent as %x", m, b[:n], got)
			}
			if readErr != nil || !reflect.DeepEqual(read, m) || len(b)-r.Len() != n {
				t.Errorf("%+v, %d bytes, is read as %+v, %v, %d bytes", m, n, read, readErr, len(b)-r.Len())
			}
			return
		}
		if m != nil || n != 0 || read != nil || readErr == nil {
			t.Errorf("%v, but message %+v, %d bytes; read as %+v, %v", err, m, n, read, readErr)
		}
		var e, re *wire.Error
		switch {
		case !errors.As(err, &e):
			t.Errorf("error without place: %v", err)
		case len(b) < wire.HeaderSize:
			if want := io.ErrUnexpectedEOF; !errors.Is(err, wire.ErrTruncated) || len(b) > 0 && readErr != want || len(b) == 0 && readErr != io.EOF {
				t.Errorf("%d bytes: %v; read: %v", len(b), err, readErr)
			}
		case !errors.As(readErr, &re) || re.Error() != e.Error():
			t.Errorf("parsed: %v\n  read: %v", err, readErr)
		}
	})
}

func FuzzBlockHeader(f *testing.F) {
	for _, s := range []string{"00000000 00000096", "00000001 0003e800", "00000009 000003e8", "00000001 ffffffff", "000000"} {
		f.Add(unhex(f, s), uint32(256000))
	}
	f.Fuzz(func(t *testing.T, b []byte, limit uint32) {
		h, err := wire.ParseBlockHeader(b, int(limit>>1))
		r := bytes.NewReader(b)
		read, readErr := wire.ReadBlockHeader(r, int(limit>>1))
		switch {
		case err == nil:
			if !bytes.Equal(h.Append(nil), b[:wire.BlockHeaderSize]) || h.Len < 1 || h.Len > int32(limit>>1) {
				t.Errorf("%+v from %x, limit %d", h, b, limit>>1)
			}
			if readErr != nil || read != h || len(b)-r.Len() != wire.BlockHeaderSize {
				t.Errorf("%+v is read as %+v, %v", h, read, readErr)
			}
		case len(b) == 0:
			if readErr != io.EOF {
				t.Errorf("nothing: %v", readErr)
			}
		case readErr == nil || readErr.Error() != err.Error():
			t.Errorf("parsed: %v\n  read: %v", err, readErr)
		}
	})
}
