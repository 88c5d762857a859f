package zerocopy

import "sync/atomic"

// Counters say how many bytes went which way. They may be read while a
// transfer runs and shared by any number of transfers.
type Counters struct {
	Sendfile atomic.Int64 // file to socket inside the kernel
	Splice   atomic.Int64 // socket to file inside the kernel
	Copied   atomic.Int64 // through a buffer in user space, either direction
	Holes    atomic.Int64 // of them, zeros that a sparse destination did not have to hold

	// Where the time of the transfers went, in nanoseconds, summed over all of
	// them: waiting for the connection, and in calls that read or write the
	// file, of which FileCPU were spent working and the rest waiting. A wait for
	// Flow.Turn counts as far as the file, not a processor, was what kept the
	// turn from coming.
	SocketWait, FileTime, FileCPU atomic.Int64

	why atomic.Pointer[string]
}

// Why is the first reason for which bytes were copied through user space where
// that is not the best way, in words that go on from "copied: "; "" if none was.
func (c *Counters) Why() string {
	if why := c.why.Load(); why != nil {
		return *why
	}
	return ""
}

// because keeps the first reason.
func (c *Counters) because(reason string) {
	if c.why.Load() == nil {
		c.why.CompareAndSwap(nil, &reason)
	}
}

// askedFor is the reason of Copy.
const askedFor = "asked for"
