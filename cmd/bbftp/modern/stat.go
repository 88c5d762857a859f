package modern

import (
	"context"
	"fmt"
	"io/fs"
	"math"
	"math/bits"
	"time"

	"bbftp/engine/client"
)

// fileStatus describes one file or directory of the server.
func fileStatus(ctx context.Context, s server, path string) (*client.FileStatus, error) {
	text, err := s.Stat(ctx, path)
	if err != nil {
		return nil, err
	}
	status, err := client.ParseStat(text)
	if err != nil {
		return nil, err
	}
	return &status, nil
}

// stat describes files and directories.
func stat(ctx context.Context, r *run, operands []string) error {
	return r.ask(ctx, operands, func(s server, path string) (answer, error) {
		status, err := fileStatus(ctx, s, path)
		if err != nil {
			return nil, err
		}
		return &description{path, status}, nil
	})
}

// description is the answer to stat.
type description struct {
	path   string
	status *client.FileStatus
}

func (d *description) lines() []string {
	s := d.status
	return []string{
		"    Path: " + d.path,
		"    Type: " + typeOf(s.Mode),
		fmt.Sprintf("    Size: %d bytes in %d blocks, preferred block %d bytes", s.Size, s.Blocks, s.BlockSize),
		fmt.Sprintf("    Mode: %s (%s)", octal(s.Mode), s.Mode),
		fmt.Sprintf("   Owner: user %d, group %d", s.UID, s.GID),
		fmt.Sprintf("   Inode: %d", s.Inode),
		"Accessed: " + timeText(s.Accessed),
		"Modified: " + timeText(s.Modified),
		" Changed: " + timeText(s.Changed),
	}
}

// timeText is a time of the server, in whatever zone it is.
func timeText(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Format(time.DateTime) + " (server's time)"
}

func typeOf(m fs.FileMode) string {
	switch {
	case m.IsDir():
		return "directory"
	case m.IsRegular():
		return "file"
	case m&fs.ModeNamedPipe != 0:
		return "named pipe"
	case m&fs.ModeSocket != 0:
		return "socket"
	case m&fs.ModeDevice != 0:
		return "device"
	}
	return "other"
}

// octal is the mode as chmod takes it.
func octal(m fs.FileMode) string {
	bits := uint32(m.Perm())
	for flag, bit := range map[fs.FileMode]uint32{fs.ModeSetuid: 0o4000, fs.ModeSetgid: 0o2000, fs.ModeSticky: 0o1000} {
		if m&flag != 0 {
			bits |= bit
		}
	}
	return fmt.Sprintf("%04o", bits)
}

type statEvent struct {
	Event string `json:"event"` // "stat"
	Path  string `json:"path"`
	Type  string `json:"type"`
	*statusFigures
}

// statusFigures describe a file: sizes in bytes, times of the server without
// their zone.
type statusFigures struct {
	Size      int64  `json:"size"`
	Mode      string `json:"mode"` // octal
	UID       int64  `json:"uid"`
	GID       int64  `json:"gid"`
	Inode     uint64 `json:"inode"`
	Blocks    int64  `json:"blocks"`
	BlockSize int64  `json:"block_size"`
	Accessed  string `json:"accessed,omitempty"`
	Modified  string `json:"modified,omitempty"`
	Changed   string `json:"changed,omitempty"`
}

func figuresOf(s *client.FileStatus) *statusFigures {
	stamp := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.Format("2006-01-02T15:04:05")
	}
	return &statusFigures{
		s.Size, octal(s.Mode), s.UID, s.GID, s.Inode, s.Blocks, s.BlockSize, stamp(s.Accessed), stamp(s.Modified), stamp(s.Changed),
	}
}

func (d *description) events() []any {
	return []any{statEvent{"stat", d.path, typeOf(d.status.Mode), figuresOf(d.status)}}
}

// df shows the space of file systems of a server.
func df(ctx context.Context, r *run, operands []string) error {
	heading := true
	return r.ask(ctx, operands, func(s server, path string) (answer, error) {
		text, err := s.Df(ctx, path)
		if err != nil {
			return nil, err
		}
		space, err := client.ParseDf(text)
		if err != nil {
			return nil, err
		}
		a := &fileSystem{path, space, heading}
		heading = false
		return a, nil
	})
}

// fileSystem is the answer to df, a row of a table.
type fileSystem struct {
	path    string
	space   client.Space
	heading bool // the row has the head of the table before it
}

func (f *fileSystem) size() int64      { return bytesIn(f.space.Blocks, f.space.BlockSize) }
func (f *fileSystem) available() int64 { return bytesIn(f.space.Available, f.space.BlockSize) }

// bytesIn is the product, or the most there can be: a server may say anything.
func bytesIn(blocks, size int64) int64 {
	over, n := bits.Mul64(uint64(max(blocks, 0)), uint64(max(size, 0)))
	if over > 0 || n > math.MaxInt64 {
		return math.MaxInt64
	}
	return int64(n)
}

func (f *fileSystem) lines() []string {
	const row = "%9s %9s %5s %13v %13v  %s"
	free := "-"
	if f.space.Blocks > 0 {
		free = fmt.Sprintf("%d%%", int64(float64(f.space.Available)/float64(f.space.Blocks)*100))
	}
	text := fmt.Sprintf(row, bytesText(f.size()), bytesText(f.available()), free, f.space.Inodes, f.space.FreeInodes, f.path)
	if !f.heading {
		return []string{text}
	}
	return []string{fmt.Sprintf(row, "Size", "Available", "Free", "Inodes", "Free inodes", "Path"), text}
}

type spaceEvent struct {
	Event      string `json:"event"` // "df"
	Path       string `json:"path"`
	Size       int64  `json:"size"`      // bytes
	Available  int64  `json:"available"` // bytes
	BlockSize  int64  `json:"block_size"`
	Inodes     int64  `json:"inodes"`
	FreeInodes int64  `json:"free_inodes"`
	NameMax    int64  `json:"name_max"` // longest name, in bytes
}

func (f *fileSystem) events() []any {
	return []any{spaceEvent{
		"df", f.path, f.size(), f.available(), f.space.BlockSize, f.space.Inodes, f.space.FreeInodes, f.space.NameMax,
	}}
}
