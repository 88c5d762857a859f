package server

import (
	"errors"
	"fmt"
	"strings"
	"syscall"

	"bbftp/engine/admission"
	"bbftp/engine/wire"
	"bbftp/netio"
)

func createRefusal23(name string, o wire.Options, err error) wire.Reply {
	switch dir := strings.LastIndexByte(name, '/'); {
	case errors.Is(err, errNotWritable):
		return wire.Reply{Kind: wire.MsgBadNoRetry, Text: fmt.Sprintf("File %s is not writable", name)}
	case errors.Is(err, syscall.ENOENT) && dir > 0 && !o.Has(wire.OptDir):
		return wire.Reply{Kind: wire.MsgBadNoRetry, Text: fmt.Sprintf("Directory (%s) creation needed but TROPT_DIR not set", name[:dir])}
	case errors.Is(err, syscall.ENAMETOOLONG), errors.Is(err, syscall.ELOOP):
		return openRefusal(name, err)
	}
	return createRefusal(name, err)
}

func chdirRefusal23(name string, err error) wire.Reply {
	r := chdirRefusal(name, err)
	r.Text = strings.TrimSuffix(r.Text, " ")
	return r
}

func mkdirRefusal23(name string, err error) wire.Reply {
	if errors.Is(err, syscall.EEXIST) {
		return wire.Reply{Kind: wire.MsgBadNoRetry, Text: name + " exists but is not a directory"}
	}
	return refusal(fmt.Sprintf("Error creation directory %s (%s)", name, reason(err)), err, syscall.ENOENT)
}

// listRefusal23 gives the reason, as release 3.2.1 does and 3.3.0 does not.
func listRefusal23(pattern string, err error) wire.Reply {
	dir := pattern[:strings.LastIndexByte(pattern, '/')+1]
	if dir == "" {
		dir = "./"
	}
	return refusal(fmt.Sprintf("opendir %s failed : %s ", dir, reason(err)), err)
}

// transferRefusal23 answers a transfer that failed.
func transferRefusal23(err error) wire.Reply {
	var connect *connectError
	var listen *listenError
	switch {
	case errors.As(err, &connect):
		return wire.Reply{Kind: wire.MsgBad, Text: fmt.Sprintf("Cannot connect receive socket port %v : %s", connect.to, reason(connect.err))}
	case errors.Is(err, netio.ErrNoPort):
		return wire.Reply{Kind: wire.MsgBad, Text: reason(err)}
	case errors.Is(err, admission.ErrStreams):
		return transferRefusal(err)
	case errors.As(err, &listen):
		return wire.Reply{Kind: wire.MsgBad, Text: "Cannot open data ports : " + reason(listen.err)}
	case errors.Is(err, wire.ErrPort):
		return wire.Reply{Kind: wire.MsgBadNoRetry, Text: textInvalid + err.Error()}
	}
	r := transferRefusal(err)
	if r.Kind == wire.MsgBad {
		r.Text = "Error on server: " + r.Text
	}
	return r
}
