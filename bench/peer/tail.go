package peer

import (
	"strings"
	"sync"
)

// tail keeps the last lines of what a process said.
type tail struct {
	mu    sync.Mutex
	lines []string
}

const tailLines = 8

func (t *tail) add(line string) {
	if strings.TrimSpace(line) == "" {
		return
	}
	const wide = 400 // more of a line helps nobody
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lines = append(t.lines, line[:min(len(line), wide)])
	if len(t.lines) > tailLines {
		t.lines = t.lines[1:]
	}
}

// String is what follows an error's text: nothing, or indented lines.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var b strings.Builder
	for _, line := range t.lines {
		b.WriteString("\n  ")
		b.WriteString(line)
	}
	return b.String()
}
