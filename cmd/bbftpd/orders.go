package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// orders are what signals tell this process:
//
//	         first SIGTERM, SIGINT         second             third
//	running ───────────────────────▶ stop ─────────▶ cut ─────────▶ killed
//	   │ ▲
//	   └─┘ SIGHUP: reload
//
// The third kills because a session may hang in its file system.
type orders struct {
	stop, cut context.Context
	reload    <-chan os.Signal
}

// heed takes signals from now on.
func heed() *orders {
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
	return &orders{stop: stop, cut: cut, reload: reload}
}

// atOnce is for what has nothing to finish: the first signal ends it, the second kills.
func (o *orders) atOnce() context.Context {
	context.AfterFunc(o.stop, func() { signal.Reset(os.Interrupt, syscall.SIGTERM) })
	return o.stop
}
