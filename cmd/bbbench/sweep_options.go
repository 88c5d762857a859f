package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pborman/getopt/v2"

	"bbftp/bench/peer"
	"bbftp/bench/scenario"
	"bbftp/bench/trial"
)

// sweepOptions are what `bbbench sweep` and `compare` were asked for.
type sweepOptions struct {
	scenario   scenario.Scenario
	programs   peer.Programs
	out, dir   string
	print      string // a preset
	resume     bool
	dryRun     bool
	orLoopback bool
	verbose    bool
	given      []setting
}

const defaultPreset = "quick"

// setting is a key of the scenario given on the command line.
type setting struct{ key, text string }

// settingOption is the option of a key.
type settingOption struct {
	key   string
	given *[]setting
}

func (s settingOption) Set(text string, _ getopt.Option) error {
	*s.given = append(*s.given, setting{s.key, text})
	return nil
}

func (s settingOption) String() string { return "" }

// anySetting is the option --set KEY=VALUE.
type anySetting struct{ given *[]setting }

func (s anySetting) Set(text string, _ getopt.Option) error {
	key, value, ok := strings.Cut(text, "=")
	if !ok {
		return fmt.Errorf("%q: want KEY=VALUE", text)
	}
	*s.given = append(*s.given, setting{key, value})
	return nil
}

func (s anySetting) String() string { return "" }

// optionNames are those of keys that have another name here: --version is what
// it is everywhere, and dir is the client's.
var optionNames = map[string]string{"version": "protocol", "host": "target", "dir": "target-dir"}

// parseSweep reads the command line; args[0] is not looked at.
func parseSweep(command string, args []string) (sweepOptions, error) {
	var o sweepOptions
	set := getopt.New()
	set.FlagLong(&o.out, "out", 0)
	set.FlagLong(&o.dir, "dir", 0)
	set.FlagLong(&o.resume, "resume", 0)
	set.FlagLong(&o.dryRun, "dry-run", 0)
	set.FlagLong(&o.print, "print-scenario", 0)
	set.FlagLong(&o.orLoopback, "or-loopback", 0)
	set.FlagLong(&o.verbose, "verbose", 0)
	set.FlagLong(&o.programs.Client, "client", 0)
	set.FlagLong(&o.programs.Server, "server", 0)
	set.FlagLong(&o.programs.LegacyClient, "legacy-client", 0)
	set.FlagLong(&o.programs.LegacyServer, "legacy-server", 0)
	set.FlagLong(anySetting{&o.given}, "set", 0)
	for _, key := range scenario.Keys() {
		name := key
		if other, renamed := optionNames[key]; renamed {
			name = other
		}
		set.FlagLong(settingOption{key, &o.given}, name, 0)
	}
	names, err := parseMixed(set, args)
	if err != nil {
		return o, fmt.Errorf("%w; see bbbench --help", err)
	}
	if o.print != "" {
		return o, nil
	}
	if err := o.placePrograms(); err != nil {
		return o, err
	}
	name := defaultPreset
	switch len(names) {
	case 0:
	case 1:
		name = names[0]
	default:
		return o, fmt.Errorf("unexpected argument %q; see bbbench --help", names[1])
	}
	if err := o.load(name); err != nil {
		return o, err
	}
	if command != "sweep" {
		o.scenario.Name = command + "-" + o.scenario.Name
	}
	if o.out == "" {
		o.out = o.scenario.Name + ".jsonl"
	}
	return o, nil
}

// placePrograms makes paths absolute: the programs run elsewhere.
func (o *sweepOptions) placePrograms() (err error) {
	for _, p := range []*string{&o.programs.Client, &o.programs.Server, &o.programs.LegacyClient, &o.programs.LegacyServer} {
		if strings.Contains(*p, "/") {
			if *p, err = filepath.Abs(*p); err != nil {
				return err
			}
		}
	}
	return nil
}

// parseMixed reads options before and after the other arguments, which it
// returns; args[0] is not looked at.
func parseMixed(set *getopt.Set, args []string) (others []string, err error) {
	for len(args) > 1 {
		if err := set.Getopt(args, nil); err != nil {
			return nil, err
		}
		if args = set.Args(); len(args) > 0 {
			others = append(others, args[0])
		}
	}
	return others, nil
}

// load reads the scenario and puts the command line's settings over it. A name
// with a slash or an ending is a file.
func (o *sweepOptions) load(name string) (err error) {
	if strings.Contains(name, "/") || filepath.Ext(name) != "" {
		o.scenario, err = scenario.Load(name)
	} else {
		o.scenario, err = scenario.Preset(name)
	}
	if err != nil {
		return err
	}
	if o.isGiven("host") {
		o.scenario.Path = trial.Network
	}
	switch size, duration := o.isGiven("size"), o.isGiven("duration"); {
	case size && !duration:
		o.scenario.Forget("duration") // which is the file's: the user wants this size
	case duration && !size:
		o.scenario.Forget("size") // likewise
	}
	if len(o.given) > 0 {
		o.scenario.About = "changed by options"
	}
	for _, s := range o.given {
		if err := o.scenario.Set(s.key, s.text); err != nil {
			return err
		}
	}
	if err := o.scenario.Complete(); err != nil {
		return err
	}
	if o.scenario.Path != trial.Emulated {
		for _, key := range scenario.EmulatedKeys() {
			if o.isGiven(key) {
				return fmt.Errorf("--%s describes an emulated path: it means nothing on path %q", key, o.scenario.Path)
			}
		}
	}
	target := o.scenario.Target
	o.programs.Target = peer.Target{Host: target.Host, Port: target.Port, User: target.User, PasswordFile: target.PasswordFile, Dir: target.Dir}
	if target.PasswordFile != "" {
		f, err := os.Open(target.PasswordFile)
		if err != nil {
			return fmt.Errorf("read the password: %w", err)
		}
		return f.Close()
	}
	if o.resume && o.dryRun {
		return errors.New("--dry-run measures nothing: there is nothing to resume")
	}
	return nil
}

func (o *sweepOptions) isGiven(key string) bool {
	return slices.ContainsFunc(o.given, func(s setting) bool { return s.key == key })
}
