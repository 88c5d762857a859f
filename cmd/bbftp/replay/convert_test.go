package replay

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"bbftp/engine/recorded"
)

// localRoot is where the recording had the client's directories.
const localRoot = "/mnt/"

// recorderKilled ends what a client said who would have gone on for ever.
const recorderKilled = "\n[recorder: client killed after timeout]"

// recording makes a transcript one.
func (tr *transcript) recording(contents recorded.Contents) (recording, error) {
	r := recording{
		name: tr.Name, password: tr.Options.Password,
		contents: make(recorded.Contents),
		exit:     strconv.Itoa(tr.Result.Exit),
	}
	if tr.Result.Exit < 0 {
		r.exit = "killed"
	}
	for _, arg := range tr.Options.ClientArgv {
		// The recorder named the programs for what they are.
		r.run = append(r.run, strings.ReplaceAll(arg, "legacy-", ""))
	}
	for name := range tr.Files {
		r.contents[name] = contents[name]
	}
	for _, c := range r.commands() {
		if c[0] == "put" {
			r.contents[c[1]] = contents[c[1]]
			r.given = append(r.given, file{path: "client/" + c[1], mode: 0o644, of: c[1]})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(tr.Result.FilesAfter)) {
		f := tr.Result.FilesAfter[name]
		path, local := strings.CutPrefix(name, localRoot)
		// In ssh mode the server wrote into the client's directory.
		if !local || r.isGiven(path) || r.shell() && strings.HasSuffix(path, "/up.dat") || strings.Contains(tr.Name, "_put_fulldisk") {
			continue
		}
		mode, err := recorded.ParseMode(f.Mode)
		if err != nil {
			return r, err
		}
		times := fresh
		if f.MTime == sourceModified {
			times = kept
		}
		r.left = append(r.left, file{path: path, mode: mode, size: f.Size, sum: f.SHA256, times: times})
	}
	output, _, _ := strings.Cut(tr.Result.Output, recorderKilled)
	r.says = lines(output)
	return r, tr.events(&r)
}

func (r *recording) isGiven(path string) bool {
	return slices.ContainsFunc(r.given, func(f file) bool { return f.path == path })
}

// shell says whether the session runs over the pipes of a remote shell.
func (r *recording) shell() bool { return slices.Contains(r.run, "-s") }

// commands returns the words of the commands of option -e.
func (r *recording) commands() (all [][]string) {
	if i := slices.Index(r.run, "-e"); i >= 0 {
		for c := range strings.SplitSeq(r.run[i+1], ";") {
			all = append(all, strings.Fields(c))
		}
	}
	return all
}

// varying is what differs from run to run: figures that depend on time, and
// temporary names.
var varying = []struct {
	what *regexp.Regexp
	with string
}{
	{regexp.MustCompile(`^(\d+ bytes (?:send|got)) in \S+ secs \(\S+ Kbytes/sec or \S+ Mbits/s\)$`), "$1 in N secs (N Kbytes/sec or N Mbits/s)"},
	{regexp.MustCompile(`^(BBFTP-ERROR-00077 : File \S+\.bbftp\.tmp\.)\S+\.\d+ `), "${1}HOST.PID "},
}

// lines cuts what a terminal showed, without what varies.
func lines(text string) (all []string) {
	text = strings.TrimRight(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	if text == "" {
		return nil
	}
	for line := range strings.SplitSeq(text, "\n") {
		for _, v := range varying {
			line = v.what.ReplaceAllString(line, v.with)
		}
		all = append(all, line)
	}
	return all
}
