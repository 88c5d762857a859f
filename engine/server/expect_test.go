package server

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"bbftp/engine/recorded"
	"bbftp/engine/wire"
)

// expectMessage reads one message and compares it.
func (p *player) expectMessage(want []byte) error {
	got, err := p.readMessage()
	if err != nil {
		return err
	}
	if err := p.learn(got); err != nil {
		return err
	}
	got, want = p.translate(got, want)
	if err := recorded.Differ(wire.Server, got, want); err != nil {
		return err
	}
	p.loggedIn = p.loggedIn || bytes.HasSuffix(got, []byte(recordedVersion+" : OK"))
	switch wire.Code(binary.BigEndian.Uint32(got)) {
	case wire.MsgOK, wire.MsgBad, wire.MsgBadNoRetry:
		p.restTimes()
		return p.nothingHalf()
	}
	return nil
}

// expectPerhaps does the same with a message that need not come before the end.
func (p *player) expectPerhaps(want []byte) error {
	err := p.expectMessage(want)
	if errors.Is(err, errNothing) {
		p.ended = true
		return nil
	}
	return err
}

// errNothing is the end of what the server sends.
var errNothing = errors.New("the server sent nothing")

// readMessage reads a message with all that follows it.
func (p *player) readMessage() ([]byte, error) {
	var got bytes.Buffer
	_, err := wire.Read(io.TeeReader(p.ctl, &got), wire.Server)
	switch {
	case err == nil:
		return got.Bytes(), nil
	case got.Len() == 0 && (errors.Is(err, io.EOF) || gone(err)):
		return nil, fmt.Errorf("%w: %w", errNothing, err)
	}
	return nil, fmt.Errorf("the server sent %q, then %w", got.Bytes(), err)
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

// expectEnd reads to the end of what the server sends, which must be now.
func (p *player) expectEnd(conn io.Reader, want kind) error {
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
