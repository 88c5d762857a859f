package client

import (
	"fmt"
	"io/fs"
	"math"
	"strings"
	"testing"
	"time"

	"bbftp/engine/wire"
)

func TestParseStat(t *testing.T) {
	at := func(month time.Month, day, hour, minute, second int) time.Time {
		return time.Date(2001, month, day, hour, minute, second, 0, time.UTC)
	}
	for line, want := range map[string]FileStatus{
		// As recorded (wire.md 12).
		"1015835 00100640 12 4096 8  1001 1001 (Sat Feb  3 04:05:06 2001) (Sat Feb  3 04:05:07 2001) (Thu Nov 22 06:48:24 2001)": {
			Inode: 1015835, Mode: 0o640, Size: 12, BlockSize: 4096, Blocks: 8, UID: 1001, GID: 1001,
			Accessed: at(2, 3, 4, 5, 6), Modified: at(2, 3, 4, 5, 7), Changed: at(11, 22, 6, 48, 24),
		},
		"18446744073709551615 00041777 0 N/A N/A  -1 4294967295 () () (N/A)": {
			Inode: math.MaxUint64, Mode: fs.ModeDir | fs.ModeSticky | 0o777, UID: -1, GID: math.MaxUint32,
		},
		"1 0104755 1 1 1  0 0 () () ()": {Inode: 1, Mode: fs.ModeSetuid | 0o755, Size: 1, BlockSize: 1, Blocks: 1},
		"1 0120777 1 1 1 0 0 () () ()":  {Inode: 1, Mode: fs.ModeSymlink | 0o777, Size: 1, BlockSize: 1, Blocks: 1},
		"1 0020666 0 1 1 0 0 () () () ": {Inode: 1, Mode: fs.ModeDevice | fs.ModeCharDevice | 0o666, BlockSize: 1, Blocks: 1},
	} {
		if got, err := ParseStat(line); err != nil || got != want {
			t.Errorf("%s: %+v, %v, want %+v", line, got, err, want)
		}
	}
	for name, line := range map[string]string{
		"empty":          "",
		"too few fields": "1 0100644 1 1 1 0 () () ()",
		"too many":       "1 2 0100644 1 1 1 0 0 () () ()",
		"no number":      "1 0100644 x 1 1 0 0 () () ()",
		"no octal":       "1 0100648 1 1 1 0 0 () () ()",
		"too large":      "1 0100644 99999999999999999999 1 1 0 0 () () ()",
		"two times":      "1 0100644 1 1 1 0 0 () ()",
		"no times":       "1 0100644 1 1 1 0 0",
		"no time":        "1 0100644 1 1 1 0 0 (yesterday) () ()",
	} {
		if got, err := ParseStat(line); err == nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestParseDf(t *testing.T) {
	want := Space{Blocks: 66053021, Available: 19861217, BlockSize: 4096, Inodes: 16777216, FreeInodes: 16337490, NameMax: 255}
	if got, err := ParseDf("66053021 19861217 4096 16777216 16337490 255"); err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	want = Space{Blocks: math.MaxInt64, Available: -5, BlockSize: 1}
	if got, err := ParseDf("18446744073709551615 -5 1 N/A N/A N/A"); err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	for _, line := range []string{"", "1 2 3 4 5", "1 2 3 4 5 6 7", "1 2 3 4 5 six"} {
		if got, err := ParseDf(line); err == nil {
			t.Errorf("%q: %+v", line, got)
		}
	}
}

// TestLongWords: an error quotes of a server's words no more than a person reads.
func TestLongWords(t *testing.T) {
	long := strings.Repeat("\x1b", wire.MaxString)
	_, line := ParseStat(long)
	_, number := ParseStat(long + " 0100644 1 1 1 0 0 () () ()")
	_, when := ParseStat("1 0100644 1 1 1 0 0 (" + long + ") () ()")
	_, df := ParseDf("1 2 3 4 5 " + long)
	for _, err := range []error{line, number, when, df} {
		if err == nil || len(err.Error()) > 3000 || strings.Contains(err.Error(), "\x1b") {
			t.Errorf("%d bytes: %.200v", len(fmt.Sprint(err)), err)
		}
	}
}

func FuzzParseStat(f *testing.F) {
	f.Add("1015835 00100640 12 4096 8  1001 1001 (Sat Feb  3 04:05:06 2001) (Sat Feb  3 04:05:06 2001) (Sun Nov 22 06:48:24 2026)")
	f.Add("1 0104755 1 N/A N/A  0 -1 () (N/A) ()")
	f.Fuzz(func(t *testing.T, line string) {
		if s, err := ParseStat(line); err != nil && s != (FileStatus{}) {
			t.Errorf("%q: %+v with %v", line, s, err)
		}
	})
}

func FuzzParseDf(f *testing.F) {
	f.Add("66053021 19861217 4096 16777216 16337490 255")
	f.Add("18446744073709551615 -5 1 N/A N/A N/A")
	f.Fuzz(func(t *testing.T, line string) {
		if s, err := ParseDf(line); err != nil && s != (Space{}) {
			t.Errorf("%q: %+v with %v", line, s, err)
		}
	})
}
