package scenario

import (
	"embed"
	"errors"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"bbftp/bench/trial"
)

// Scenario is what a sweep measures. The keys of the file are the names in
// quotes; all of them may be left out but size or duration. Of the lists, every
// combination is a cell.
type Scenario struct {
	Name  string `toml:"name"`  // of the sweep; default: the file's
	About string `toml:"about"` // a line for the user

	// Path is "emulated" (default), "loopback" or "network". The lists from rtt
	// to congestion describe an emulated path and mean nothing on the others.
	Path   string `toml:"path"`
	Target Target `toml:"target"` // of a network path

	// Parts are more lists of the same names, less name to target and repeats:
	// the cells are those of all parts, measured as one sweep. What a part leaves
	// out it has from here, where the lists then stand for nothing else.
	Parts []Scenario `toml:"part"`

	Peers       []string `toml:"peers"`       // "bbftp" (default), "iperf3" …: package peer
	Version     []int    `toml:"version"`     // of the bbftp protocol, 1 (default) to 3; peers that do not speak it have none
	Direction   []string `toml:"direction"`   // "put" (default), "get"
	Kind        []string `toml:"kind"`        // of the file: "random" (default), "text", "json", "float", "mixed"
	Files       []int    `toml:"files"`       // moved in one session, each of Size; default: 1
	Storage     []string `toml:"storage"`     // where they are: "memory", "disk" or "" (default: memory with enough room, else disk)
	Compression []bool   `toml:"compression"` // default: false
	Streams     []int    `toml:"streams"`     // default: 1
	Window      []Window `toml:"window"`      // socket buffers: "auto" (default: the kernel tunes them) or sizes

	RTT        []Time   `toml:"rtt"`        // default: "0"
	Rate       []Rate   `toml:"rate"`       // of IP packets per direction; default: "unlimited"
	Loss       []Share  `toml:"loss"`       // for each packet of MTU size and direction; default: "0"
	Jitter     []Time   `toml:"jitter"`     // one way, up to; never reorders; default: "0"
	Queue      []Queue  `toml:"queue"`      // drop-tail, "1bdp" (default), "0.5bdp" or sizes
	Congestion []string `toml:"congestion"` // control algorithm; default: "", the system's

	// Size is that of the file. With Duration, each cell takes the size that
	// lasts about so long, by what its warm-up shows, and Size (default: 4GiB)
	// is the most.
	Size     Size `toml:"size"`
	Duration Time `toml:"duration"`

	Repeats Repeats `toml:"repeats"`
}

// Target is where the server of a network path runs: a bbftpd of its user.
type Target struct {
	Host         string `toml:"host"`
	Port         int    `toml:"port"` // of the control connection; default: 5021
	User         string `toml:"user"`
	PasswordFile string `toml:"password-file"` // its first line
	Dir          string `toml:"dir"`           // where files go; default: the login directory
}

// Repeats says how often each cell is measured.
type Repeats struct {
	// Min trials are measured before the interval is looked at, Max end the
	// cell (default: 6, the fewest that have an interval, and 15).
	Min int `toml:"min"`
	Max int `toml:"max"`
	// Interval ends the cell: half the width of the 95 % interval of the median
	// goodput, as a share of the median (default: "5%").
	Interval Share `toml:"interval"`
	WarmUp   *int  `toml:"warm-up"` // trials that do not count; default: 1
	// Seed fixes the order of the trials, the losses and the payload (default: 1).
	Seed      uint64 `toml:"seed"`
	TimeLimit Time   `toml:"time-limit"` // of one trial; default: "5m"
	Budget    Time   `toml:"budget"`     // no trial begins later than this; default: no limit
}

//go:embed presets/*.toml
var presets embed.FS

// Presets are the names of the built-in scenarios.
func Presets() []string {
	entries, err := presets.ReadDir("presets")
	if err != nil {
		panic(err) // of the embedded directory: never
	}
	var names []string
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".toml"))
	}
	return names
}

// PresetText is the file of a built-in scenario, to be edited.
func PresetText(name string) (string, error) {
	text, err := presets.ReadFile(path.Join("presets", name+".toml"))
	if err != nil {
		return "", fmt.Errorf("scenario: no preset %q: want %s, or a file", name, strings.Join(Presets(), ", "))
	}
	return string(text), nil
}

// Preset is a built-in scenario.
func Preset(name string) (Scenario, error) {
	text, err := PresetText(name)
	if err != nil {
		return Scenario{}, err
	}
	return Parse(name, text)
}

// MaxFile bounds a scenario's file.
const maxFile = 1 << 20

// Load reads a scenario from a file.
func Load(file string) (Scenario, error) {
	info, err := os.Stat(file)
	if err != nil {
		return Scenario{}, fmt.Errorf("scenario: %w", err)
	}
	if info.Size() > maxFile {
		return Scenario{}, fmt.Errorf("scenario: %s has %d bytes, at most %d", file, info.Size(), maxFile)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return Scenario{}, fmt.Errorf("scenario: %w", err)
	}
	return Parse(file, string(text))
}

// Parse reads a scenario from text. name is that of the file, for errors. Keys
// it does not know are errors: a misspelt one must not go unnoticed.
func Parse(name, text string) (Scenario, error) {
	var s Scenario
	known, err := toml.Decode(text, &s)
	if err != nil {
		return Scenario{}, fmt.Errorf("scenario: %s: %w", name, err)
	}
	if unknown := known.Undecoded(); len(unknown) > 0 {
		return Scenario{}, fmt.Errorf("scenario: %s: line %d: unknown key %q", name, lineOf(text, unknown[0]), unknown[0].String())
	}
	if s.Name == "" {
		s.Name = strings.TrimSuffix(path.Base(name), ".toml")
	}
	for _, key := range nonZero {
		if known.IsDefined("repeats", key) && s.Repeats.isZero(key) {
			return Scenario{}, fmt.Errorf("scenario: %s: repeats.%s: %w", name, key, errZero)
		}
	}
	s.setDefaults()
	if err := s.validate(); err != nil {
		return Scenario{}, fmt.Errorf("scenario: %s: %w", name, err)
	}
	return s, nil
}

