package health

import (
	"errors"
	"sync/atomic"
)

// State is whether clients may come:
//
//	Starting ──▶ Serving ──▶ Draining
type State struct{ now atomic.Int32 }

// The states, the first of which is that of the zero State.
const (
	Starting = iota
	Serving
	Draining
)

var (
	errStarting = errors.New("starting")
	errDraining = errors.New("draining")
)

// Is changes the state.
func (s *State) Is(state int32) { s.now.Store(state) }

// Ready says why clients should rather not come.
func (s *State) Ready() error {
	switch s.now.Load() {
	case Starting:
		return errStarting
	case Draining:
		return errDraining
	}
	return nil
}
