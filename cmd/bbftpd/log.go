package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
)

// legacyLevels are the words of the legacy daemon that are not ours.
var legacyLevels = map[string]slog.Level{
	"EMERGENCY":   slog.LevelError,
	"ALERT":       slog.LevelError,
	"CRITICAL":    slog.LevelError,
	"WARNING":     slog.LevelWarn,
	"NOTICE":      slog.LevelInfo,
	"INFORMATION": slog.LevelInfo,
}

// logLevel reads a level by its own name or by that of the legacy daemon, in
// any case.
func logLevel(name string) (level slog.Level, err error) {
	if name == "" {
		return slog.LevelInfo, nil
	}
	if level, known := legacyLevels[strings.ToUpper(name)]; known {
		return level, nil
	}
	if err := level.UnmarshalText([]byte(name)); err != nil {
		return 0, fmt.Errorf("--log-level %q: want debug, info, warn, error, or one of the legacy daemon's words", name)
	}
	return level, nil
}

// newLog opens the log. Its file is closed by the function returned.
func newLog(o *options, stderr io.Writer) (*slog.Logger, func(), error) {
	level, err := logLevel(o.logLevel)
	if err != nil {
		return nil, nil, err
	}
	out, done := stderr, func() {}
	if o.logFile != "" {
		f, err := os.OpenFile(o.logFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o640)
		if err != nil {
			return nil, nil, fmt.Errorf("open the log: %w", err)
		}
		out, done = f, func() { _ = f.Close() }
	}
	handler := &slog.HandlerOptions{Level: level}
	switch o.logFormat {
	case "", "text":
		return slog.New(slog.NewTextHandler(out, handler)), done, nil
	case "json":
		return slog.New(slog.NewJSONHandler(out, handler)), done, nil
	}
	done()
	return nil, nil, fmt.Errorf("--log-format %q: want text or json", o.logFormat)
}
