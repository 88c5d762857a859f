package client

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"strconv"
	"strings"
	"time"
)

// FileStatus is what a server tells about a file. What its platform lacks is zero.
type FileStatus struct {
	Inode     uint64
	Mode      fs.FileMode
	Size      int64
	BlockSize int64
	Blocks    int64
	UID, GID  int64
	// The server's local times, without their zone.
	Accessed, Modified, Changed time.Time
}

// Space is what a server tells about a file system. What its platform lacks is zero.
type Space struct {
	Blocks, Available, BlockSize int64
	Inodes, FreeInodes           int64
	NameMax                      int64
}

// absent stands for a field the server's platform lacks (wire.md 8.5).
const absent = "N/A"

// ParseStat reads a line of [Client.Stat]:
//
//	INODE MODE SIZE BLKSIZE BLOCKS  UID GID (ATIME) (MTIME) (CTIME)
func ParseStat(line string) (FileStatus, error) {
	numbers, times, _ := strings.Cut(line, "(")
	f := fields{words: strings.Fields(numbers)}
	if len(f.words) != 7 {
		return FileStatus{}, fmt.Errorf("status %s: %d fields before the times, want 7", excerpt(line), len(f.words))
	}
	s := FileStatus{
		Inode: f.number(10), Mode: mode(f.number(8)), Size: f.signed(), BlockSize: f.signed(), Blocks: f.signed(),
		UID: f.signed(), GID: f.signed(),
	}
	stamps := strings.Split(strings.TrimSuffix(strings.TrimRight(times, " "), ")"), ") (")
	if len(stamps) != 3 {
		return FileStatus{}, fmt.Errorf("status %s: %d times, want 3", excerpt(line), len(stamps))
	}
	for i, t := range []*time.Time{&s.Accessed, &s.Modified, &s.Changed} {
		*t = f.time(stamps[i])
	}
	if f.err != nil {
		return FileStatus{}, fmt.Errorf("status %s: %w", excerpt(line), f.err)
	}
	return s, nil
}

// ParseDf reads a line of [Client.Df]:
//
//	BLOCKS AVAILABLE BLOCK-SIZE INODES FREE-INODES NAME-MAX
func ParseDf(line string) (Space, error) {
	f := fields{words: strings.Fields(line)}
	if len(f.words) != 6 {
		return Space{}, fmt.Errorf("space %s: %d fields, want 6", excerpt(line), len(f.words))
	}
	s := Space{
		Blocks: f.signed(), Available: f.signed(), BlockSize: f.signed(),
		Inodes: f.signed(), FreeInodes: f.signed(), NameMax: f.signed(),
	}
	if f.err != nil {
		return Space{}, fmt.Errorf("space %s: %w", excerpt(line), f.err)
	}
	return s, nil
}

// fields reads words one after the other and keeps the first failure.
type fields struct {
	words []string
	err   error
}

func (f *fields) next() string {
	word := f.words[0]
	f.words = f.words[1:]
	return word
}

func (f *fields) number(base int) uint64 {
	word := f.next()
	if word == absent {
		return 0
	}
	n, err := strconv.ParseUint(word, base, 64)
	f.check(word, err)
	return n
}

// check keeps what is wrong with a word, which may be as long as a message.
func (f *fields) check(word string, err error) {
	if in, ok := errors.AsType[*strconv.NumError](err); ok {
		err = in.Err
	} else if err != nil {
		err = errNoTime
	}
	if err != nil && f.err == nil {
		f.err = fmt.Errorf("%s: %w", excerpt(word), err)
	}
}

var errNoTime = errors.New("no time")

// signed reads a number that some platforms print as unsigned and others as
// negative where it has no meaning.
func (f *fields) signed() int64 {
	word := f.next()
	if word == absent {
		return 0
	}
	if n, err := strconv.ParseInt(word, 10, 64); err == nil {
		return n
	}
	n, err := strconv.ParseUint(word, 10, 64)
	f.check(word, err)
	return int64(min(n, math.MaxInt64))
}

// time reads ctime(3); a time it can't express is empty.
func (f *fields) time(text string) time.Time {
	if text == "" || text == absent {
		return time.Time{}
	}
	t, err := time.Parse(time.ANSIC, text)
	f.check(text, err)
	return t
}

// mode converts what stat(2) calls st_mode.
func mode(st uint64) fs.FileMode {
	m := fs.FileMode(st) & fs.ModePerm
	switch st & 0o170000 {
	case 0o040000:
		m |= fs.ModeDir
	case 0o120000:
		m |= fs.ModeSymlink
	case 0o010000:
		m |= fs.ModeNamedPipe
	case 0o140000:
		m |= fs.ModeSocket
	case 0o020000:
		m |= fs.ModeDevice | fs.ModeCharDevice
	case 0o060000:
		m |= fs.ModeDevice
	}
	for _, b := range setBits {
		if st&uint64(b.bit) != 0 {
			m |= b.mode
		}
	}
	return m
}

// permissions are the mode bits that travel, set-id and sticky ones among them.
func permissions(mode fs.FileMode) int32 {
	bits := int32(mode.Perm())
	for _, b := range setBits {
		if mode&b.mode != 0 {
			bits |= b.bit
		}
	}
	return bits
}

var setBits = []struct {
	mode fs.FileMode
	bit  int32
}{{fs.ModeSetuid, 0o4000}, {fs.ModeSetgid, 0o2000}, {fs.ModeSticky, 0o1000}}
