package scenario

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// The types of the quantities in a file, see the Parse functions.
type (
	Rate   int64         // bit/s; 0: unlimited
	Share  float64       // 0 to 1
	Size   int64         // bytes
	Time   time.Duration // 0 or more
	Window int64         // bytes; 0: auto
)

// UnmarshalText reads what ParseRate does.
func (r *Rate) UnmarshalText(text []byte) error { return unmarshal(r, text, ParseRate) }

// UnmarshalTOML reads a number, or the text of one as ParseShare does. (As text
// a number would come rounded to six decimals.)
func (s *Share) UnmarshalTOML(value any) error {
	text := fmt.Sprint(value)
	return unmarshal(s, []byte(text), ParseShare)
}

// UnmarshalText reads what ParseSize does.
func (s *Size) UnmarshalText(text []byte) error { return unmarshal(s, text, ParseSize) }

// UnmarshalText reads what ParseTime does.
func (t *Time) UnmarshalText(text []byte) error { return unmarshal(t, text, ParseTime) }

// UnmarshalText reads what ParseWindow does.
func (w *Window) UnmarshalText(text []byte) error { return unmarshal(w, text, ParseWindow) }

// UnmarshalText reads what ParseQueue does.
func (q *Queue) UnmarshalText(text []byte) (err error) {
	*q, err = ParseQueue(string(text))
	return err
}

func (t Time) String() string { return time.Duration(t).String() }

func unmarshal[T ~int64 | ~float64, P int64 | float64 | time.Duration](v *T, text []byte, parse func(string) (P, error)) error {
	parsed, err := parse(string(text))
	if err == nil {
		*v = T(parsed)
	}
	return err
}

// FormatRate words bits per second as ParseRate reads them, rounded.
func FormatRate(rate int64) string {
	if rate == 0 {
		return "unlimited"
	}
	return scaled(float64(rate), 1000, "bit", "kbit", "mbit", "gbit", "tbit")
}

// FormatSize words bytes as ParseSize reads them, rounded.
func FormatSize(size int64) string {
	return scaled(float64(size), 1024, "B", "KiB", "MiB", "GiB", "TiB")
}

func scaled(v, step float64, units ...string) string {
	i := 0
	for v >= step && i < len(units)-1 {
		v /= step
		i++
	}
	text := strconv.FormatFloat(v, 'f', 2, 64)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".") + units[i]
}
