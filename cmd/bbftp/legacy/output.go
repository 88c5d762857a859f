package legacy

import (
	"errors"
	"io"
	"os"
	"strings"

	"bbftp/cmd/bbftp/internal/firsterr"
	"bbftp/cmd/internal/terminal"
)

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
	return resultFile{firsterr.New(f), f}, nil
}

// resultFile fails at its end if not every result is in it.
type resultFile struct {
	*firsterr.Writer
	file *os.File
}

func (r resultFile) Close() error {
	err := r.file.Close()
	if first := r.Err(); first != nil {
		err = first
	}
	if err != nil {
		return misusef(22, "Error writing result file (%s) : %s", r.file.Name(), cause(err))
	}
	return nil
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
