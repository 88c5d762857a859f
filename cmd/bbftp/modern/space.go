package modern

import (
	"context"
	"fmt"

	"bbftp/engine/client"
)

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

func (f *fileSystem) size() int64      { return f.space.Blocks * f.space.BlockSize }
func (f *fileSystem) available() int64 { return f.space.Available * f.space.BlockSize }

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
