package modern

import "context"

// verb is what a command line can ask for.
type verb struct {
	name     string
	operands int // at least so many
	form     string
	summary  string
	details  string
	events   string // of --json
	run      func(ctx context.Context, r *run, operands []string) error
}

// verbs are in the order of the help text.
var verbs = []verb{
	{"put", 2, "SRC... [user@]host:DST", "copy local files to a server", putDetails, copyEvents, put},
	{"get", 2, "[user@]host:SRC... DST", "copy files of a server to this machine", getDetails, copyEvents, get},
	{"ls", 1, "[user@]host:PATH...", "list directories and files of a server", lsDetails, lsEvents, ls},
	{"mkdir", 1, "[user@]host:PATH...", "make directories on a server", mkdirDetails, fileEvents, mkdir},
	{"rm", 1, "[user@]host:PATH...", "remove files of a server", rmDetails, fileEvents, rm},
	{"stat", 1, "[user@]host:PATH...", "describe files and directories of a server", statDetails, statEvents, stat},
	{"df", 1, "[user@]host:PATH...", "show the free space of a server's file systems", dfDetails, dfEvents, df},
	{"status", 1, "HOST[:PORT]...", "show version and options of a server", statusDetails, statusEvents, status},
}

func lookUp(name string) (verb, bool) {
	for _, v := range verbs {
		if v.name == name {
			return v, true
		}
	}
	return verb{}, false
}

const putDetails = `Each SRC is a regular file. DST is the file's new name, or, if it is a directory
on the server, where the file goes under its own name. Several files need a
directory. A DST that ends in / is one without asking the server; it is made if
it is missing, but not in version 1. Existing files are replaced once the new
content is complete.
`

const getDetails = `DST is the file's new name, or, if it is a directory, where the file goes under
its own name. Several files and patterns need a directory. A DST that ends in /
is one that is made if it is missing. The last component of SRC may be a pattern
of *, ? and [...], quoted from the shell; it stands for files, not directories,
and for names that begin with a dot only if it begins with one.
Existing files are replaced once the new content is complete.
`

const lsDetails = `Directories are marked with /, symbolic links with @. The last component of PATH
may be a pattern of *, ? and [...], quoted from the shell. A PATH that ends in /
is listed with a single question to the server. Version 1 tells no types.
`

const mkdirDetails = `Missing directories on the way are made too, unless --no-mkdir is given or the
server speaks version 1, in which a directory that exists already is a failure.
`

const rmDetails = `Removes files only: the protocol can't remove directories, version 1 nothing.
`

const statDetails = `Links are followed. Times are the server's, in its time zone. Version 1 can't.
`

const dfDetails = `Sizes are in MB of 10^6 bytes, and so on. Version 1 can't.
`

const statusDetails = `No login is needed. Servers before 3.2.0 can't.
`

const copyEvents = `  start    op, files, bytes (left out if unknown)
  progress op, local, remote, bytes, moved, seconds, rate: once a second
  file     op, object, ok; error, or local, remote, bytes, seconds, rate,
           streams, compressed, simulated
  error    op, object, ok, error: what is about no single file
`

const lsEvents = `  entry    path, type (file, directory, dangling, unknown), link; with --long
           also those of stat
  error    op, object, ok, error
`

const fileEvents = `  file     op, object, ok; error
  error    op, object, ok, error: what is about no single file
`

const statEvents = `  stat     path, type, size and block_size in bytes, blocks, mode (octal), uid,
           gid, inode, accessed, modified, changed
  error    op, object, ok, error
`

const dfEvents = `  df       path, size, available and block_size in bytes, inodes, free_inodes,
           name_max in bytes
  error    op, object, ok, error
`

const statusEvents = `  status   server, text
  error    op, object, ok, error
`

// allEvents are those of every verb.
const allEvents = `  warning  text; wait, if it is a pause before another try
  summary  op, done, failed, skipped, bytes, seconds, rate, exit
`