// nonZero are the keys of repeats whose zero would be taken for the default.
var nonZero = []string{"interval", "seed", "time-limit"}

var errZero = errors.New("want more than 0")

func (r Repeats) isZero(key string) bool {
	switch key {
	case "interval":
		return r.Interval == 0
	case "seed":
		return r.Seed == 0
	case "time-limit":
		return r.TimeLimit == 0
	}
	return false
}

// lineOf finds a key that the decoder was happy with; it keeps no positions.
func lineOf(text string, key toml.Key) int {
	table, name := key[:len(key)-1].String(), key[len(key)-1]
	current := ""
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if header, ok := strings.CutPrefix(line, "["); ok {
			header, _, _ = strings.Cut(strings.TrimLeft(header, "["), "]")
			current = strings.TrimSpace(header)
			if current == key.String() {
				return i + 1
			}
			continue
		}
		left, _, assigned := strings.Cut(line, "=")
		left = strings.Trim(strings.TrimSpace(left), `"'`)
		if assigned && (current == table && left == name || current == "" && left == key.String()) {
			return i + 1
		}
	}
	// Written in one of TOML's rarer ways.
	return 1 + strings.Count(text[:max(strings.Index(text, name), 0)], "\n")
}

// validate names the first key whose value makes no sense.
func (s *Scenario) validate() error {
	switch s.Path {
	case trial.Emulated, trial.Loopback:
		if s.Target != (Target{}) {
			return fmt.Errorf("target is for path = %q, this is %q", trial.Network, s.Path)
		}
	case trial.Network:
		if err := s.Target.validate(); err != nil {
			return err
		}
	default:
		return fmt.Errorf("path %q: want %q, %q or %q", s.Path, trial.Emulated, trial.Loopback, trial.Network)
	}
	r := s.Repeats
	switch {
	case r.Min < 1 || r.Max > maxRepeats:
		return fmt.Errorf("repeats of %d to %d: want 1 to %d", r.Min, r.Max, maxRepeats)
	case *r.WarmUp < 0 || *r.WarmUp > maxRepeats:
		return fmt.Errorf("warm-up %d: want 0 to %d", *r.WarmUp, maxRepeats)
	case len(s.Parts) == 0:
		return s.validateWork(*r.WarmUp)
	}
	for i := range s.Parts {
		if err := s.Parts[i].validatePart(*r.WarmUp); err != nil {
			return fmt.Errorf("part %d: %w", i+1, err)
		}
	}
	return nil
}

// validatePart refuses what only the whole has.
func (s *Scenario) validatePart(warmUp int) error {
	if s.Name != "" || s.About != "" || s.Path != "" || s.Target != (Target{}) || s.Repeats != (Repeats{}) || len(s.Parts) > 0 {
		return errors.New("name, about, path, target, repeats and parts are the whole scenario's")
	}
	return s.validateWork(warmUp)
}

// validateWork looks at what a part has too.
func (s *Scenario) validateWork(warmUp int) error {
	switch {
	case s.Size <= 0:
		return errors.New("neither size nor duration: what to move?")
	case s.Duration > 0 && warmUp == 0:
		return errors.New("a duration needs a warm-up: that is what chooses the size")
	case s.Duration > 0 && slices.Max(s.Files) > 1:
		return errors.New("a duration is of one file: many files have a size")
	}
	return errors.Join(
		eachIn("streams", s.Streams, func(n int) bool { return n >= 1 && n <= maxStreams }, fmt.Sprintf("1 to %d", maxStreams)),
		eachIn("version", s.Version, func(n int) bool { return n >= 1 && n <= 3 }, "1, 2 or 3"),
		eachIn("direction", s.Direction, func(d string) bool { return d == trial.Put || d == trial.Get }, "put or get"),
		eachIn("files", s.Files, func(n int) bool { return n >= 1 && n <= maxFiles && int64(s.Size) <= MaxSize/int64(n) }, fmt.Sprintf("1 to %d of them, of a petabyte in all", maxFiles)),
		eachIn("storage", s.Storage, func(place string) bool { return slices.Contains([]string{"", trial.Memory, trial.Disk}, place) }, "memory or disk"),
		eachIn("rtt", s.RTT, func(t Time) bool { return t <= 2*maxDelay }, fmt.Sprintf("at most %v", 2*maxDelay)),
		eachIn("jitter", s.Jitter, func(t Time) bool { return t <= maxDelay }, fmt.Sprintf("at most %v", maxDelay)),
		eachIn("peers", s.Peers, func(name string) bool { return name != "" }, "names"),
		eachIn("kind", s.Kind, func(kind string) bool { return kind != "" }, "names"),
	)
}

func (t Target) validate() error {
	switch {
	case t.Host == "":
		return errors.New("path = \"network\" needs target.host")
	case t.Port < 1 || t.Port > 65535:
		return fmt.Errorf("target.port %d: want 1 to 65535", t.Port)
	case t.User == "" || t.PasswordFile == "":
		return errors.New("target.user and target.password-file are needed")
	}
	return nil
}

func eachIn[T any](key string, list []T, good func(T) bool, want string) error {
	if i := slices.IndexFunc(list, func(v T) bool { return !good(v) }); i >= 0 {
		return fmt.Errorf("%s %v: want %s", key, list[i], want)
	}
	return nil
}
