package modern

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/pborman/getopt/v2"

	"bbftp/cmd/bbftp/internal/argument"
	"bbftp/cmd/internal/quantity"
	"bbftp/engine/client"
	"bbftp/engine/wire"
	"bbftp/netio"
)

// streams is the value of --streams: a number, or auto, which is 0.
type streams struct{ to *int }

func (s streams) Set(text string, _ getopt.Option) error {
	n, err := strconv.Atoi(text)
	switch {
	case text == "auto":
		n = 0
	case err != nil || n < 1 || n > wire.MaxStreams:
		return fmt.Errorf("%q: want auto, or a number from 1 to %d", text, wire.MaxStreams)
	}
	*s.to = n
	return nil
}

func (s streams) String() string { return strconv.Itoa(*s.to) }

// compression is the value of --compress: auto, always, or nothing.
type compression struct{ to *client.Settings }

func (c compression) Set(text string, _ getopt.Option) error {
	switch text {
	case "", "auto", "always":
		c.to.Compress, c.to.CompressAlways = true, text == "always"
		return nil
	}
	return fmt.Errorf("%q: want auto or always", text)
}

func (c compression) String() string { return strconv.FormatBool(c.to.Compress) }

// bandwidth is the value of --limit-rate, in bytes per second.
type bandwidth struct{ to *int64 }

func (b bandwidth) Set(text string, _ getopt.Option) (err error) {
	*b.to, err = quantity.Rate(text)
	return err
}

func (b bandwidth) String() string { return strconv.FormatInt(*b.to, 10) }

// dscp is the value of --dscp, kept as the byte that has it in its upper six
// bits.
type dscp struct{ to *int }

// codePoints are those with names: RFC 2474, 2597, 3246, 5865 and 8622.
var codePoints = map[string]int{
	"CS0": 0, "CS1": 8, "CS2": 16, "CS3": 24, "CS4": 32, "CS5": 40, "CS6": 48, "CS7": 56,
	"AF11": 10, "AF12": 12, "AF13": 14, "AF21": 18, "AF22": 20, "AF23": 22,
	"AF31": 26, "AF32": 28, "AF33": 30, "AF41": 34, "AF42": 36, "AF43": 38,
	"EF": 46, "VA": 44, "LE": 1,
}

func (d dscp) Set(text string, _ getopt.Option) error {
	point, named := codePoints[strings.ToUpper(text)]
	if !named {
		n, err := strconv.ParseUint(text, 10, 6)
		if err != nil {
			return fmt.Errorf("%q: want 0 to 63, or LE, CS0 to CS7, AF11 to AF43, VA, EF", text)
		}
		point = int(n)
	}
	*d.to = point << 2
	return nil
}

func (d dscp) String() string { return strconv.Itoa(*d.to >> 2) }

// active is the value of --active: a range that may be left out.
type active struct{ o *options }

func (a active) Set(text string, opt getopt.Option) error {
	a.o.cfg.Active = true
	return ports{&a.o.activePorts}.Set(text, opt)
}

func (a active) String() string { return ports{&a.o.activePorts}.String() }

// kibibytes is the value of an option like --buffer: bytes with an optional
// unit, kept in KiB, rounded up.
type kibibytes struct{ to *int }

func (k kibibytes) Set(text string, _ getopt.Option) error {
	n, err := humanize.ParseBytes(text)
	if err != nil || n == 0 || n > 1<<40 || text[0] < '0' || text[0] > '9' {
		return fmt.Errorf("%q: want a size such as 256KiB or 4MB", text)
	}
	*k.to = int((n + 1023) / 1024)
	return nil
}

func (k kibibytes) String() string { return strconv.Itoa(*k.to) + "KiB" }

// window is the value of --window and its halves: a size, or auto, which is 0.
type window struct{ to *int }

// maxWindow is 1 GiB, what TCP can announce (RFC 7323), in KiB.
const maxWindow = 1 << 20

func (w window) Set(text string, opt getopt.Option) error {
	if text == "auto" {
		*w.to = 0
		return nil
	}
	err := kibibytes(w).Set(text, opt)
	switch {
	case err != nil:
		return fmt.Errorf("%w, or auto", err)
	case *w.to > maxWindow:
		return fmt.Errorf("%q: want up to 1GiB, or auto", text)
	}
	return nil
}

func (w window) String() string { return kibibytes(w).String() }

// ports is the value of --data-ports: MIN:MAX.
type ports struct{ to *netio.PortRange }

func (p ports) Set(text string, _ getopt.Option) error {
	if text == "" {
		return nil // --active without a range
	}
	r, err := argument.Ports(text)
	if err != nil {
		return fmt.Errorf("%q: %w", text, err)
	}
	*p.to = r
	return nil
}

func (p ports) String() string {
	if *p.to == (netio.PortRange{}) {
		return ""
	}
	return fmt.Sprintf("%d:%d", p.to.Min, p.to.Max)
}

// choice is the value of an option that takes one of few words.
type choice struct {
	to    *string
	words []string
}

func (c choice) Set(text string, _ getopt.Option) error {
	for _, word := range c.words {
		if text == word {
			*c.to = word
			return nil
		}
	}
	return fmt.Errorf("%q: want %s", text, strings.Join(c.words, ", "))
}

func (c choice) String() string { return *c.to }
