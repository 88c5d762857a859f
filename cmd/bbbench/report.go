package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pborman/getopt/v2"

	"bbftp/bench/bars"
	"bbftp/bench/report"
	"bbftp/bench/trial"
)

const reportHelp = `Usage: bbbench report FILE... [options]

report tells what results files of bbbench sweep or compare found: as tables on
the terminal and as a page beside the first file, which needs no network. Several
files are read as one; "-" is the standard input. With options for outputs only
those are written. An output named "-" is the standard output, then without the
tables.

  --html FILE      one self-contained page
  --csv FILE       a row for each trial
  --benchfmt FILE  the Go benchmark format, for benchstat
  --svg FILE       one chart as a picture, light or dark as its reader likes
  --ratios FILE    Markdown: all cells, their cost, and ratios to other programs
  --bars FILE      Markdown: the bars that bbftp is held to, and whether it meets
                   them; from bbbench compare loopback and bbbench compare lfn
  --chart NAME     which: goodput (default), heatmap, cwnd, cpu or phases

Exit status: 0 if all was written, 2 if the command line is wrong, 1 otherwise.
`

// output is a format and where it goes; "-" is the standard output.
type output struct {
	path  string
	write func(io.Writer, *trial.File) error
}

func runReport(_ context.Context, args []string, stdout, _ io.Writer) error {
	var page, table, benchmark, picture, ratios, held string
	chart := "goodput"
	set := getopt.New()
	set.FlagLong(&page, "html", 0)
	set.FlagLong(&table, "csv", 0)
	set.FlagLong(&benchmark, "benchfmt", 0)
	set.FlagLong(&picture, "svg", 0)
	set.FlagLong(&ratios, "ratios", 0)
	set.FlagLong(&held, "bars", 0)
	set.FlagLong(&chart, "chart", 0)
	var paths []string
	for rest := args; len(rest) > 0; rest = set.Args() { // options may follow files
		if err := set.Getopt(rest, nil); err != nil {
			return exit{2, fmt.Errorf("%w; see bbbench help report", err)}
		}
		if set.NArgs() > 0 {
			paths = append(paths, set.Arg(0))
		}
	}
	if len(paths) == 0 {
		return exit{2, errors.New("report of what? name a results file; see bbbench help report")}
	}
	if set.IsSet("chart") && picture == "" {
		return exit{2, errors.New("--chart goes with --svg FILE; see bbbench help report")}
	}
	if !slices.Contains(report.Charts(), chart) {
		return exit{2, fmt.Errorf("--chart %q: there are %s", chart, strings.Join(report.Charts(), ", "))}
	}
	results, err := readResults(paths)
	if err != nil {
		return err
	}
	outputs := []output{
		{page, report.HTML},
		{table, report.CSV},
		{benchmark, report.Benchmark},
		{ratios, bars.Ratios},
		{held, bars.Markdown},
		{picture, func(w io.Writer, f *trial.File) error { return report.SVG(w, f, chart) }},
	}
	if !slices.ContainsFunc(outputs, func(o output) bool { return o.path != "" }) && paths[0] != "-" {
		outputs[0].path = strings.TrimSuffix(paths[0], filepath.Ext(paths[0])) + ".html"
	}
	return writeReports(stdout, results, outputs)
}

// writeReports writes the outputs that have a path, and the table for people
// unless the standard output is taken.
func writeReports(stdout io.Writer, results *trial.File, outputs []output) error {
	taken := false
	for _, o := range outputs {
		if o.path == "-" && taken {
			return exit{2, errors.New("only one report can go to the standard output")}
		}
		taken = taken || o.path == "-"
	}
	if !taken {
		if err := report.Text(stdout, results); err != nil {
			return err
		}
	}
	for _, o := range outputs {
		switch o.path {
		case "":
			continue
		case "-":
			if err := o.write(stdout, results); err != nil {
				return err
			}
			continue
		}
		if err := writeReport(o, results); err != nil {
			return err
		}
		if !taken {
			if _, err := fmt.Fprintf(stdout, "\nwritten: %s\n", o.path); err != nil {
				return err
			}
		}
	}
	return nil
}

// writeReport writes beside the file that may be there and takes its place when
// all is well, so that a reader of the page never sees half of it.
func writeReport(o output, results *trial.File) (err error) {
	f, err := os.CreateTemp(filepath.Dir(o.path), "."+filepath.Base(o.path)+".*")
	if err != nil {
		return fmt.Errorf("write %s: %w", o.path, err)
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("write %s: %w", o.path, errors.Join(err, os.Remove(f.Name())))
		}
	}()
	if err := errors.Join(o.write(f, results), f.Chmod(0o644), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), o.path)
}

// readResults reads results files as one; "-" is the standard input.
func readResults(paths []string) (*trial.File, error) {
	var files []*trial.File
	for _, path := range paths {
		in := io.NopCloser(os.Stdin)
		if path != "-" {
			f, err := os.Open(path)
			if err != nil {
				return nil, err
			}
			in = f
		}
		file, err := trial.Read(in)
		if err := errors.Join(err, in.Close()); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		files = append(files, file)
	}
	return report.Merge(files...), nil
}
