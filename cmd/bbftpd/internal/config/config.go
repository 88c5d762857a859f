// Package config reads the daemon's configuration file: TOML without tables, whose
// keys are names of settings. What a setting means is the business of who reads it.
//
//	users = "/etc/bbftpd/users"     # text
//	max-sessions = 200              # a number
//	read-only = true                # a flag
//	allow = ["192.0.2.0/24", "::1"] # several
package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"syscall"

	"github.com/BurntSushi/toml"
)

// Value is what a file gives a setting.
type Value struct {
	// Texts has one element for text, a number or a flag ("true", "false"), and any
	// number for a list, written as on a command line.
	Texts []string
	// Flag and List tell what it was written as.
	Flag, List bool
}

// maxSize is far more than a file with every setting has.
const maxSize = 1 << 20

// Read gives the settings of the file name to set, in their order there. Every
// error names the file and the line; set is called for further settings after it
// has refused one, so that all mistakes show at once. A file that somebody else than
// its owner may write, or that neither root nor this process's user owns, is
// refused: who writes it tells the daemon what to serve.
func Read(name string, set func(key string, v Value) error) error {
	text, err := contents(name)
	if err != nil {
		return fmt.Errorf("configuration file: %w", err)
	}
	return parse(name, text, set)
}

func contents(name string) (string, error) {
	// Without O_NONBLOCK a pipe nobody writes to would hold up who reads the file again.
	f, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	if err := trusted(info); err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	var text bytes.Buffer
	if _, err := text.ReadFrom(io.LimitReader(f, maxSize+1)); err != nil {
		return "", err
	}
	if text.Len() > maxSize {
		return "", fmt.Errorf("%s: longer than %d bytes", name, maxSize)
	}
	return text.String(), nil
}

func trusted(info fs.FileInfo) error {
	if !info.Mode().IsRegular() {
		return fmt.Errorf("not a regular file (%s)", info.Mode().Type())
	}
	if info.Mode()&0o022 != 0 {
		return fmt.Errorf("mode %#o lets others than the owner write it", info.Mode().Perm())
	}
	if err := CheckOwner(info, os.Getuid()); err != nil {
		return fmt.Errorf("%w: want root or the user that bbftpd is started as", err)
	}
	return nil
}

// parse reads text. The library knows the line of what refuses its value while
// it decodes, so the settings are handed over from inside.
func parse(name, text string, set func(string, Value) error) error {
	var settings map[string]toml.Primitive
	file, err := toml.Decode(text, &settings)
	if err != nil {
		return located(name, err)
	}
	var mistakes []error
	for _, key := range file.Keys() {
		if _, left := settings[key[0]]; !left {
			continue // in a table, which was refused as a whole
		}
		s := setting{key: key[0], set: set}
		if err := file.PrimitiveDecode(settings[key[0]], &s); err != nil {
			mistakes = append(mistakes, located(name, err))
		}
		delete(settings, key[0])
	}
	return errors.Join(mistakes...)
}

// located puts file and line before what is wrong there.
func located(name string, err error) error {
	var at toml.ParseError
	if !errors.As(err, &at) {
		return fmt.Errorf("%s: %w", name, err)
	}
	return fmt.Errorf("%s:%d: %s", name, at.Position.Line, at.Message)
}

// setting is one key while its value is decoded.
type setting struct {
	key string
	set func(string, Value) error
}

// UnmarshalTOML hands the value on as text.
func (s *setting) UnmarshalTOML(data any) error {
	v, err := valueOf(data)
	if err != nil {
		return fmt.Errorf("%s: %w", s.key, err)
	}
	return s.set(s.key, v)
}

func valueOf(data any) (Value, error) {
	switch data := data.(type) {
	case []any:
		list := Value{List: true}
		for _, element := range data {
			text, err := textOf(element)
			if err != nil {
				return Value{}, err
			}
			list.Texts = append(list.Texts, text)
		}
		return list, nil
	case bool:
		return Value{Texts: []string{strconv.FormatBool(data)}, Flag: true}, nil
	}
	text, err := textOf(data)
	return Value{Texts: []string{text}}, err
}

func textOf(data any) (string, error) {
	switch data := data.(type) {
	case string:
		return data, nil
	case int64:
		return strconv.FormatInt(data, 10), nil
	case map[string]any, []map[string]any:
		return "", errors.New("is a table: settings are at the top level of the file")
	}
	return "", errors.New("want text in quotes, a whole number, true or false, or a list")
}
