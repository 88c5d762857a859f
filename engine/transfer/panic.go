package transfer

import (
	"fmt"
	"runtime/debug"
)

// Panic is a panic in one of a transfer's goroutines, made the failure of that
// transfer alone.
type Panic struct {
	Value any
	// Stack is that of the goroutine, for a log; the error's text does not hold it.
	Stack []byte
}

func (p *Panic) Error() string { return fmt.Sprintf("panic: %v", p.Value) }

// contained runs work, and returns its panic as an error.
func contained(work func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &Panic{Value: v, Stack: debug.Stack()}
		}
	}()
	return work()
}
