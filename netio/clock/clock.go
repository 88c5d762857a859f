// Package clock reads what processors have done: for a thread, this process and
// the whole machine.
package clock

import "time"

// Thread is the processor time of the calling thread, 0 where the system does
// not tell. Two readings can be compared if the goroutine stayed on its thread,
// as it does during one system call, or one locked to it.
func Thread() time.Duration { return thread() }

// Process is the processor time of this process so far, in and for user code.
func Process() (user, system time.Duration) { return process() }

// Machine is how long the processors of the machine have had nothing to do so
// far, and how long there have been any, summed over processors. Time that a
// hypervisor withheld counts as neither idle nor absent. ok is false where the
// system does not tell.
func Machine() (idle, all time.Duration, ok bool) { return machine() }
