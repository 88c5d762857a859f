package server

import (
	"fmt"

	"bbftp/engine/wire"
)

// greeting is a reply that shows the server's version, the only place on the
// wire that has it (wire.md 3.2).
func (s *service) greeting(kind wire.Code, text string) wire.Reply {
	return wire.Reply{Kind: kind, Text: fmt.Sprintf("bbftpd version %s : %s", s.cfg.Version, text)}
}

// status answers MSG_SERVER_STATUS in the form of wire.md 3.5.
func (e *entrance) status() string {
	text := fmt.Sprintf("bbftpd version %s\nCompiled with  :   default port %d\n  compression with Zlib\n  encryption with RSA\n"+
		"Running options:\n  Maximum number of streams = %d\n", e.cfg.Version, e.ctl.LocalAddr().Port(), e.cfg.MaxStreams)
	if ports := e.cfg.DataPorts; ports.Min != 0 {
		text += fmt.Sprintf("  data ports range = [%d-%d]\n", ports.Min, ports.Max)
	}
	if e.cfg.AllowClear {
		return text + "  The server allows non-encrypted login\n"
	}
	return text + "  " + textEncryptedOnly + "\n"
}
