package server

import (
	"context"
	"fmt"
	"net"
	"time"

	"bbftp/engine/wire"
	"bbftp/netio"
)

// unexpected is a message that must not come in its state.
func unexpected(h wire.Header) *breach {
	return &breach{h, wire.Reply{Kind: wire.MsgBadNoRetry, Text: textUnknown23}}
}

// textInconsistent answers a start for another number of streams than agreed on.
const textInconsistent = "Inconsistency between MSG_TRANS_START* and message length"

// carry answers a request, waits for the client's start (wire.md 8.2, 8.3) and
// lets move use the data streams. In version 2 the start brings the ports to call
// back, in version 3 the answer those that the server accepts at.
func (v versions23) carry(ctx context.Context, t *request, answer wire.Transfer, wait time.Duration, move func() error) error {
	if v.version == 3 {
		ports, err := v.listen(ctx, t.streams, t.sockets)
		if err != nil {
			return err
		}
		defer ports.close()
		answer.Ports = ports.ports()
		t.connect = func(ctx context.Context) ([]*net.TCPConn, error) { return v.accept(ctx, ports) }
	}
	if err := v.offer(answer); err != nil {
		return err
	}
	start, err := v.awaitStart(t, wait)
	if err != nil {
		return err
	}
	if v.version == 2 {
		ports, err := start.Ports.Numbers()
		if err == nil {
			err = unprivileged(ports)
		}
		if err != nil {
			return err
		}
		t.connect = func(ctx context.Context) ([]*net.TCPConn, error) { return v.callBackInformed(ctx, t, ports) }
	}
	return move()
}

// offer sends TRANS_OK, with the ports right behind it in the same write.
func (v versions23) offer(answer wire.Transfer) error {
	answer.Kind = wire.MsgTransOKV2
	if v.version == 3 {
		answer.Kind = wire.MsgTransOKV3
	}
	if err := v.ctl.Send(answer); err != nil {
		return &interruption{err: err}
	}
	return nil
}

// awaitStart waits for START or SIMUL. In version 3 the codes of version 2 are as
// good, as with legacy servers, which read their ports and accept all the same. The
// other way round there would be no ports.
func (v versions23) awaitStart(t *request, wait time.Duration) (start wire.ActiveStart, err error) {
	h, err := v.ctl.ReadHeader(wait)
	if err != nil {
		return start, &interruption{err: fmt.Errorf("wait for MSG_TRANS_START: %w", err)}
	}
	switch h.Code {
	case wire.MsgAbort:
		return start, errDeclined
	case wire.MsgTransStartV2, wire.MsgTransStartV3:
	case wire.MsgTransSimul, wire.MsgTransSimulV3:
		t.simulated = true
	default:
		return start, unexpected(h)
	}
	passive := h.Code == wire.MsgTransStartV3 || h.Code == wire.MsgTransSimulV3
	if passive && v.version == 2 {
		return start, unexpected(h)
	}
	if h.Len != int32(4*t.streams) {
		return start, &breach{h, wire.Reply{Kind: wire.MsgBad, Text: textInconsistent}}
	}
	m, err := v.ctl.ReadBody(h)
	if err != nil {
		return start, &interruption{err: fmt.Errorf("read %v: %w", h.Code, err)}
	}
	if !passive {
		start = m.(wire.ActiveStart)
	}
	return start, nil
}

// callBackInformed calls back and tells the client where the kernel granted
// less than the windows it wanted (wire.md 6.3).
func (v versions23) callBackInformed(ctx context.Context, t *request, ports []uint16) ([]*net.TCPConn, error) {
	streams, err := v.callBack(ctx, ports, t.sockets)
	if err != nil {
		return nil, err
	}
	for i, conn := range streams {
		granted, err := netio.Read(conn)
		if err != nil {
			closeAll(streams)
			return nil, err
		}
		for _, w := range []struct {
			buffer        string
			kib           int32
			wanted, given int
		}{
			{"Receive", t.wishes.RecvWindow, t.sockets.RecvBuffer, granted.RecvBuffer},
			{"Send", t.wishes.SendWindow, t.sockets.SendBuffer, granted.SendBuffer},
		} {
			if w.given >= w.wanted {
				continue
			}
			text := fmt.Sprintf("%s buffer on port %d cannot be set to %d Bytes, Value is %d Bytes",
				w.buffer, ports[i], int64(w.kib)*1024, w.given)
			if err := v.reply(wire.MsgInfo, text); err != nil {
				closeAll(streams)
				return nil, err
			}
		}
	}
	return streams, nil
}
