package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	// The scripts run programs that go build makes, which the test cache does
	// not see: what they are made of has to be imported here.
	_ "bbftp/cmd/bbftp/legacy"
	_ "bbftp/cmd/bbftp/modern"
	"bbftp/cmd/internal/programtest"
	_ "bbftp/engine/server"
)

// The scripts have these commands besides those of [programtest]:
//
//	json FILE LINE [absent] [PATH=VALUE...]
//		Check fields of the JSON object in a line. PATH has dots; that of a list
//		ends in ".length"; the VALUE "absent" is a field that isn't there. Lines
//		with event=progress, of which a slow machine has more, only count for who
//		asks for that.
//	standin KIND
//		Start a stand-in for a server (see standIn).
//	received MESSAGES
//		Wait until the stand-in got these messages after the key it sent, and
//		nothing else.
//	closed
//		Take a port where nobody listens, set $PORT.
//	opened
//		Have the port that was taken lead to the server at $PORT.
//	reserved
//		Keep $PORT from others at ::1.
func TestScripts(t *testing.T) {
	programtest.Run(t, "testdata/script", map[string]programtest.Command{
		"json": checkJSON, "standin": startStandIn, "received": received,
		"closed": closePort, "opened": openPort, "reserved": reserve,
	})
}

func checkJSON(ts *testscript.TestScript, _ bool, args []string) {
	lines := strings.SplitAfter(ts.ReadFile(args[0]), "\n")
	number, err := strconv.Atoi(args[1])
	ts.Check(err)
	if lines[len(lines)-1] != "" {
		ts.Fatalf("the last line has no end")
	}
	lines = lines[:len(lines)-1]
	if !slices.Contains(args, "event=progress") {
		lines = slices.DeleteFunc(lines, func(line string) bool { return strings.HasPrefix(line, `{"event":"progress"`) })
	}
	if number > len(lines) {
		if len(args) != 3 || args[2] != "absent" {
			ts.Fatalf("%d lines only", len(lines))
		}
		return
	}
	var object map[string]any
	ts.Check(json.Unmarshal([]byte(lines[number-1]), &object))
	for _, check := range args[2:] {
		path, want, found := strings.Cut(check, "=")
		if !found {
			ts.Fatalf("line %d: %s", number, lines[number-1])
		}
		if got := field(object, strings.Split(path, ".")); got != want {
			ts.Fatalf("line %d: %s is %s, want %s", number, path, got, want)
		}
	}
}

func field(value any, path []string) string {
	for _, name := range path {
		switch v := value.(type) {
		case map[string]any:
			value = v[name]
		case []any:
			value = len(v)
		default:
			return "absent"
		}
	}
	switch v := value.(type) {
	case nil:
		return "absent"
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return fmt.Sprint(value)
}
