package observe

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
)

// diag asks the kernel about TCP sockets of one network namespace
// (sock_diag(7), linux/inet_diag.h). It allocates nothing per question: the
// emulated path may run in the same process and must not wait for the garbage
// collector.
type diag struct {
	socket   int
	sequence uint32
	answer   []byte
	question []byte
}

const (
	// getSocket is the older question for a list, TCPDIAG_GETSOCK. Unlike the
	// newer it covers IPv4 and IPv6 in one walk of the table, which is what
	// costs.
	getSocket    = 18
	byFamily     = 20 // SOCK_DIAG_BY_FAMILY
	attrInfo     = 2  // INET_DIAG_INFO
	wantInfo     = 1 << (attrInfo - 1)
	sizeMessage  = 72 // struct inet_diag_msg
	sizeListing  = syscall.NLMSG_HDRLEN + 60
	sizeQuestion = syscall.NLMSG_HDRLEN + 56
	// batch is the number of questions in one message. The answers wait in the
	// socket's receive buffer, about 1 KiB each.
	batch = 64
)

// withData are the states in which a connection has or had data: established
// and all ways to its end but TIME-WAIT, of which the kernel remembers no
// figures.
const withData = 1<<1 | 1<<4 | 1<<5 | 1<<8 | 1<<9 | 1<<11

func openDiag() (*diag, error) {
	fd, err := syscall.Socket(syscall.AF_NETLINK, syscall.SOCK_RAW|syscall.SOCK_CLOEXEC, syscall.NETLINK_INET_DIAG)
	if err != nil {
		return nil, os.NewSyscallError("open sock_diag socket", err)
	}
	d := &diag{socket: fd, answer: make([]byte, 64<<10), question: make([]byte, 0, batch*sizeQuestion)}
	// The kernel answers before the question returns: this is for a kernel
	// that does not.
	limit := syscall.NsecToTimeval(int64(time.Second))
	if err = syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &limit); err == nil {
		err = d.list(func(identity, figures) {})
	}
	if err != nil {
		d.close()
		return nil, err
	}
	return d, nil
}

func (d *diag) close() { _ = syscall.Close(d.socket) }

// list visits every connection.
func (d *diag) list(visit func(identity, figures)) error {
	d.sequence++
	d.question = appendHeader(d.question[:0], sizeListing, getSocket, syscall.NLM_F_REQUEST|syscall.NLM_F_DUMP, d.sequence)
	d.question = append(d.question, 0, 0, 0, wantInfo)
	d.question = append(d.question, make([]byte, 48)...)
	d.question = binary.NativeEndian.AppendUint32(d.question, withData)
	d.question = append(d.question, 0, 0, 0, 0)
	if err := d.send(); err != nil {
		return err
	}
	for {
		data, err := d.receive()
		if err != nil {
			return err
		}
		for len(data) > 0 {
			var m message
			if m, data, err = nextMessage(data); err != nil {
				return err
			}
			if m.sequence != d.sequence {
				continue // of a question given up before
			}
			if m.kind == syscall.NLMSG_DONE {
				return nil
			}
			if m.kind == syscall.NLMSG_ERROR {
				return fmt.Errorf("list connections: %w", m.failure())
			}
			if id, f, ok := parseSocket(m.body); ok {
				visit(id, f)
			}
		}
	}
}

// read visits those of the connections that are still there.
func (d *diag) read(connections []*connection, visit func(*connection, figures)) error {
	for len(connections) > 0 {
		n := min(batch, len(connections))
		if err := d.readBatch(connections[:n], visit); err != nil {
			return err
		}
		connections = connections[n:]
	}
	return nil
}

func (d *diag) readBatch(connections []*connection, visit func(*connection, figures)) error {
	first := d.sequence + 1
	d.question = d.question[:0]
	for _, c := range connections {
		d.sequence++
		d.question = appendHeader(d.question, sizeQuestion, byFamily, syscall.NLM_F_REQUEST, d.sequence)
		d.question = append(d.question, c.id.family, syscall.IPPROTO_TCP, wantInfo, 0)
		d.question = binary.NativeEndian.AppendUint32(d.question, withData)
		d.question = append(d.question, c.id.id[:]...)
	}
	if err := d.send(); err != nil {
		return err
	}
	for answered := 0; answered < len(connections); {
		data, err := d.receive()
		if err != nil {
			return err
		}
		for len(data) > 0 {
			var m message
			if m, data, err = nextMessage(data); err != nil {
				return err
			}
			i := int(m.sequence - first)
			if i < 0 || i >= len(connections) {
				continue
			}
			answered++
			if m.kind == syscall.NLMSG_ERROR {
				// Closed, or its cookie is another's now.
				if err := m.failure(); !errors.Is(err, syscall.ENOENT) && !errors.Is(err, syscall.ESTALE) {
					return fmt.Errorf("ask for a connection: %w", err)
				}
				continue
			}
			if _, f, ok := parseSocket(m.body); ok {
				visit(connections[i], f)
			}
		}
	}
	return nil
}

func (d *diag) send() error {
	err := syscall.Sendto(d.socket, d.question, 0, &syscall.SockaddrNetlink{Family: syscall.AF_NETLINK})
	return os.NewSyscallError("ask sock_diag", err)
}

func (d *diag) receive() ([]byte, error) {
	for {
		n, _, err := syscall.Recvfrom(d.socket, d.answer, 0)
		if err == nil {
			return d.answer[:n], nil
		}
		if !errors.Is(err, syscall.EINTR) {
			return nil, os.NewSyscallError("read sock_diag", err)
		}
	}
}

func appendHeader(b []byte, size, kind, flags int, sequence uint32) []byte {
	b = binary.NativeEndian.AppendUint32(b, uint32(size))
	b = binary.NativeEndian.AppendUint16(b, uint16(kind))
	b = binary.NativeEndian.AppendUint16(b, uint16(flags))
	b = binary.NativeEndian.AppendUint32(b, sequence)
	return binary.NativeEndian.AppendUint32(b, 0) // port of the sender: the kernel knows
}
