package replay

import (
	"fmt"
	"slices"
	"strings"
)

// deviation is something that our client does otherwise than the recorded one,
// on purpose.
type deviation struct {
	sessions string // their names, with blanks between them
	legacy   string // text of the recordings, whole lines but for what all sessions share
	ours     string // what takes its place
	reason   string
}

// deviate replaces what our client does otherwise. It returns which rows
// concern r.
func (r recording) deviate() (recording, []int, error) {
	text := r.String()
	var rows []int
	for i, d := range deviations {
		if !slices.Contains(strings.Fields(d.sessions), r.name) {
			continue
		}
		if !strings.Contains(text, d.legacy) || d.legacy == d.ours || d.reason == "" {
			return r, nil, fmt.Errorf("not recorded, or no deviation, or no reason: %q", d.legacy)
		}
		text = strings.ReplaceAll(text, d.legacy, d.ours)
		rows = append(rows, i)
	}
	if rows == nil {
		return r, nil, nil
	}
	changed, err := parseRecording(text)
	return changed, rows, err
}
