package auth

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// The options of an account in a users file, between commas: see LoadUsers.
const (
	optionMassStorage = "mass-storage"
	optionReadOnly    = "read-only"
	optionSessions    = "sessions"
	optionStreams     = "streams"
	optionRate        = "rate"
)

// MaxCount is the most Account.Sessions and Account.Streams can be.
const MaxCount = 1_000_000

// A rate is in bytes per second; less is a unit left out.
const (
	minRate = 1_000
	maxRate = 1_000_000_000_000_000
)

// setOptions reads what options writes.
func (a *Account) setOptions(text string) error {
	seen := map[string]bool{}
	for option := range strings.SplitSeq(text, ",") {
		name, value, valued := strings.Cut(option, "=")
		if seen[name] {
			return fmt.Errorf("option %s given twice", name)
		}
		seen[name] = true
		if err := a.setOption(name, value, valued); err != nil {
			return err
		}
	}
	return nil
}

func (a *Account) setOption(name, value string, valued bool) (err error) {
	switch name {
	case optionMassStorage:
		a.MassStorage = value
		if !valued {
			a.MassStorage = "/"
		} else if value == "" {
			err = errors.New("no path")
		}
	case optionReadOnly:
		a.ReadOnly = true
		if valued {
			err = errors.New("takes no value")
		}
	case optionSessions:
		a.Sessions, err = strconv.Atoi(value)
		err = orRange(err, int64(a.Sessions), 1, MaxCount)
	case optionStreams:
		a.Streams, err = strconv.Atoi(value)
		err = orRange(err, int64(a.Streams), 1, MaxCount)
	case optionRate:
		a.Rate, err = strconv.ParseInt(value, 10, 64)
		err = orRange(err, a.Rate, minRate, maxRate)
	default:
		return fmt.Errorf("unknown option %q", name)
	}
	if err != nil {
		return fmt.Errorf("option %s=%s: %w", name, value, err)
	}
	return nil
}

func orRange(err error, n, least, most int64) error {
	if err != nil || n < least || n > most {
		return fmt.Errorf("want a number from %d to %d", least, most)
	}
	return nil
}

// options is the last field of the line, "" for none.
func (a Account) options() string {
	var options []string
	switch a.MassStorage {
	case "":
	case "/":
		options = append(options, optionMassStorage)
	default:
		options = append(options, optionMassStorage+"="+a.MassStorage)
	}
	if a.ReadOnly {
		options = append(options, optionReadOnly)
	}
	for _, limit := range a.limits() {
		if limit.value != 0 {
			options = append(options, fmt.Sprintf("%s=%d", limit.option, limit.value))
		}
	}
	return strings.Join(options, ",")
}

type accountLimit struct {
	option             string
	value, least, most int64
}

func (a Account) limits() []accountLimit {
	return []accountLimit{
		{optionSessions, int64(a.Sessions), 1, MaxCount},
		{optionStreams, int64(a.Streams), 1, MaxCount},
		{optionRate, a.Rate, minRate, maxRate},
	}
}

func (a Account) checkLimits() error {
	for _, limit := range a.limits() {
		if limit.value == 0 {
			continue
		}
		if err := orRange(nil, limit.value, limit.least, limit.most); err != nil {
			return fmt.Errorf("%s: %w, or 0 for none", limit.option, err)
		}
	}
	return nil
}
