// Package scenario reads what a sweep is to measure: TOML files of lists whose
// product are the cells.
package scenario

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// A quantity is a plain decimal number and a unit: what strconv knows beyond
// that (hexadecimal, "inf", "nan") has no place in a scenario.
var quantity = regexp.MustCompile(`^([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(e[+-]?[0-9]+)?\s*([a-z%]*)$`)

// What a quantity may be at most.
const (
	MaxRate = 1e12    // bit/s, as package wan
	MaxSize = 1 << 50 // bytes
)

var rateUnits = map[string]float64{
	"": 1, "bit": 1, "kbit": 1e3, "mbit": 1e6, "gbit": 1e9, "tbit": 1e12,
}

// The letters alone are decimal, as the "B" of a disk maker.
var sizeUnits = map[string]float64{
	"": 1, "b": 1,
	"k": 1e3, "kb": 1e3, "m": 1e6, "mb": 1e6, "g": 1e9, "gb": 1e9, "t": 1e12, "tb": 1e12,
	"ki": 1 << 10, "kib": 1 << 10, "mi": 1 << 20, "mib": 1 << 20,
	"gi": 1 << 30, "gib": 1 << 30, "ti": 1 << 40, "tib": 1 << 40,
}

var shareUnits = map[string]float64{"": 1, "%": 0.01}

// ParseRate reads bits per second: "100mbit", "1gbit", "2.5gbit", a bare number
// of bits, or "unlimited", which is 0.
func ParseRate(text string) (int64, error) {
	if text == "unlimited" {
		return 0, nil
	}
	rate, err := parse(text, rateUnits)
	if err != nil || rate < 1 || rate > MaxRate {
		return 0, fmt.Errorf(`rate %q: want "unlimited" or up to 1tbit such as 100mbit or 1gbit`, text)
	}
	return int64(math.Round(rate)), nil
}

// ParseLoss reads a probability: "0.01%", "1e-4", "0".
func ParseLoss(text string) (float64, error) { return share("loss", text) }

// ParseShare reads the same for anything else.
func ParseShare(text string) (float64, error) { return share("share", text) }

func share(name, text string) (float64, error) {
	p, err := parse(text, shareUnits)
	if err != nil || p > 1 {
		return 0, fmt.Errorf("%s %q: want 0 to 100%% such as 0.01%% or 1e-4", name, text)
	}
	return p, nil
}

// ParseSize reads bytes: "128MiB" is binary, "1MB" or "1M" decimal, a bare
// number bytes. It must be 1 or more.
func ParseSize(text string) (int64, error) {
	size, err := parse(text, sizeUnits)
	if err != nil || math.Round(size) < 1 || size > MaxSize {
		return 0, fmt.Errorf("size %q: want a number of bytes, up to 1024TiB, such as 128MiB or 1MB", text)
	}
	return int64(math.Round(size)), nil
}

// ParseTime reads a time of 0 or more: "100ms", "1.5s", "2m", "0".
func ParseTime(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("time %q: want 0 or more with its unit such as 100ms or 1.5s", text)
	}
	return d, nil
}

// ParseWindow reads a socket buffer: a size, or "auto", which is 0.
func ParseWindow(text string) (int64, error) {
	if text == "auto" {
		return 0, nil
	}
	size, err := ParseSize(text)
	if err != nil || size > math.MaxInt32 {
		return 0, fmt.Errorf(`window %q: want "auto" or less than 2GiB such as 4MiB`, text)
	}
	return size, nil
}

// Queue is the room before a link: so many bandwidth-delay products, or so many
// bytes.
type Queue struct {
	BDPs  float64
	Bytes int64
}

// ParseQueue reads "1bdp", "0.5bdp" or a size.
func ParseQueue(text string) (Queue, error) {
	if number, ok := strings.CutSuffix(strings.ToLower(text), "bdp"); ok {
		n, err := parse(strings.TrimSpace(number), map[string]float64{"": 1})
		if err == nil && n > 0 && n <= maxBDPs {
			return Queue{BDPs: n}, nil
		}
	} else if size, err := ParseSize(text); err == nil && size <= maxQueue {
		return Queue{Bytes: size}, nil
	}
	return Queue{}, fmt.Errorf("queue %q: want up to %dbdp such as 1bdp, or up to 1GiB", text, maxBDPs)
}

const (
	maxBDPs  = 1000
	maxQueue = 1 << 30 // as package wan
)

// Of returns the queue of a link in bytes. One BDP is 0: package wan's default,
// which has a floor. A link without a rate has no queue.
func (q Queue) Of(rate int64, rtt time.Duration) int64 {
	switch {
	case rate == 0 || q.BDPs == 1:
		return 0
	case q.Bytes > 0:
		return q.Bytes
	}
	// No queue of a real device holds less than a packet.
	return int64(min(max(q.BDPs*float64(rate)/8*rtt.Seconds(), packet), maxQueue))
}

const packet = 1500

// parse reads a number of 0 or more with one of the units, in any case.
func parse(text string, units map[string]float64) (float64, error) {
	parts := quantity.FindStringSubmatch(strings.ToLower(text))
	if parts == nil {
		return 0, strconv.ErrSyntax
	}
	factor, known := units[parts[3]]
	if !known {
		return 0, strconv.ErrSyntax
	}
	n, err := strconv.ParseFloat(parts[1]+parts[2], 64) // an error if out of range
	return n * factor, err
}
