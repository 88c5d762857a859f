package faults

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"

	"bbftp/engine/wire"
)

// bridges opens a listener for each stream, in the place of that of the server,
// if it is passive, or of the client, and puts its port in the other's place.
func (d *dialogue) bridges(ports []int32, passive bool) error {
	here, there := d.relay.far, d.client
	if passive {
		here, there = d.relay.near, d.server.Addr()
	}
	for i, port := range ports {
		ln, err := listen(here)
		if err != nil {
			return err
		}
		d.open = append(d.open, ln)
		to := netip.AddrPortFrom(there, uint16(port))
		ports[i] = int32(ln.Addr().(*net.TCPAddr).Port)
		d.all.Go(func() { d.bridge(ln, to, passive) })
	}
	return nil
}

// window keeps the kernel from hiding a reader that has stopped.
const window = 64 << 10

func (d *dialogue) bridge(ln *net.TCPListener, there netip.AddrPort, passive bool) {
	caller, err := ln.AcceptTCP()
	_ = ln.Close()
	if err != nil {
		return
	}
	d.keep(caller)
	from := d.relay.near
	if passive {
		from = d.relay.far
	}
	listener, err := d.dial(from, there)
	if err != nil {
		_ = caller.Close()
		return
	}
	for _, conn := range []*net.TCPConn{caller, listener} {
		_, _ = conn.SetReadBuffer(window), conn.SetWriteBuffer(window)
	}
	client, server := listener, caller
	if passive {
		client, server = caller, listener
	}
	sender, receiver := server, client
	d.mu.Lock()
	if d.storing {
		sender, receiver = client, server
	}
	d.links++
	if d.links == d.streams {
		d.reach(streamsConnected)
	}
	d.mu.Unlock()
	var both sync.WaitGroup
	both.Go(func() { end(sender, receiver, d.payload(sender, receiver)) })
	both.Go(func() { end(receiver, sender, d.ack(receiver, sender)) })
	both.Wait()
	_ = caller.Close()
	_ = listener.Close()
}

// payload passes the content of a stream on, to its end.
func (d *dialogue) payload(from io.Reader, to io.Writer) error {
	read := readPlain
	if d.gzip {
		read = readBlock
	}
	for {
		piece, content, err := read(from)
		if err != nil {
			return err
		}
		if err := d.move(to, piece, content); err != nil {
			return err
		}
	}
}

func readPlain(from io.Reader) (piece []byte, content int64, err error) {
	piece = make([]byte, 16<<10)
	n, err := from.Read(piece)
	return piece[:n], int64(n), err
}

const largestBlock = 4 << 20

// readBlock reads one block of a compressed stream.
func readBlock(from io.Reader) (piece []byte, content int64, err error) {
	h, err := wire.ReadBlockHeader(from, largestBlock)
	if err != nil {
		return nil, 0, err
	}
	data := make([]byte, h.Len)
	if _, err := io.ReadFull(from, data); err != nil {
		return nil, 0, err
	}
	content = int64(h.Len)
	if h.Code == wire.BlockZlib {
		z, err := zlib.NewReader(bytes.NewReader(data))
		if err != nil {
			return nil, 0, err
		}
		if content, err = io.Copy(io.Discard, z); err != nil {
			return nil, 0, err
		}
	}
	return append(h.Append(nil), data...), content, nil
}

var errLost = errors.New("lost with the fault")

// move passes a piece on that holds so many bytes of content. Nothing is held
// while it is written: the receiver may want another stream's bytes first.
func (d *dialogue) move(to io.Writer, piece []byte, content int64) error {
	held := len(piece)
	if d.claim(content) {
		held--
	}
	if _, err := to.Write(piece[:held]); err != nil {
		return err
	}
	if d.delivered(content, held < len(piece)) {
		return errLost
	}
	_, err := to.Write(piece[held:])
	return err
}

// claim counts content that is about to pass, and tells whether its last byte is
// the one to hold back.
func (d *dialogue) claim(content int64) (last bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.moved > 0 {
		d.reach(firstBytes)
	}
	if d.claimed += content; d.claimed >= d.size/2 {
		d.reach(middle)
	}
	return d.at == lastByte && d.claimed == d.size && !d.fired
}

// delivered counts what has passed, but for the last byte, and tells whether
// that is lost.
func (d *dialogue) delivered(content int64, last bool) (lost bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.moved += content
	return last && d.reach(lastByte)
}

// ack passes the receiver's word on.
func (d *dialogue) ack(from io.Reader, to io.Writer) error {
	if err := wire.ReadAck(from); err != nil {
		return err
	}
	if err := d.answer(to); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, from); err != nil {
		return err
	}
	return io.EOF
}

func (d *dialogue) answer(to io.Writer) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, err := to.Write(wire.AppendAck(nil)); err != nil {
		return fmt.Errorf("pass an ACK on: %w", err)
	}
	if d.answers++; d.answers == d.streams {
		d.reach(acked)
		d.acks.Broadcast()
	}
	return nil
}
