package legacy

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"bbftp/engine/command"
)

// systemStartFile is read where no start-up file is named and the user has none.
const systemStartFile = "/etc/bbftp.conf"

// load reads the start-up file. It comes after the command line and so wins:
// that is what deployed scripts see.
func (o *options) load(c *console) error {
	if strings.HasPrefix(o.startFile, "none") {
		return nil
	}
	places := []string{o.startFile}
	if o.startFile == "" {
		places = places[:0]
		if home, err := os.UserHomeDir(); err == nil {
			places = append(places, filepath.Join(home, ".bbftprc"))
		}
		places = append(places, systemStartFile)
	}
	for _, place := range places {
		text, err := os.ReadFile(place)
		switch {
		case errors.Is(err, fs.ErrNotExist) && o.startFile == "":
			continue
		case err != nil:
			return fmt.Errorf("%w: %w", errStartFile, err)
		}
		if err := o.configure(c, string(text)); err != nil {
			return fmt.Errorf("%w %s: %w", errStartFile, place, err)
		}
		return nil
	}
	return nil
}

// configure takes over the lines of a start-up file. All are read, then wrong
// values fail together; what is unknown is only warned of.
func (o *options) configure(c *console, text string) error {
	var wrong []string
	for i, line := range strings.Split(text, "\n") {
		words := strings.Fields(line) // and so off with a carriage return
		if len(words) == 0 || words[0][0] == '#' {
			continue
		}
		known, err := o.configureLine(words[0], append(words, "")[1])
		switch {
		case !known:
			c.warn(warnUnknownLine, "Skipping Unknown command in .bbftprc file (%s)", strings.TrimSpace(line))
		case err != nil:
			wrong = append(wrong, fmt.Sprintf("line %d: %s: %v", i+1, strings.TrimSpace(line), err))
			c.trace("bbftprc: %s FAILED", strings.TrimSpace(line))
		default:
			c.trace("bbftprc: %s OK", strings.TrimSpace(line))
		}
	}
	if wrong != nil {
		return errors.New(strings.Join(wrong, "; "))
	}
	return nil
}

// configureLine takes over one line.
func (o *options) configureLine(word, value string) (known bool, err error) {
	switch verb := command.Verb(word); verb {
	case command.SetOption:
		return o.configureSwitch(value), nil
	case command.SetRemoteUmask:
		mask, err := remoteUmask.read(value)
		if err == nil {
			mode := fs.FileMode(mask)
			o.remoteUmask = &mode
		}
		return true, err
	case command.SetRemoteCos:
		class, err := remoteClass.read(value)
		if err == nil {
			wanted := int32(class)
			o.remoteClass = &wanted
		}
		return true, err
	default:
		n, known := lookUpNumber(verb)
		if !known {
			return false, nil
		}
		v, err := n.read(value)
		if err == nil {
			n.set(&o.settings, v)
		}
		return true, err
	}
}

// configureSwitch is setoption, whose names a start-up file may abbreviate.
func (o *options) configureSwitch(word string) (known bool) {
	name, on := command.Option(word)
	for _, w := range switches {
		if name != "" && strings.HasPrefix(w.name, name) {
			w.set(&o.settings, on)
			return true
		}
	}
	return false
}
