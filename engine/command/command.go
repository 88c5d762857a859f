// Package command reads the control language of bbftp: the commands of a
// control file, one per line, or of an argument, separated by semicolons.
//
// Words are separated by blanks and tabs; there is no quoting, so a name in a
// script can hold no blanks, and none in an argument a semicolon. That is the
// language deployed scripts are written in, kept as it is.
package command

import (
	"errors"
	"fmt"
	"strings"
)

// Verb names a command.
type Verb string

// The commands, each with its arguments.
const (
	Put   Verb = "put"   // LOCAL [REMOTE]
	Get   Verb = "get"   // REMOTE [LOCAL]
	Mput  Verb = "mput"  // PATTERN [REMOTE-DIRECTORY]
	Mget  Verb = "mget"  // PATTERN [LOCAL-DIRECTORY]
	Mkdir Verb = "mkdir" // REMOTE-DIRECTORY
	Rm    Verb = "rm"    // REMOTE
	Stat  Verb = "stat"  // REMOTE
	Df    Verb = "df"    // REMOTE-DIRECTORY
	Cd    Verb = "cd"    // REMOTE-DIRECTORY
	Lcd   Verb = "lcd"   // LOCAL-DIRECTORY
	Dir   Verb = "dir"   // REMOTE-DIRECTORY

	SetOption        Verb = "setoption" // [no]OPTION
	SetNbStream      Verb = "setnbstream"
	SetBufferSize    Verb = "setbuffersize"    // KiB
	SetSendWinSize   Verb = "setsendwinsize"   // KiB
	SetRecvWinSize   Verb = "setrecvwinsize"   // KiB
	SetLocalUmask    Verb = "setlocalumask"    // octal
	SetRemoteUmask   Verb = "setremoteumask"   // octal
	SetRemoteCos     Verb = "setremotecos"     // class of service
	SetAckTo         Verb = "setackto"         // seconds
	SetRecvControlTo Verb = "setrecvcontrolto" // seconds
	SetSendControlTo Verb = "setsendcontrolto" // seconds
	SetDataTo        Verb = "setdatato"        // seconds
)

// most holds how many words may follow each verb. All need at least one.
var most = map[Verb]int{
	Put: 2, Get: 2, Mput: 2, Mget: 2,
	Mkdir: 1, Rm: 1, Stat: 1, Df: 1, Cd: 1, Lcd: 1, Dir: 1,
	SetOption: 1, SetNbStream: 1, SetBufferSize: 1, SetSendWinSize: 1, SetRecvWinSize: 1,
	SetLocalUmask: 1, SetRemoteUmask: 1, SetRemoteCos: 1,
	SetAckTo: 1, SetRecvControlTo: 1, SetSendControlTo: 1, SetDataTo: 1,
}

// ErrUnknown reports a word that is no command.
var ErrUnknown = errors.New("unknown command")

// ErrArguments reports a command with too few, too many or wrong words.
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

// Parse reads one command. What fails with [ErrArguments] or [ErrUnknown] still
// has its words.
func Parse(text string) (Command, error) {
	c := Command{Text: strings.TrimLeft(text, " \t")}
	words := strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == '\t' })
	if len(words) == 0 || words[0][0] == '#' || words[0][0] == '!' {
		return c, nil
	}
	c.Verb, c.Args = Verb(words[0]), words[1:]
	limit, known := most[c.Verb]
	if !known {
		return c, fmt.Errorf("%w: %s", ErrUnknown, words[0])
	}
	if n := len(c.Args); n < 1 || n > limit {
		return c, fmt.Errorf("%w: %s takes %s", ErrArguments, c.Verb, wanted(limit))
	}
	return c, nil
}

func wanted(limit int) string {
	if limit == 1 {
		return "1 argument"
	}
	return fmt.Sprintf("1 or %d arguments", limit)
}

// Split cuts a script given as an argument into single commands. Empty ones
// count: scripts see a result for each.
func Split(script string) []string { return strings.Split(script, ";") }

// Lines cuts a control file into single commands. What follows the last line's
// end is one more, an empty one.
func Lines(file string) []string { return strings.Split(file, "\n") }

// Option reads the argument of setoption: a name, and whether it is switched
// on or, with the prefix "no", off.
func Option(word string) (name string, on bool) {
	if name, off := strings.CutPrefix(word, "no"); off {
		return name, false
	}
	return word, true
}

// Target completes the second argument of put and get: without one, or with
// one that ends in a slash, the file keeps the last component of its name.
func Target(source, target string) string {
	if target == "" || target[len(target)-1] == '/' {
		return target + source[strings.LastIndexByte(source, '/')+1:]
	}
	return target
}
