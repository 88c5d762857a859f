package main

import (
	"errors"
	"sync/atomic"
)

// health is whether clients may come:
//
//	starting ──▶ ready ──▶ draining
type health struct{ state atomic.Int32 }

const (
	starting = iota
	serving
	draining
)

var (
	errStarting = errors.New("starting")
	errDraining = errors.New("draining")
)

func (h *health) is(state int32) { h.state.Store(state) }

// ready says why clients should rather not come.
func (h *health) ready() error {
	switch h.state.Load() {
	case starting:
		return errStarting
	case draining:
		return errDraining
	}
	return nil
}
