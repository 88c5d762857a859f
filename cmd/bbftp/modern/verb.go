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

const putDetails = `Each SRC is a regular file, or with -r a directory with all in it. DST is its
new name, or, if it is a directory on the server, where it goes under its own
name. Several SRC need a directory. A DST that ends in / is one without asking
the server; it is made if it is missing, but for files not in version 1.
Existing files are replaced once the new content is complete. Whether the server
waits for its disk then, and whether it leaves holes where a file holds zeros,
is its own choice (bbftpd --fsync, --sparse).
` + putTrees

const putTrees = `With -r directories are made, empty ones too, with the permission bits they have
here, u+rwx and in version 1 those the server gives; those that are there stay
as they are. Of a SRC without a name of its own, such as dir/., the contents go
to DST. A symbolic link to a file in the tree is copied as a file; other links
and what is neither file nor directory are left out.
` + partial

const getDetails = `DST is the new name of SRC, or, if it is a directory, where it goes under its
own name. Several SRC and patterns need a directory. A DST that ends in / is one
that is made if it is missing. The last component of SRC may be a pattern of *,
? and [...], quoted from the shell; it stands for files, with -r also for
directories, and for names that begin with a dot only if it begins with one.
Existing files are replaced once the new content is complete.
` + getTrees

const getTrees = `With -r, which version 1 can't, all directories are listed before the first file
is copied. They are made with the permission bits they have there, and u+rwx;
those that are there stay as they are. Nothing is written outside of DST,
whatever the names and links there are. Of a SRC without a name of its own, such
as host: or dir/., the contents go to DST. Symbolic links to files are copied as
files; other links are left out.
` + partial

// partial is what becomes of the rest.
const partial = `What is left out or fails is named, keeps nothing else from being copied, and
makes the exit status 1. The times of directories are not kept.
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
  file     op, object, ok; error, and left_out of what is in a tree but no file
           to copy; or local, remote, bytes, seconds, rate, streams, compressed,
           simulated, paths, telemetry, why
  error    op, object, ok, error: what is about no single file
` + allEvents + `
The objects of the file event, as this side saw the transfer
  paths      bytes of the file by their way: sendfile, splice, copied, or in
             blocks deflated, stored; block_bytes is what the blocks took
  telemetry  sending, loopback; bytes, seconds, bytes_per_second; ramp_seconds
             to half of the highest rate, steady_bytes_per_second after it;
             verdict: limit, share (of the time, 0 to 1), reason, advice;
             retransmits, retransmitted_bytes, rtt_seconds, min_rtt_seconds; of
             the process cpu_seconds, user_seconds, system_seconds, cores;
             machine_idle (0 to 1); summed over the streams
             socket_wait_seconds, file_seconds, file_cpu_seconds,
             disk_wait_seconds, limit_wait_seconds, codec_seconds,
             codec_wait_seconds; send_buffer_bytes and recv_buffer_bytes if
             they are fixed; streams
  streams    of each, by TCP_INFO: bytes, seconds, congestion, mss_bytes,
             rtt_seconds and min_rtt_seconds; cwnd_bytes, max_cwnd_bytes;
             delivery_bytes_per_second, the highest; max_pacing_bytes_per_second
             if there is a limit; segments_sent, retransmits,
             retransmitted_bytes, segments_received, segments_out_of_order;
             busy_seconds, of it rwnd_limited_seconds and
             sndbuf_limited_seconds; send_window_bytes,
             mean_send_window_bytes, recv_window_bytes; samples
  limit      link, loss, recv-window, send-buffer, peer, peer-or-path,
             disk-read, disk-write, cpu, compression, rate-limit, start-up, or
             "" where nothing stands out
  why        lines: how the number of streams was chosen
`

const lsEvents = `  entry    path, type (file, directory, dangling, unknown), link; with --long
           also those of stat
  error    op, object, ok, error
` + allEvents

const fileEvents = `  file     op, object, ok; error
  error    op, object, ok, error: what is about no single file
` + allEvents

const statEvents = `  stat     path, type, size and block_size in bytes, blocks, mode (octal), uid,
           gid, inode, accessed, modified, changed
  error    op, object, ok, error
` + allEvents

const dfEvents = `  df       path, size, available and block_size in bytes, inodes, free_inodes,
           name_max in bytes
  error    op, object, ok, error
` + allEvents

const statusEvents = `  status   server, text
  error    op, object, ok, error
` + allEvents

// allEvents are those of every verb.
const allEvents = `  trust    server, fingerprint, file, of a key that was new and is trusted now
  warning  text; wait, if it is a pause before another try
  summary  op, done, failed, skipped, bytes, seconds, rate, exit
`
