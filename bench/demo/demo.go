package demo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"bbftp/bench/payload"
	"bbftp/bench/peer"
	"bbftp/bench/trial"
)

// Scenarios are those of the demonstration: put and get over 1, 4 and 10
// streams, plain and compressed.
func Scenarios() []Scenario {
	var all []Scenario
	for _, compressed := range []bool{false, true} {
		for _, streams := range []int{1, 4, 10} {
			for _, op := range []string{"put", "get"} {
				all = append(all, Scenario{op, streams, compressed})
			}
		}
	}
	return all
}

// Run moves a generated file of size bytes through the programs on the
// loopback address, once per scenario, and compares every copy with it. It
// works in a new directory below dir ("" for the system's temporary one),
// which needs room for two copies and is removed in the end. Each result is
// handed to done as it comes.
func Run(ctx context.Context, programs peer.Programs, dir string, size int64, done func(Result)) (err error) {
	if dir != "" { // the programs run in directories of their own
		if dir, err = filepath.Abs(dir); err != nil {
			return err
		}
	}
	work, err := os.MkdirTemp(dir, "bbftp-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	source := filepath.Join(work, "source")
	if err := payload.Write(source, payload.Mixed, size, 1); err != nil {
		return fmt.Errorf("make the file to move: %w", err)
	}
	p, err := peer.Find(peer.BBFTP, programs)
	if err != nil {
		return err
	}
	here := peer.Local()
	for _, s := range Scenarios() {
		job := peer.Job{
			Cell: trial.Cell{
				Peer: p.Name(), Version: 1, Direction: s.Op, Streams: s.Streams, Compressed: s.Compressed,
				Kind: string(payload.Mixed), Bytes: size, Path: trial.Loopback,
			},
			Client: here, Server: here, Source: source, Work: filepath.Join(work, "trial"),
		}
		if err := os.Mkdir(job.Work, 0o700); err != nil {
			return err
		}
		o, err := p.Run(ctx, job)
		if err := errors.Join(err, os.RemoveAll(job.Work)); err != nil {
			return fmt.Errorf("%v: %w", s, err)
		}
		done(Result{s, o.Bytes, o.Moving.Seconds(), o.Sender, o.Receiver})
	}
	return nil
}
