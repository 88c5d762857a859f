package peer

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// binary is a program that has said what it is.
type binary struct {
	path string
	line string // the first line of its version
}

// build is the version without the program's name.
func (b binary) build() string {
	_, version, _ := strings.Cut(b.line, " version ")
	return version
}

// firstOwn is the first release of ours. The programs of all releases share
// their names, so only what they say tells ours from legacy ones.
const firstOwn = 4

var release = regexp.MustCompile(`^(bbftpd?) version (\d+)\.`)

// inspect finds a bbftp or bbftpd and makes sure that it is ours, or a legacy
// one. given is the path, or "" to look for one.
func inspect(ctx context.Context, name, given string, legacy bool) (binary, error) {
	whose, path := "of this release", given
	var err error
	switch {
	case legacy:
		whose = "of a legacy release"
		if path == "" {
			path, err = lookUp(name)
		}
	default:
		path, err = find(name, given)
	}
	if err == nil {
		path, err = exec.LookPath(path)
	}
	if err == nil {
		path, err = filepath.Abs(path) // it runs in another directory
	}
	if err != nil {
		return binary{}, fmt.Errorf("find %s %s: %w", name, whose, err)
	}
	ctx, cancel := context.WithTimeout(ctx, versionLimit)
	defer cancel()
	out, err := firstLine(ctx, path, "-v")
	if err != nil {
		return binary{}, err
	}
	match := release.FindStringSubmatch(out)
	if match == nil || match[1] != name {
		return binary{}, fmt.Errorf("%s is no %s: it says %q to -v", path, name, out)
	}
	if major, err := strconv.Atoi(match[2]); err != nil || (major < firstOwn) != legacy {
		return binary{}, fmt.Errorf("%s is not the %s %s that is wanted: it says %q", path, name, whose, out)
	}
	return binary{path, out}, nil
}

// firstLine runs a program and returns the first line it writes.
func firstLine(ctx context.Context, path string, args ...string) (string, error) {
	text, err := words(ctx, path, args...)
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	if err != nil && line == "" {
		return "", err
	}
	return strings.TrimSpace(line), nil
}

// words runs a program and returns what it writes.
func words(ctx context.Context, path string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, versionLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.WaitDelay = outputGrace
	out, err := cmd.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%s %s: %w", path, strings.Join(args, " "), err)
	}
	return string(out), err
}
