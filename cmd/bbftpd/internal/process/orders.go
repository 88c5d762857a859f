// Package process is what the daemon needs as a process of the system: orders by
// signals, the rights of a user, descriptors for its sessions, a life away from the
// terminal.
package process

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// Orders are what signals tell this process:
//
//	         first SIGTERM, SIGINT         second             third
//	running ───────────────────────▶ Stop ─────────▶ Cut ─────────▶ killed
//	   │ ▲
//	   └─┘ SIGHUP: Reload
//
// The third kills because a session may hang in its file system.
type Orders struct {
	Stop, Cut context.Context
	Reload    <-chan os.Signal
}

// Heed takes signals from now on.
func Heed() *Orders {
	stop, end := context.WithCancel(context.Background())
	cut, endNow := context.WithCancel(context.Background())
	reload, ending := make(chan os.Signal, 1), make(chan os.Signal, 2)
	// Where nothing is to be read again, SIGHUP is no reason to cut transfers short.
	signal.Notify(reload, syscall.SIGHUP)
	signal.Notify(ending, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-ending
		end()
		<-ending
		endNow()
		signal.Stop(ending)
	}()
	return &Orders{Stop: stop, Cut: cut, Reload: reload}
}

// AtOnce is for what has nothing to finish: the first signal ends it, the second kills.
func (o *Orders) AtOnce() context.Context {
	context.AfterFunc(o.Stop, func() { signal.Reset(os.Interrupt, syscall.SIGTERM) })
	return o.Stop
}
