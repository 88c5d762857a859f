package wan

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// groupTime is how long this process may take to notice a signal to its group
// after Isolate did. Should it be too short once, the program gets it twice.
const groupTime = time.Second

// Isolated makes the process that Isolate started the first of its PID
// namespace, and returns when all in it has ended: exit with exitCode then,
// and say err if there is one. In every other process first is false and it
// does nothing. argv is os.Args.
func Isolated(argv []string) (exitCode int, first bool, err error) {
	if len(argv) < 2 || argv[1] != firstArgument || os.Getpid() != 1 {
		return 0, false, nil
	}
	signals := make(chan os.Signal, len(forwarded))
	for _, s := range forwarded {
		// What nohup(1) and their like ignore stays ignored in the program.
		if !signal.Ignored(s) {
			signal.Notify(signals, s)
		}
	}
	unix.CloseOnExec(lifelineFD)
	told := make(chan os.Signal)
	orphaned := make(chan struct{})
	go readLifeline(os.NewFile(lifelineFD, "lifeline"), told, orphaned)

	if err := ownProc(); err != nil {
		return 1, true, err
	}
	program, err := syscall.ForkExec("/proc/self/exe", append(argv[:1:1], argv[2:]...), &syscall.ProcAttr{
		Env:   os.Environ(),
		Files: []uintptr{0, 1, 2},
	})
	if err != nil {
		return 1, true, fmt.Errorf("wan: isolate: run the program: %w", err)
	}
	go relaySignals(func(s os.Signal) { _ = unix.Kill(program, s.(syscall.Signal)) }, signals, told)
	ended := make(chan int)
	go func() { ended <- reap(program) }()
	select {
	case code := <-ended:
		return code, true, nil
	case <-orphaned:
		// Isolate is dead, and with it whoever would want to know more.
		return exitStatus(syscall.WaitStatus(syscall.SIGKILL)), true, nil
	}
}

// readLifeline passes on what Isolate says, until it is dead. The kernel says
// so too (Pdeathsig), but not if it died before that was asked for.
func readLifeline(lifeline *os.File, told chan<- os.Signal, orphaned chan<- struct{}) {
	defer close(told)
	var message [1]byte
	for {
		if _, err := lifeline.Read(message[:]); err != nil {
			close(orphaned)
			return
		}
		told <- syscall.Signal(message[0])
	}
}

// ownProc shows the processes of this namespace in /proc, here alone.
func ownProc() error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("wan: isolate: keep mounts private: %w", err)
	}
	err := unix.Mount("proc", "/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, "")
	if err != nil {
		return fmt.Errorf("wan: isolate: mount /proc: %w (a container may not where parts of its own are hidden)", err)
	}
	return nil
}

// relaySignals gives the program the signals that Isolate was told alone. One
// that this process got as well went to their whole group, as the terminal's do:
// the program has it already. However late Isolate comes with it, it is that one;
// of several in a row, which the kernel may hand to each process as fewer, all
// within groupTime are. It ends when told is closed.
func relaySignals(give func(os.Signal), signals, told <-chan os.Signal) {
	type hearing struct {
		at    time.Time
		alone bool // Isolate has not told it yet
	}
	due := make(chan os.Signal)
	heard := map[os.Signal]hearing{}
	for {
		select {
		case s := <-signals:
			heard[s] = hearing{time.Now(), true}
		case s, alive := <-told:
			if !alive {
				return
			}
			time.AfterFunc(groupTime, func() { due <- s })
		case s := <-due:
			h := heard[s]
			if !h.alone && time.Since(h.at) > 2*groupTime {
				give(s)
			}
			h.alone = false
			heard[s] = h
		}
	}
}

// reap buries everyone until the program has ended, and returns its status.
func reap(program int) int {
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, 0, nil)
		switch {
		case err == syscall.EINTR:
		case err != nil:
			return 1 // the program is a child until here: cannot be
		case pid == program:
			return exitStatus(status)
		}
	}
}
