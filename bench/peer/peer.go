// Package peer runs the programs that a sweep measures and compares: bbftp of
// this release, the legacy one, and what else moves a file between two hosts.
//
//	Run:  server process on Job.Server ◄── network ──► client process on Job.Client
//	      ends with the trial                          its time is the trial's
//
// Every trial has a server of its own, so that its CPU time is the trial's and
// nothing is kept warm from one to the next. No process outlives Run.
package peer

import (
	"context"
	"log/slog"
	"net/netip"
	"os/exec"
	"time"

	"bbftp/bench/trial"
	"bbftp/engine/transfer"
)

// Host is where programs run: one end of an emulated path, or [Local].
type Host interface {
	// Addr is the address that the other host reaches it at.
	Addr() netip.Addr
	// Start is cmd.Start on this host. It keeps cmd.SysProcAttr and sees to it
	// that the process dies with this one.
	Start(cmd *exec.Cmd) error
	// Do runs f on this host: sockets made in it are the host's.
	Do(f func() error) error
}

// Job is one file to move, or the many of one session.
type Job struct {
	trial.Cell
	Client, Server Host   // Server is not used on a Network path
	Source         string // the file, or the directory of Files files
	// Work is a private empty directory, which the caller removes. The copy is
	// made below it.
	Work string
	Log  *slog.Logger // nil: none
}

// Outcome is what a trial's programs say of it, and their system of them.
type Outcome struct {
	Began, Ended time.Time // of the client process
	Bytes        int64     // payload moved
	// ClientCPU and ServerCPU are user and system time of the processes and of
	// their children, login and all. That of a server counts from when it was
	// ready for its client.
	ClientCPU, ServerCPU time.Duration
	// ClientMemory and ServerMemory are the peaks of the resident memory in bytes,
	// of several processes the sum of their peaks; 0: not known.
	ClientMemory, ServerMemory int64
	Streams                    int           // that the client used; 0: not known
	Moving                     time.Duration // the client's own figure for its data streams; likewise
	// What each end says that limited it; nil: nothing.
	ClientVerdict, ServerVerdict *trial.Verdict
	// Stall is how long a stream had to wait for nothing but a fault of the peer:
	// a start signal that a legacy server lost (wire.md 5). 0: it did not, or
	// that is not known.
	Stall time.Duration
	// Sender and Receiver say how the payload travelled; zero: not known.
	Sender, Receiver transfer.Paths
	// DataPort tells connections with payload from the control connection by
	// the ports of either end. Nil: there is payload on all.
	DataPort func(local, remote int) bool
	// Warnings are what the figures have to be read with.
	Warnings []string
}

// Peer is a pair of programs that move files.
type Peer interface {
	// Name is that of trial.Cell.Peer.
	Name() string
	// Version names the programs in one line. Its error says what is missing.
	Version(ctx context.Context) (string, error)
	// Supports says why a cell makes no sense for this peer, or nothing.
	Supports(c trial.Cell) error
	// Run moves the file of j and compares the copy with it afterwards. It takes
	// no longer than ctx. With an error the outcome holds what was known by then.
	Run(ctx context.Context, j Job) (Outcome, error)
}
