package faults

import (
	"bytes"
	"compress/zlib"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"time"

	"bbftp/engine/wire"
)

// expect notes the transfer whose data streams come next.
func (w *walker) expect(storing bool, size int64, gzip bool, n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked = wire.Transfer{Kind: wire.MsgRetrV2, Size: size, Streams: int32(n)}
	if storing {
		w.asked.Kind = wire.MsgStoreV2
	}
	if gzip {
		w.asked.Options = wire.OptGzip
	}
}

// listen reads the server's answers and connects where it listens.
func (w *walker) listen() {
	for {
		m, err := wire.Read(w.conn, wire.Server)
		if err != nil {
			return
		}
		answer, ok := m.(wire.Transfer)
		if !ok {
			select {
			case w.replies <- struct{}{}:
			default:
			}
			continue
		}
		w.mu.Lock()
		w.asked.Size, w.asked.Streams = answer.Size, answer.Streams
		lazy, early := w.side.IntN(8) == 0 && !w.polite, w.side.IntN(8) == 0 && !w.polite
		w.mu.Unlock()
		start := wire.NewPassiveStart(wire.MsgTransStartV3, len(answer.Ports)).Append(nil)
		if early {
			w.send(start)
		}
		for i, port := range answer.Ports {
			w.mu.Lock()
			skip, twice := w.side.IntN(15) == 0 && !w.polite, w.side.IntN(15) == 0 && !w.polite
			w.mu.Unlock()
			if skip {
				continue
			}
			for range 1 + btoi(twice) {
				conn, err := net.DialTimeout("tcp", netip.AddrPortFrom(w.to.Addr(), uint16(port)).String(), walkLimit)
				if err != nil {
					continue
				}
				w.keep(conn)
				w.streams.Go(func() { w.data(conn, i) })
			}
		}
		if !lazy && !early && answer.Ports != nil {
			w.send(start)
		}
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// await opens a listener for stream i, or names a port of nobody.
func (w *walker) await(i int) int32 {
	if w.IntN(12) == 0 {
		return w.number()
	}
	ln, err := net.Listen("tcp", netip.AddrPortFrom(w.to.Addr(), 0).String())
	if err != nil {
		return 1
	}
	w.keep(ln)
	w.streams.Go(func() {
		defer func() { _ = ln.Close() }()
		_ = ln.(*net.TCPListener).SetDeadline(time.Now().Add(walkLimit))
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		w.keep(conn)
		w.data(conn, i)
	})
	return int32(ln.Addr().(*net.TCPAddr).Port)
}

// content is what is at each offset of every file that a walker stores: never
// zero, and not the same anywhere near.
func content(at int64) byte { return byte(1 + at%251) }

// data moves the payload of stream i, or what comes to its mind.
func (w *walker) data(conn net.Conn, i int) {
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(walkLimit))
	w.mu.Lock()
	asked, r := w.asked, rand.New(rand.NewPCG(w.side.Uint64(), uint64(i)))
	right := w.polite && w.side.IntN(10) > 0
	w.mu.Unlock()
	if asked.Kind == wire.MsgRetrV2 {
		if right || r.IntN(4) > 0 {
			_, _ = io.Copy(io.Discard, io.LimitReader(conn, segment(asked, i)))
		}
		if right || r.IntN(4) > 0 {
			_, _ = conn.Write(wire.AppendAck(nil))
		} else {
			_, _ = conn.Write(wire.Header{Code: wire.Code(r.IntN(9)), Len: int32(r.Uint32())}.Append(nil)[:r.IntN(9)])
		}
		return
	}
	_, _ = conn.Write(payloadOf(r, asked, i, right))
	if right || r.IntN(5) > 0 {
		_ = wire.ReadAck(conn)
	}
}

// segment is how much stream i carries (wire.md 6.2).
func segment(asked wire.Transfer, i int) int64 {
	n := int64(max(1, asked.Streams))
	part := asked.Size / n
	if int64(i) == n-1 {
		return asked.Size - part*(n-1)
	}
	return part
}

// payloadOf is a segment, sometimes too short, too long or spoilt where the
// receiver can tell: in the headers and the zlib data of blocks.
func payloadOf(r *rand.Rand, asked wire.Transfer, i int, right bool) []byte {
	n := int64(max(1, asked.Streams))
	if asked.Size < 0 || asked.Size > 4<<20 || n > 100 {
		return []byte("much too little")
	}
	plain := make([]byte, segment(asked, i))
	for at := range plain {
		plain[at] = content(int64(i)*(asked.Size/n) + int64(at))
	}
	b := plain
	if asked.Options.Has(wire.OptGzip) {
		b = blocksOf(r, plain, right)
	}
	if right {
		return b
	}
	switch r.IntN(8) {
	case 0:
		return b[:r.IntN(len(b)+1)]
	case 1:
		return append(b, b[:min(len(b), 50)]...)
	}
	return b
}

func blocksOf(r *rand.Rand, plain []byte, right bool) (b []byte) {
	const block = 1000
	faults := 200 // one block of so many is spoilt
	if right {
		faults = 1 << 30
	}
	for len(plain) > 0 {
		piece := plain[:min(len(plain), 1+r.IntN(block))]
		plain = plain[len(piece):]
		var z bytes.Buffer
		deflate := zlib.NewWriter(&z)
		_, _ = deflate.Write(piece)
		_ = deflate.Close()
		data := z.Bytes()
		length := int32(len(data))
		switch r.IntN(faults) {
		case 0:
			data[r.IntN(len(data))] ^= 1 << r.IntN(8)
		case 1:
			length = []int32{0, -1, 1 << 30, length + 1, length - 1}[r.IntN(5)]
		case 2: // a bomb
			data = bomb()
			length = int32(len(data))
		case 3:
			return append(b, 0, 0, 0, byte(2+r.IntN(200)), 0, 0, 0, 1)
		}
		b = append(wire.BlockHeader{Code: wire.BlockZlib, Len: length}.Append(b), data...)
	}
	return b
}

// bomb expands a thousandfold.
func bomb() []byte {
	var z bytes.Buffer
	deflate := zlib.NewWriter(&z)
	_, _ = deflate.Write(make([]byte, 1<<20))
	_ = deflate.Close()
	return z.Bytes()
}
