package main

import "fmt"

// exit is an error that chooses the program's exit status.
type exit struct {
	status int
	err    error // nil: there is nothing to say
}

func (e exit) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit status %d", e.status)
	}
	return e.err.Error()
}

func (e exit) Unwrap() error { return e.err }

// exited is the end of a program that has said itself what there is to say.
func exited(status int) error {
	if status == 0 {
		return nil
	}
	return exit{status: status}
}
