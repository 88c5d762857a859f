// Package command reads the control language of bbftp: the commands given
// with -e, separated by semicolons.
//
// Words are separated by blanks and tabs; there is no quoting, so a name in a
// script can hold neither blanks nor semicolons. That is the language deployed
// scripts are written in, kept as it is.
package command

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Verb names a command.
type Verb string

// The commands, each with its arguments.
const (
	Put       Verb = "put"       // LOCAL [REMOTE]
	Get       Verb = "get"       // REMOTE [LOCAL]
	Mput      Verb = "mput"      // PATTERN [REMOTE-DIRECTORY]
	Mget      Verb = "mget"      // PATTERN [LOCAL-DIRECTORY]
	Mkdir     Verb = "mkdir"     // REMOTE-DIRECTORY
	Cd        Verb = "cd"        // REMOTE-DIRECTORY
	Lcd       Verb = "lcd"       // LOCAL-DIRECTORY
	Dir       Verb = "dir"       // REMOTE-DIRECTORY
	SetOption Verb = "setoption" // [no]OPTION
)

// arguments holds the fewest and the most words that may follow each verb.
var arguments = map[Verb][2]int{
	Put:       {1, 2},
	Get:       {1, 2},
	Mput:      {1, 2},
	Mget:      {1, 2},
	Mkdir:     {1, 1},
	Cd:        {1, 1},
	Lcd:       {1, 1},
	Dir:       {1, 1},
	SetOption: {1, 1},
}

// ErrUnknown reports a word that is no command.
var ErrUnknown = errors.New("unknown command")

// ErrArguments reports a command with too few or too many words.
var ErrArguments = errors.New("incorrect command")

// Command is one parsed command. The zero Verb is a comment or an empty line,
// which does nothing and succeeds.
type Command struct {
	Verb Verb
	Args []string
	// Text is the command as written, for messages.
	Text string
}

// Arg returns argument i, or def where the command has none.
func (c Command) Arg(i int, def string) string {
	if i < len(c.Args) {
		return c.Args[i]
	}
	return def
}

// Parse reads one command.
func Parse(text string) (Command, error) {
	c := Command{Text: strings.TrimLeft(text, " \t")}
	words := strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == '\t' })
	if len(words) == 0 || words[0][0] == '#' || words[0][0] == '!' {
		return c, nil
	}
	c.Verb, c.Args = Verb(words[0]), words[1:]
	limits, known := arguments[c.Verb]
	if !known {
		return c, fmt.Errorf("%w: %s", ErrUnknown, words[0])
	}
	if n := len(c.Args); n < limits[0] || n > limits[1] {
		return c, fmt.Errorf("%w: %s takes %s", ErrArguments, c.Verb, wanted(limits))
	}
	return c, nil
}

// Split cuts the argument of -e into single commands, leaving out empty ones.
func Split(script string) []string {
	return slices.DeleteFunc(strings.Split(script, ";"), func(s string) bool {
		return strings.Trim(s, " \t") == ""
	})
}

// Option reads the argument of setoption: a name, and whether it is switched
// on or, with the prefix "no", off.
func Option(word string) (name string, on bool) {
	if name, off := strings.CutPrefix(word, "no"); off {
		return name, false
	}
	return word, true
}

func wanted(limits [2]int) string {
	switch {
	case limits[0] != limits[1]:
		return fmt.Sprintf("%d or %d arguments", limits[0], limits[1])
	case limits[0] == 1:
		return "1 argument"
	default:
		return fmt.Sprintf("%d arguments", limits[0])
	}
}

// Target completes the second argument of put and get: without one, or with
// one that ends in a slash, the file keeps the last component of its name.
func Target(source, target string) string {
	if target == "" || target[len(target)-1] == '/' {
		return target + source[strings.LastIndexByte(source, '/')+1:]
	}
	return target
}
