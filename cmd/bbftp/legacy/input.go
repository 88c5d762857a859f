package legacy

import (
	"errors"
	"io"
	"os"
	"strings"

	"bbftp/cmd/internal/terminal"
	"bbftp/engine/command"
)

// script returns the commands to run. Without HOST they name it (TURLs); the
// last one counts.
func (o *options) script() ([]string, error) {
	lines := command.Split(o.commands)
	if o.controlFile != "" {
		text, err := readControlFile(o.controlFile)
		if err != nil {
			return nil, err
		}
		lines = command.Lines(text)
	}
	if o.host == "" {
		site := command.Site{Port: o.port, MassStorage: o.settings.MassStorage}
		var plain []string
		for _, line := range lines {
			translated, err := site.Translate(line)
			if err != nil {
				return nil, misusef(24, "Unable to parse command  : %s (%w)", line, err)
			}
			plain = append(plain, translated...)
		}
		o.host, o.port, lines = site.Host, site.Port, plain
	}
	// Mass storage needs a class of service before the first command.
	if o.remoteClass == nil && usesMassStorage(lines) {
		o.remoteClass = new(int32)
	}
	return lines, nil
}

func readControlFile(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", misusef(200, "Error opening file %s : %s", name, cause(err))
	}
	defer func() { _ = f.Close() }()
	text, err := io.ReadAll(f)
	if err != nil {
		return "", misusef(201, "Error reading file %s : %s", name, cause(err))
	}
	return string(text), nil
}

func usesMassStorage(lines []string) bool {
	for _, line := range lines {
		c, err := command.Parse(line)
		if err == nil && c.Verb == command.SetOption && c.Args[0] == "remoterfio" {
			return true
		}
	}
	return false
}

// openResults makes the file that results go to with -i: a line per command, as
// soon as it ended. Otherwise they go to standard output.
func (j *job) openResults() (io.WriteCloser, error) {
	if j.resultFile == "" {
		return resultLines{j.console}, nil
	}
	f, err := os.OpenFile(j.resultFile, os.O_WRONLY|os.O_CREATE|os.O_TRUNC|os.O_SYNC, 0o666)
	if err != nil {
		return nil, misusef(22, "Error opening result file (%s) : %s", j.resultFile, cause(err))
	}
	return f, nil
}

// resultLines masks results that may be shown at a terminal.
type resultLines struct{ console *console }

func (r resultLines) Write(line []byte) (int, error) {
	text := terminal.Mask(strings.TrimSuffix(string(line), "\n"))
	_, err := io.WriteString(r.console.stdout, text+"\n")
	return len(line), err
}

func (r resultLines) Close() error { return nil }

// outputs are the files that -f and -o name.
type outputs []*os.File

// redirect puts files in the place of standard error and standard output. In
// the background the process inherits them.
func (o *options) redirect(stdout, stderr *io.Writer) (outputs, error) {
	if o.background && detached() {
		return nil, nil
	}
	var files outputs
	var failures []error
	for _, r := range []struct {
		name   string
		output *io.Writer
	}{{o.errorFile, stderr}, {o.outputFile, stdout}} {
		if r.name == "" {
			continue
		}
		// Appending, so that both may be one file.
		f, err := os.OpenFile(r.name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC|os.O_APPEND, 0o666)
		if err != nil {
			failures = append(failures, misusef(10, "Error openning file (%s) : %s", r.name, cause(err)))
			continue
		}
		*r.output = f
		files = append(files, f)
	}
	return files, errors.Join(failures...)
}

func (files outputs) close() {
	for _, f := range files {
		_ = f.Close()
	}
}
