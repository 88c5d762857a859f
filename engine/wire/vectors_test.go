package wire_test

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"bbftp/engine/wire"
)

var update = flag.Bool("update", false, "write testdata/vectors.txt anew from "+transcriptsVariable)

const (
	vectorsFile   = "testdata/vectors.txt"
	vectorsHeader = `# Control messages of real bbftp peers, each kind of bytes once: session, sender, bytes.
# A 4th field says why the bytes are no message, and at which of them. See vectors_test.go.
`
)

type vector struct {
	session string
	from    wire.Sender
	bytes   []byte
	fault   string // "length@4"; empty for a message
}

var causes = map[string]error{
	"truncated":   wire.ErrTruncated,
	"unknown":     wire.ErrUnknownCode,
	"length":      wire.ErrLength,
	"pathtoolong": wire.ErrPathTooLong,
}

// TestVectors: what TestTranscripts proves, as far as it can be proved without the transcripts.
func TestVectors(t *testing.T) {
	if *update {
		writeVectors(t)
	}
	messages, errs := 0, 0
	for _, v := range vectors(t) {
		m, n, err := wire.Parse(v.bytes, v.from)
		if v.fault != "" {
			errs++
			if got := faultOf(err); got != v.fault {
				t.Errorf("%s %v %x: %s, %v; want %s", v.session, v.from, v.bytes, got, err, v.fault)
			}
			continue
		}
		messages++
		if err != nil || n != len(v.bytes) {
			t.Errorf("%s %v %x: %d of %d bytes, %v", v.session, v.from, v.bytes, n, len(v.bytes), err)
			continue
		}
		if got := m.Append(nil); !bytes.Equal(got, v.bytes) {
			t.Errorf("%s %v: %+v is sent as\n%x, came as\n%x", v.session, v.from, m, got, v.bytes)
		}
	}
	if messages < 300 || errs < 30 {
		t.Errorf("only %d messages and %d errors in %s", messages, errs, vectorsFile)
	}
}

func faultOf(err error) string {
	var e *wire.Error
	if !errors.As(err, &e) {
		return fmt.Sprint(err)
	}
	for name, cause := range causes {
		if errors.Is(err, cause) {
			return fmt.Sprintf("%s@%d", name, e.Offset)
		}
	}
	return err.Error()
}

// vectors reads testdata.
func vectors(t testing.TB) []vector {
	t.Helper()
	f, err := os.Open(vectorsFile)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []vector
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "#") {
			continue
		}
		fields := strings.Fields(lines.Text())
		if len(fields) < 3 || len(fields) > 4 {
			t.Fatalf("%s: line %q", vectorsFile, lines.Text())
		}
		v := vector{session: fields[0], bytes: unhex(t, fields[2])}
		if fields[1] == wire.Server.String() {
			v.from = wire.Server
		}
		if len(fields) == 4 {
			v.fault = fields[3]
		}
		all = append(all, v)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// writeVectors collects the messages of all sessions. Logins differ in their random bytes only: one of each length and kind is enough.
func writeVectors(t *testing.T) {
	t.Helper()
	var out strings.Builder
	out.WriteString(vectorsHeader)
	seen := make(map[string]bool)
	for _, s := range sessions(t) {
		for _, c := range s.Connections {
			if c.Kind == "data" {
				continue
			}
			for _, from := range []wire.Sender{wire.Client, wire.Server} {
				stream, _ := direction(t, c, from)
				for _, p := range split(stream, from) {
					key := p.bytes
					switch p.msg.(type) {
					case wire.Crypt, wire.Log:
						key = p.bytes[:12]
					}
					line := fmt.Sprintf("%v %s", from, hex.EncodeToString(p.bytes))
					if p.err != nil {
						line += " " + faultOf(p.err)
					}
					if id := fmt.Sprintf("%v %x %v", from, key, p.err); !seen[id] {
						seen[id] = true
						fmt.Fprintf(&out, "%s %s\n", s.Name, line)
					}
				}
			}
		}
	}
	if err := os.WriteFile(vectorsFile, []byte(out.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}
