// Package argument reads the arguments of those options that both command lines
// have.
package argument

import (
	"errors"
	"strconv"
	"strings"

	"github.com/mattn/go-shellwords"

	"bbftp/netio"
)

// ErrPorts is a range of ports that is none.
var ErrPorts = errors.New("want MIN:MAX, ports from 1 to 65535")

// Ports reads MIN:MAX. Its error is [ErrPorts].
func Ports(text string) (netio.PortRange, error) {
	first, last, _ := strings.Cut(text, ":")
	low, errLow := strconv.ParseUint(first, 10, 16)
	high, errHigh := strconv.ParseUint(last, 10, 16)
	if errLow != nil || errHigh != nil || low == 0 || low > high {
		return netio.PortRange{}, ErrPorts
	}
	return netio.PortRange{Min: uint16(low), Max: uint16(high)}, nil
}

// Command cuts a command at blanks outside quotes. No shell will see it: nothing
// but blanks, quotes and backslashes has a meaning.
func Command(text string) ([]string, error) {
	parser := shellwords.NewParser()
	parser.SetExcludeSeparators([]rune("`$()|&;<>")...)
	return parser.Parse(text)
}

// RemoteServer is the command that ssh runs on the server's machine, with the -s
// that people leave out.
func RemoteServer(command string) string {
	if strings.Contains(command, " -s") {
		return command
	}
	return command + " -s"
}
