package privsep

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"bbftp/engine/control"
	"bbftp/engine/wire"
)

// refuse tells a client why it is not let in, and closes the connection. Nothing of it
// is read. Nothing waits either: the send buffer of a new connection takes the reply at once.
func refuse(conn net.Conn, version, reason string) error {
	ctl := control.New(conn, wire.Client, control.Limits{Send: time.Second})
	text := fmt.Sprintf("bbftpd version %s : %s", version, strings.ToUpper(reason[:1])+reason[1:])
	return errors.Join(ctl.Send(wire.Reply{Kind: wire.MsgBad, Text: text}), ctl.Close())
}
