// Package storage gives bbftp sessions their files.
//
// A [Tree] is a directory tree seen as "/". Sessions share it between
// goroutines; each keeps its own working directory as a string, joins it to what
// the peer sent with [Join] and hands the result to a method. Nothing here
// touches the working directory or the umask of the process.
//
// Names are listed as each protocol version does it: [Tree.Glob] for version 1,
// [Tree.List] for versions 2 and 3.
//
// Files are read through a [Source] and written through a [Pending]: a
// preallocated file without a name, or with a temporary one, in the target's
// directory, which takes the target's place only when it is complete. [MassStorage] is for trees where opening a file may
// take as long as fetching a tape.
//
// A failure is an *[fs.PathError] that names the path as it was asked for.
// The errno of the system stays reachable by errors.As, and the refusals of this
// package carry the errno nearest in meaning.
package storage
