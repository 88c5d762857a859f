package privsep

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// channel is one end of the socket between the monitor and a process it has
// started. Messages are JSON behind their length, 4 bytes, big-endian.
type channel struct {
	conn net.Conn
	mu   sync.Mutex // held while a message is written
}

const (
	// maxDoor holds the early bytes of a client, a buffer of 4 KiB, in base64.
	maxDoor = 8 << 10
	// maxSession holds a record with a path of the longest kind.
	maxSession = 64 << 10
	// maxOrder bounds what the monitor says, whom its children trust.
	maxOrder = 1 << 20
	// patience bounds writing a message: the other end has nothing better to do than read.
	patience = 10 * time.Second
)

// openChannel takes over file, one end of a socket pair.
func openChannel(file *os.File) (*channel, error) {
	defer func() { _ = file.Close() }()
	conn, err := net.FileConn(file)
	if err != nil {
		return nil, fmt.Errorf("take the monitor's socket: %w", err)
	}
	return &channel{conn: conn}, nil
}

// send writes m in one piece.
func (c *channel) send(m any) error {
	body, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	frame := binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(body)), uint32(len(body)))
	frame = append(frame, body...)
	// Either may hold a password or a key.
	defer clear(frame)
	defer clear(body)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.conn.SetWriteDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	if _, err = c.conn.Write(frame); err != nil {
		_ = c.conn.Close() // half a message may be on its way, which no other can follow
	}
	return err
}

// receive reads one message of 1 to most bytes. It returns io.EOF if the other
// process has ended between messages.
func (c *channel) receive(most int) ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(c.conn, head[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(head[:])
	if n == 0 || n > uint32(most) {
		return nil, fmt.Errorf("%w: a message of %d bytes", errRules, n)
	}
	frame := make([]byte, n)
	if _, err := io.ReadFull(c.conn, frame); err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	return frame, nil
}

func (c *channel) Close() error { return c.conn.Close() }
