package modern

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/pborman/getopt/v2"

	"bbftp/netio"
)

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

// ports is the value of --data-ports: MIN:MAX.
type ports struct{ to *netio.PortRange }

func (p ports) Set(text string, _ getopt.Option) error {
	if text == "" {
		return nil // --active without a range
	}
	first, last, _ := strings.Cut(text, ":")
	low, errLow := strconv.ParseUint(first, 10, 16)
	high, errHigh := strconv.ParseUint(last, 10, 16)
	if errLow != nil || errHigh != nil || low == 0 || low > high {
		return fmt.Errorf("%q: want MIN:MAX, ports from 1 to 65535", text)
	}
	*p.to = netio.PortRange{Min: uint16(low), Max: uint16(high)}
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
