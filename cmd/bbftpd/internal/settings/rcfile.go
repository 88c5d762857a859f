package settings

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"bbftp/engine/server"
)

// StartFile is what a start-up file sets (bbftpdrc).
type StartFile struct {
	// Waits are those of the server that the file has words for.
	Waits         server.Waits
	AnySourcePort bool
	// Ignored are its other lines, numbered.
	Ignored []string
}

// systemStartFile is read where no start-up file is named and the user has none.
const systemStartFile = "/etc/bbftpd.conf"

// startFilePlaces are where a start-up file is looked for when none is named.
func startFilePlaces() []string {
	if home, err := os.UserHomeDir(); err == nil && os.Geteuid() != 0 {
		return []string{filepath.Join(home, ".bbftpdrc"), systemStartFile}
	}
	return []string{systemStartFile}
}

// loadStartFile reads the file of -R, or the first of places that there is.
// "none" reads nothing.
func loadStartFile(named string, places []string) (StartFile, error) {
	switch named {
	case noFile:
		return StartFile{}, nil
	case "":
	default:
		return readStartFile(named)
	}
	for _, place := range places {
		settings, err := readStartFile(place)
		if !errors.Is(err, fs.ErrNotExist) {
			return settings, err
		}
	}
	return StartFile{}, nil
}

func readStartFile(name string) (StartFile, error) {
	// A pipe nobody writes to is an empty file with O_NONBLOCK, and would hang without.
	f, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return StartFile{}, fmt.Errorf("start-up file: %w", err)
	}
	defer func() { _ = f.Close() }()
	settings, err := parseStartFile(f)
	if err != nil {
		return StartFile{}, fmt.Errorf("start-up file %s: %w", name, err)
	}
	return settings, nil
}

// maxWaitSeconds is a day: a longer wait is a mistake in the file.
const maxWaitSeconds = 24 * 60 * 60

// parseStartFile reads one setting a line. Unknown ones are left for a warning, as
// files of other releases may hold them; a known one must make sense.
func parseStartFile(r io.Reader) (StartFile, error) {
	var s StartFile
	waits := map[string]*time.Duration{
		"setackto":         &s.Waits.Ack,
		"setrecvcontrolto": &s.Waits.Receive,
		"setsendcontrolto": &s.Waits.Send,
		"setdatato":        &s.Waits.Idle,
		"setcheckstdinto":  &s.Waits.Caller,
	}
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		words := strings.Fields(lines.Text())
		switch {
		case len(words) == 0 || strings.HasPrefix(words[0], "#"):
		case len(words) == 2 && words[0] == "setoption" && words[1] == "nofixeddataport":
			s.AnySourcePort = true
		case len(words) == 2 && words[0] == "setoption" && words[1] == "fixeddataport":
			s.AnySourcePort = false
		case len(words) == 2 && waits[words[0]] != nil:
			seconds, err := strconv.Atoi(words[1])
			if err != nil || seconds < 1 || seconds > maxWaitSeconds {
				return StartFile{}, fmt.Errorf("line %d: %s %q: want 1 to %d seconds", n, words[0], words[1], maxWaitSeconds)
			}
			*waits[words[0]] = time.Duration(seconds) * time.Second
		default:
			s.Ignored = append(s.Ignored, fmt.Sprintf("line %d: %s", n, strings.Join(words, " ")))
		}
	}
	return s, lines.Err()
}
