// Package quantity reads the quantities that both programs take.
package quantity

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
)

var rate = regexp.MustCompile(`^([0-9]+(?:\.[0-9]*)?|\.[0-9]+) ?([A-Za-z]*)(?:/s)?$`)

// rateUnits are in bytes per second. A letter alone is of bytes, as with curl,
// rsync and wget, but a power of 1000, as in the rates that bbftp shows.
var rateUnits = map[string]float64{
	"": 1, "b": 1, "k": 1e3, "m": 1e6, "g": 1e9, "t": 1e12,
	"kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12,
	"kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40,
	"bit": 1. / 8, "kbit": 1e3 / 8, "mbit": 1e6 / 8, "gbit": 1e9 / 8, "tbit": 1e12 / 8,
}

// What a rate may be, in bytes per second: less is a unit left out.
const (
	minRate = 1e3
	maxRate = 1e15
)

// Rate reads a rate in bytes per second, such as "100MB", "12.5MiB/s" or
// "1gbit"; 0 is none. What ends in a small b is refused: to some it is bits.
func Rate(text string) (int64, error) {
	parts := rate.FindStringSubmatch(text)
	if parts == nil {
		return 0, errRate(text)
	}
	number, unit := parts[1], parts[2]
	factor, known := rateUnits[strings.ToLower(unit)]
	if known && strings.HasSuffix(unit, "b") {
		return 0, fmt.Errorf("%q may be bits or bytes: write bit or B instead of b", text)
	}
	n, err := strconv.ParseFloat(number, 64)
	n *= factor
	switch {
	case !known || err != nil || n > maxRate:
		return 0, errRate(text)
	case n == 0:
		return 0, nil
	case n < minRate:
		return 0, fmt.Errorf("%q is less than 1 kB per second: was there to be a unit, as in 1MB?", text)
	}
	return int64(math.Round(n)), nil
}

func errRate(text string) error {
	return fmt.Errorf("%q: want bytes per second such as 100MB, bits such as 1gbit, or 0 for no limit", text)
}
