package server

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"bbftp/engine/wire"
)

// expectMessage reads one message and compares it.
func (p *player) expectMessage(want []byte) error {
	head := make([]byte, wire.HeaderSize)
	if n, err := io.ReadFull(p.ctl, head); err != nil {
		return fmt.Errorf("the server sent %q, then %w", head[:n], err)
	}
	got := head
	if n := int32(binary.BigEndian.Uint32(head[4:])); n > 0 && n <= wire.MaxString {
		body := make([]byte, n)
		m, err := io.ReadFull(p.ctl, body)
		if got = append(got, body[:m]...); err != nil {
			return fmt.Errorf("the server sent %q, then %w", got, err)
		}
	}
	if wire.Code(binary.BigEndian.Uint32(got)) == wire.MsgCrypt {
		m, _, err := wire.Parse(got, wire.Server)
		if err != nil {
			return err
		}
		p.offer = m.(wire.Crypt)
		if n := p.offer.Modulus; len(n) != 1+modulusLen || n[1]&0x80 == 0 || n[len(n)-1]&1 == 0 {
			return fmt.Errorf("no RSA modulus of 1024 bits: %x", n)
		}
	}
	if err := differ(maskKey(got), p.translate(maskKey(want))); err != nil {
		return err
	}
	p.loggedIn = p.loggedIn || bytes.HasSuffix(got, []byte(recordedVersion+" : OK"))
	switch wire.Code(binary.BigEndian.Uint32(got)) {
	case wire.MsgOK, wire.MsgBad, wire.MsgBadNoRetry:
		return p.nothingHalf()
	}
	return nil
}

// nothingHalf looks for files being written. When a transfer is over there must
// be none.
func (p *player) nothingHalf() error {
	return filepath.WalkDir(p.root, func(name string, _ fs.DirEntry, err error) error {
		if strings.HasPrefix(filepath.Base(name), ".bbftp.") {
			return fmt.Errorf("%s is there with the answer", name)
		}
		return err
	})
}

// translate puts the server's own port into the text that shows it.
func (p *player) translate(want []byte) []byte {
	m, _, err := wire.Parse(want, wire.Server)
	if r, ok := m.(wire.Reply); err == nil && ok {
		r.Text = strings.Replace(r.Text, "default port 5021\n", fmt.Sprintf("default port %d\n", p.port), 1)
		return r.Append(nil)
	}
	return want
}

func differ(got, want []byte) error {
	if bytes.Equal(got, want) {
		return nil
	}
	at := 0
	for at < min(len(got), len(want)) && got[at] == want[at] {
		at++
	}
	return fmt.Errorf("the server sent %d bytes\n\t%.200q\nrather than %d\n\t%.200q\nfirst difference at byte %d", len(got), got, len(want), want, at)
}

// expectEnd reads to the end of what the server sends, which must be now.
func (p *player) expectEnd(conn *net.TCPConn, want kind) error {
	var extra [64]byte
	n, err := conn.Read(extra[:])
	switch {
	case n > 0:
		return fmt.Errorf("the server sent %q rather than an end", extra[:n])
	case errors.Is(err, io.EOF) && want != reset, gone(err) && want != eof:
		return nil
	}
	return fmt.Errorf("the server's end: %w, want %s", err, ends[want])
}

// silent fails if the server has sent anything that was not asked for yet.
func (p *player) silent() error {
	if err := p.ctl.SetReadDeadline(time.Now().Add(time.Millisecond)); err != nil {
		return err
	}
	var b [64]byte
	n, err := p.ctl.Read(b[:])
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		return fmt.Errorf("the server sent %q, %v", b[:n], err)
	}
	return nil
}

const (
	modulusAt  = wire.HeaderSize + 12 + 4 + 1 // past the leading zero byte
	modulusLen = 128
)

// maskKey blanks the random part of a MSG_CRYPT in the one size that both
// legacy and our server send.
func maskKey(b []byte) []byte {
	if len(b) != wire.HeaderSize+12+133+7 || binary.BigEndian.Uint32(b) != uint32(wire.MsgCrypt) {
		return b
	}
	b = bytes.Clone(b)
	clear(b[modulusAt : modulusAt+modulusLen])
	return b
}
