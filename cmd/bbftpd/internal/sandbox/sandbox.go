// Package sandbox takes from a process what it does not need, for good: rights
// it might gain, system calls, files, memory that others can read.
//
//	Bare     the descriptors it has, memory, threads, time: nothing else
//	Session  its user's files below some directories, and TCP
//
// Both use no_new_privs, resource limits, Landlock and a seccomp filter. Where a
// kernel does not offer one of them the others hold; [Missing] tells.
package sandbox

import "errors"

// ErrUnsupported means that a system has nothing to confine a process with.
var ErrUnsupported = errors.New("processes can't be confined on this system")

// Files are the directories a [Session] may use, with all that is below them.
// One that does not exist fails.
type Files struct {
	// All leaves the process every file its user has; the fields below don't count then.
	All                bool
	Writable, Readable []string
}
