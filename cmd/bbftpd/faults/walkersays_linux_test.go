package faults

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"

	"bbftp/engine/wire"
)

// command makes one that is right, at another time.
func (w *walker) command() []byte {
	switch w.IntN(12) {
	case 0:
		return w.anything()
	case 1, 2, 3, 4, 5, 6:
		return w.transfer()
	}
	if w.version == 1 {
		kind := []wire.Code{wire.MsgMkdir, wire.MsgChdir, wire.MsgList, wire.MsgAbr, wire.MsgCreateZero, wire.MsgRetrStart}[w.IntN(6)]
		if w.IntN(2) == 0 {
			return wire.Signal{Kind: kind}.Append(nil)
		}
		return wire.PathRequest{Kind: kind, Path: w.path()}.Append(nil)
	}
	kind := []wire.Code{
		wire.MsgMkdirV2, wire.MsgChdirV2, wire.MsgListV2, wire.MsgRm, wire.MsgStat, wire.MsgDf, wire.MsgChumask, wire.MsgChcos, wire.MsgAbort, wire.MsgCreateZero,
	}[w.IntN(10)]
	switch kind {
	case wire.MsgChumask, wire.MsgChcos:
		return wire.IntCommand{Kind: kind, Value: w.number()}.Append(nil)
	case wire.MsgAbort, wire.MsgCreateZero:
		return wire.Signal{Kind: kind}.Append(nil)
	}
	return wire.PathCommand{Kind: kind, Options: wire.Options(w.IntN(256)), Path: w.path()}.Append(nil)
}

// anything is a header of some code with a body of some length.
func (w *walker) anything() []byte {
	body := make([]byte, w.IntN(600))
	for i := range body {
		body[i] = byte(w.Uint32())
	}
	n := int32(len(body))
	if w.IntN(4) == 0 {
		n = w.number()
	}
	return append(wire.Header{Code: wire.Code(w.IntN(100)), Len: n}.Append(nil), body...)
}

// number is one that somebody may have forgotten.
func (w *walker) number() int32 {
	some := []int32{0, 1, -1, 2, 10, 11, 25, 26, 255, 256, 1000, 1001, 4096, 65535, 65536, math.MaxInt32, math.MinInt32, 0o22, 0o777}
	return some[w.IntN(len(some))]
}

// path names what is there, what is not, and what is nobody's business. What it
// may write to begins with "w".
func (w *walker) path() string {
	some := []string{
		fmt.Sprintf("w%d", w.IntN(30)), fmt.Sprintf("w%d", w.IntN(30)), fmt.Sprintf("wd%d/w%d", w.IntN(5), w.IntN(5)), fmt.Sprintf("wd%d", w.IntN(5)),
		"there", ".", "..", "/", "", "*", "w*", "wd*/*", "../outside/w", "/../../w", "link/w", "link", "there/w", "wd1/../../outside/w", "a\x00b",
		string(bytes.Repeat([]byte("wd1/"), 200)), string(bytes.Repeat([]byte("w"), 300)), "[", "//w1", "./w2", "/etc/passwd",
	}
	return some[w.IntN(len(some))]
}

// transfer asks for one, and has its data moved, or something else.
func (w *walker) transfer() []byte {
	sizes := []int64{0, 1, 2, 1000, 70_001, 300_000, 1 << 20}
	size := sizes[w.IntN(len(sizes))]
	if w.IntN(15) == 0 {
		size = []int64{-1, math.MaxInt64, math.MinInt64, 1 << 40}[w.IntN(4)]
	}
	n := 1 + w.IntN(4)
	storing := w.IntN(3) > 0
	if w.version == 1 {
		kind := []wire.Code{wire.MsgRetr, wire.MsgRetrC, wire.MsgRetrRFIO, wire.MsgRetrRFIOC}[w.IntN(4)]
		if storing {
			kind = []wire.Code{wire.MsgStore, wire.MsgStoreC}[w.IntN(2)]
		}
		request := wire.FileRequest{Kind: kind, Len: wire.FileRequestSize, Size: size, Count: int32(n)}
		copy(request.Name[:], w.path())
		w.expect(storing, size, kind == wire.MsgStoreC || kind == wire.MsgRetrC, n)
		for i := range min(n, wire.MaxStreamsV1) {
			request.Ports[i] = w.await(i)
		}
		if w.IntN(10) == 0 {
			request.Count = w.number()
		}
		b := request.Append(nil)
		if !storing {
			b = append(b, wire.Signal{Kind: wire.MsgRetrStart}.Append(nil)...)
		}
		return b
	}
	kind := wire.MsgRetrV2
	if storing {
		kind = wire.MsgStoreV2
	}
	options := wire.Options(w.IntN(256)) &^ wire.OptAcc // its times would have to be right
	if w.IntN(2) == 0 {
		options = []wire.Options{0, wire.OptTmp | wire.OptDir, wire.OptGzip | wire.OptTmp}[w.IntN(3)]
	}
	request := wire.Transfer{Kind: kind, Size: size, Options: options, Mode: 0o644, SendWindow: 256, RecvWindow: 256, BufferSize: 1 + int32(w.IntN(512)), Streams: int32(n)}
	if w.IntN(10) == 0 {
		request.Streams = w.number()
	}
	if w.IntN(10) == 0 {
		request.BufferSize = w.number()
	}
	w.expect(storing, size, options.Has(wire.OptGzip), n)
	b := append(request.Append(nil), wire.Filename{Path: w.path()}.Append(nil)...)
	switch w.IntN(6) {
	case 0: // without a start: the answers' reader may say it
	case 1:
		b = append(b, wire.Signal{Kind: wire.MsgAbort}.Append(nil)...)
	default:
		if w.version == 2 {
			start := wire.ActiveStart{Kind: wire.MsgTransStartV2}
			for i := range n {
				start.Ports = append(start.Ports, w.await(i))
			}
			b = append(b, start.Append(nil)...)
		}
	}
	return b
}

// spoil changes a message: bytes, its length, or what is left of it.
func (w *walker) spoil(b []byte) []byte {
	b = bytes.Clone(b)
	if len(b) < wire.HeaderSize {
		return b
	}
	switch w.IntN(5) {
	case 0:
		for range 1 + w.IntN(8) {
			b[w.IntN(len(b))] ^= byte(1 << w.IntN(8))
		}
	case 1:
		binary.BigEndian.PutUint32(b[4:], uint32(w.number()))
	case 2:
		binary.BigEndian.PutUint32(b[4:], binary.BigEndian.Uint32(b[4:])+uint32(w.IntN(9))-4)
	case 3:
		at := w.IntN(len(b))
		b = append(b[:at], b[min(len(b), at+1+w.IntN(8)):]...)
	case 4:
		b = append(b, w.anything()...)
	}
	return b
}
