package settings

import (
	"fmt"
	"log/slog"
	"strings"

	"bbftp/cmd/bbftpd/internal/journal"
)

// legacyLevels are the words of the legacy daemon that are not ours.
var legacyLevels = map[string]slog.Level{
	"EMERGENCY":   slog.LevelError,
	"ALERT":       slog.LevelError,
	"CRITICAL":    slog.LevelError,
	"WARNING":     slog.LevelWarn,
	"NOTICE":      journal.LevelNotice,
	"INFORMATION": slog.LevelInfo,
}

// logLevel reads a level by its own name or by that of the legacy daemon, in
// any case.
func logLevel(name string) (level slog.Level, err error) {
	if level, known := legacyLevels[strings.ToUpper(name)]; known {
		return level, nil
	}
	if err := level.UnmarshalText([]byte(name)); err != nil {
		return 0, fmt.Errorf("want debug, info, warn, error, or one of the legacy daemon's words")
	}
	return level, nil
}

// Level is the least to be logged. A level of the legacy daemon's between ours
// shows its lines of transfers and nothing else; only its format has them.
func (o *Options) Level() slog.Level {
	if o.logLevel == journal.LevelNotice && o.LogFormat != "legacy" {
		return slog.LevelInfo
	}
	return o.logLevel
}
