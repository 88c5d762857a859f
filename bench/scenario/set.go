package scenario

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// setters are the keys a command line may set, by the name they have in a file.
// A list is separated by commas.
var setters = map[string]func(s *Scenario, text string) error{
	"path":        func(s *Scenario, text string) error { s.Path = text; return nil },
	"host":        func(s *Scenario, text string) error { s.Target.Host = text; return nil },
	"port":        func(s *Scenario, text string) error { return one(text, strconv.Atoi, &s.Target.Port) },
	"user":        func(s *Scenario, text string) error { s.Target.User = text; return nil },
	"peers":       func(s *Scenario, text string) error { return list(text, word, &s.Peers) },
	"version":     func(s *Scenario, text string) error { return list(text, strconv.Atoi, &s.Version) },
	"direction":   func(s *Scenario, text string) error { return list(text, word, &s.Direction) },
	"kind":        func(s *Scenario, text string) error { return list(text, word, &s.Kind) },
	"compression": func(s *Scenario, text string) error { return list(text, strconv.ParseBool, &s.Compression) },
	"files":       func(s *Scenario, text string) error { return list(text, strconv.Atoi, &s.Files) },
	"storage":     func(s *Scenario, text string) error { return list(text, word, &s.Storage) },
	"streams":     func(s *Scenario, text string) error { return list(text, strconv.Atoi, &s.Streams) },
	"window":      func(s *Scenario, text string) error { return list(text, as[Window](ParseWindow), &s.Window) },
	"rtt":         func(s *Scenario, text string) error { return list(text, as[Time](ParseTime), &s.RTT) },
	"rate":        func(s *Scenario, text string) error { return list(text, as[Rate](ParseRate), &s.Rate) },
	"loss":        func(s *Scenario, text string) error { return list(text, as[Share](ParseLoss), &s.Loss) },
	"jitter":      func(s *Scenario, text string) error { return list(text, as[Time](ParseTime), &s.Jitter) },
	"queue":       func(s *Scenario, text string) error { return list(text, ParseQueue, &s.Queue) },
	"congestion":  func(s *Scenario, text string) error { return list(text, word, &s.Congestion) },
	"size":        func(s *Scenario, text string) error { return one(text, as[Size](ParseSize), &s.Size) },
	"duration":    func(s *Scenario, text string) error { return one(text, as[Time](ParseTime), &s.Duration) },
	"repeats":     setRepeats,
	"interval":    func(s *Scenario, text string) error { return one(text, as[Share](ParseShare), &s.Repeats.Interval) },
	"warm-up": func(s *Scenario, text string) error {
		s.Repeats.WarmUp = new(int)
		return one(text, strconv.Atoi, s.Repeats.WarmUp)
	},
	"seed": func(s *Scenario, text string) error {
		return one(text, func(text string) (uint64, error) { return strconv.ParseUint(text, 10, 64) }, &s.Repeats.Seed)
	},
	"time-limit":    func(s *Scenario, text string) error { return one(text, as[Time](ParseTime), &s.Repeats.TimeLimit) },
	"budget":        func(s *Scenario, text string) error { return one(text, as[Time](ParseTime), &s.Repeats.Budget) },
	"dir":           func(s *Scenario, text string) error { s.Target.Dir = text; return nil },
	"password-file": func(s *Scenario, text string) error { s.Target.PasswordFile = text; return nil },
}

// Keys are those of [Scenario.Set], sorted.
func Keys() []string {
	var keys []string
	for key := range setters {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// wholeKeys are those that parts have no other value of.
var wholeKeys = []string{
	"path", "host", "port", "user", "dir", "password-file",
	"repeats", "interval", "warm-up", "seed", "time-limit", "budget",
}

// EmulatedKeys are the keys that only an emulated path has.
func EmulatedKeys() []string {
	return []string{"rtt", "rate", "loss", "jitter", "queue", "congestion"}
}

// Set gives one key new values, in all parts, those of a list separated by commas. Call
// [Scenario.Complete] after the last.
func (s *Scenario) Set(key, text string) error {
	set, known := setters[key]
	if !known {
		return fmt.Errorf("scenario: unknown key %q: want %s", key, strings.Join(Keys(), ", "))
	}
	err := set(s, text)
	if err == nil && slices.Contains(nonZero, key) && s.Repeats.isZero(key) {
		err = errZero
	}
	if err != nil {
		return fmt.Errorf("scenario: %s: %w", key, err)
	}
	if !slices.Contains(wholeKeys, key) {
		for i := range s.Parts {
			_ = set(&s.Parts[i], text) // as it was good above
		}
	}
	return nil
}

// Forget takes back the size or the duration that a file gave, in all parts.
func (s *Scenario) Forget(key string) {
	if key == "duration" {
		s.Duration = 0
	} else {
		s.Size = 0
	}
	for i := range s.Parts {
		s.Parts[i].Forget(key)
	}
}

// Complete fills in what is left out, and names the first value that makes no
// sense.
func (s *Scenario) Complete() error {
	s.setDefaults()
	if err := s.validate(); err != nil {
		return fmt.Errorf("scenario: %w", err)
	}
	return nil
}

// setRepeats reads "6" (exactly) or "6-15" (until the interval is narrow).
func setRepeats(s *Scenario, text string) error {
	least, most, isRange := strings.Cut(text, "-")
	if !isRange {
		most = least
	}
	if err := one(least, strconv.Atoi, &s.Repeats.Min); err != nil {
		return err
	}
	if err := one(most, strconv.Atoi, &s.Repeats.Max); err != nil {
		return err
	}
	if s.Repeats.Min < 1 || s.Repeats.Max < s.Repeats.Min {
		return fmt.Errorf("%q: want a number or a range such as 6-15", text)
	}
	return nil
}

func word(text string) (string, error) { return text, nil }

func as[T ~int64 | ~float64, P int64 | float64 | time.Duration](parse func(string) (P, error)) func(string) (T, error) {
	return func(text string) (T, error) {
		v, err := parse(text)
		return T(v), err
	}
}

func one[T any](text string, parse func(string) (T, error), v *T) error {
	parsed, err := parse(strings.TrimSpace(text))
	if err == nil {
		*v = parsed
	}
	return err
}

func list[T any](text string, parse func(string) (T, error), values *[]T) error {
	var all []T
	for field := range strings.SplitSeq(text, ",") {
		var v T
		if err := one(field, parse, &v); err != nil {
			return err
		}
		all = append(all, v)
	}
	*values = all
	return nil
}
