package modern

import (
	"time"

	"bbftp/engine/client"
)

// output shows what happens: as text, as text with progress bars, or as JSON.
// Its methods are called from one goroutine.
type output interface {
	// start begins a run of put or get; bytes is -1 if the sizes of the files
	// are not known yet.
	start(op string, files int, bytes int64)
	// moving tells that the data of a file begin to move.
	moving(client.Progress)
	// done ends one operand: a file, or a question to the server.
	done(outcome)
	// warn shows what did not stop an operation.
	warn(warning)
	// say shows the dialogue with the server, if that is wanted.
	say(text string)
	// finish ends the run.
	finish(summary)
}

// outcome is what became of one operand.
type outcome struct {
	op     string
	object string           // what error lines name
	server bool             // object is the server, or nothing, not an operand
	copied *client.Transfer // of put and get
	answer answer           // of what asks for something to show
	err    error
}

// answer is what the server told, for people and for programs.
type answer interface {
	// lines are for people; control characters in them are masked later.
	lines() []string
	// events are for programs, to be encoded as JSON.
	events() []any
}

// warning is a client's warning, or a pause before another try.
type warning struct {
	cause error
	retry bool
	wait  time.Duration // before the next try
}

// summary is the end of a run.
type summary struct {
	op string
	tally
	took time.Duration
}

// rate is in bytes per second, 0 for no time at all.
func rate(bytes int64, took time.Duration) float64 {
	if took <= 0 {
		return 0
	}
	return float64(bytes) / took.Seconds()
}
