package wan

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"
)

// firstArgument marks the process that Isolate starts; see Isolated.
const firstArgument = "--first-of-an-isolated-namespace"

// lifelineFD is where that process finds the end of the pipe from Isolate:
// what signals Isolate got, and end of file when it is dead.
const lifelineFD = 3

// forwarded are the signals that ask a program to end.
var forwarded = []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP}

// Isolate runs this very program again, with args after its name, in PID and
// mount namespaces of its own; without the rights of root in a user namespace
// too, in which it is root. Whatever ends the caller or the program, nothing
// that was started inside survives: the kernel clears a PID namespace whose
// first process is dead.
//
//	this process ── first process (Isolated) ── the program ── what it starts
//	    Isolate        PID 1: reaps orphans       PID 2
//
// Standard input, output and error are passed through. All stay in the
// terminal's group, so the program may read from it, and Control-C reaches it
// by itself; INT, TERM and HUP sent to the caller alone are forwarded.
//
// The main function of the program must begin with Isolated. exitCode is the
// program's, 128 + n if signal n killed it.
func Isolate(args []string) (exitCode int, err error) {
	// The kernel kills the first process when the thread that started it ends.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()

	lifeline, ours, err := os.Pipe()
	if err != nil {
		return 0, fmt.Errorf("wan: isolate: %w", err)
	}
	defer ours.Close()
	cmd := exec.Command("/proc/self/exe", append([]string{firstArgument}, args...)...)
	cmd.Args[0] = os.Args[0]
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.ExtraFiles = []*os.File{lifeline} // lifelineFD
	cmd.SysProcAttr = isolation()

	signals := make(chan os.Signal, len(forwarded))
	for _, s := range forwarded {
		if !signal.Ignored(s) {
			signal.Notify(signals, s)
		}
	}
	defer signal.Stop(signals)
	err = cmd.Start()
	_ = lifeline.Close()
	if err != nil {
		return 0, fmt.Errorf("wan: isolate: %w", explain(err))
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		select {
		case s := <-signals:
			// A lifeline that breaks means that the first process is dead.
			_, _ = ours.Write([]byte{byte(s.(syscall.Signal))})
		case err := <-ended:
			var exit *exec.ExitError
			if err != nil && !errors.As(err, &exit) {
				return 0, fmt.Errorf("wan: isolate: %w", err)
			}
			return exitStatus(cmd.ProcessState.Sys().(syscall.WaitStatus)), nil
		}
	}
}

// isolation says which namespaces: of the user only where there are no rights
// without.
func isolation() *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWPID | syscall.CLONE_NEWNS,
		Pdeathsig:  syscall.SIGKILL,
	}
	if !privileged() {
		attr.Cloneflags |= syscall.CLONE_NEWUSER
		attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}}
		attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getegid(), Size: 1}}
	}
	return attr
}

// exitStatus is what a shell would say.
func exitStatus(status syscall.WaitStatus) int {
	if status.Signaled() {
		return 128 + int(status.Signal())
	}
	return status.ExitStatus()
}
