package modern

import (
	"cmp"
	"context"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"bbftp/engine/client"
)

// status asks a server what it is, which needs no login.
func status(ctx context.Context, r *run, operands []string) error {
	servers := make([]string, len(operands))
	for i, operand := range operands {
		var err error
		if servers[i], err = r.o.serverAddress(operand); err != nil {
			return usageError{err}
		}
	}
	each(ctx, r, servers, func(address string) outcome {
		text, err := client.Status(ctx, address, cmp.Or(r.o.timeout, statusLimit))
		if err != nil {
			return outcome{object: address, err: err}
		}
		return outcome{object: address, answer: words{address, text}}
	})
	return nil
}

// serverAddress reads HOST[:PORT].
func (o *options) serverAddress(operand string) (string, error) {
	host, port, err := strings.TrimSuffix(strings.TrimPrefix(operand, scheme), "/"), uint16(0), error(nil)
	if address, bare := netip.ParseAddr(host); bare == nil && address.Is6() {
		host = "[" + host + "]"
	} else if host, port, err = splitPort(host); err != nil {
		return "", err
	}
	r, err := remote{host: host, port: port}.checked(operand)
	if err == nil {
		r, err = o.withPort(r)
	}
	if err != nil {
		return "", err
	}
	return net.JoinHostPort(r.host, strconv.Itoa(int(r.port))), nil
}

// words are the answer to status.
type words struct{ address, text string }

func (w words) lines() []string { return slices.Collect(linesOf(w.text)) }

type statusEvent struct {
	Event  string `json:"event"` // "status"
	Server string `json:"server"`
	Text   string `json:"text"`
}

func (w words) events() []any { return []any{statusEvent{"status", w.address, w.text}} }
