package wire

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// Timestamp is a file time as versions 2 and 3 send it: 8 hexadecimal digits, the seconds since 1970 (wire.md 6.6).
// A first byte of NUL means that there is none; legacy leaves garbage behind it.
type Timestamp [8]byte

// NewTimestamp converts t, without its fraction of a second; the zero Time becomes the absent timestamp. Times before 1970 and after
// 7 February 2106 do not fit and become the nearest that does, where legacy sends garbage.
func NewTimestamp(t time.Time) Timestamp {
	if t.IsZero() {
		return Timestamp{}
	}
	s := min(max(t.Unix(), 0), math.MaxUint32)
	return Timestamp(fmt.Appendf(nil, "%08x", s))
}

// Time returns the time, or the zero Time if it is absent. It fails with ErrTime if the bytes are not hexadecimal digits.
func (t Timestamp) Time() (time.Time, error) {
	if t[0] == 0 {
		return time.Time{}, nil
	}
	s, err := strconv.ParseUint(string(t[:]), 16, 32)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q: %w", t[:], ErrTime)
	}
	return time.Unix(int64(s), 0), nil
}
