package main

const usage = `Usage: bbftpd --users FILE [options]
       bbftpd --demo DIR [-w PORT]
       bbftpd -s [-A] [options]                (by ssh: "bbftp -s ... HOST")
       bbftpd passwd [options] FILE USER

Serves files to bbftp clients, protocol versions 1 to 3, until SIGTERM or SIGINT.
With a connection as standard input, as inetd(8) starts it, it serves that one.

Accounts
  --users FILE            who may log in; a line each: name:hash:directory[:options].
                          "bbftpd passwd FILE USER" adds one. Option: mass-storage[=PATH]
  --root DIR              directory of the accounts that name none
  --unconfined            let sessions leave their directory
  --run-as USER           give up root for USER of /etc/passwd; required with
                          --users as root
  -u                      also accept logins whose password is not encrypted
  --demo DIR              serve DIR on the loopback address under a one-time
                          password, which is printed

Network
  -w, --port PORT         control port (default 5021; 0: any free one)
  --bind ADDRESS          listen on this address only (default: all)
  -e, --data-ports MIN:MAX
                          listen for data streams there (version 3; default: any)
  -f, --any-source-port   connect data streams from any port instead of PORT-1
                          (versions 1 and 2)
  -m, --max-streams N     most data streams of a file, 1 to 1000 (default 25)
  --limit-rate RATE       most bytes per second of all data streams of all clients
                          together, such as 100MB, or bits, such as 1gbit; with -s
                          and under inetd of the one client (default: no limit)
  --congestion NAME       congestion control of the data streams, such as bbr or
                          cubic (default: the system's)
  --mptcp                 accept Multipath TCP on the data streams, and ask for it
  --max-sessions N        sessions served at once (default 512)

Remote shell
  -s                      serve one client over standard input and output, as the
                          user that ssh logged in; no password is asked
  -A                      with -s: exchange addresses over the shell instead of
                          expecting a call of the client at PORT+1

Files
  --umask MODE            octal, taken from the modes of new files and directories
                          (default: that of the process); clients of versions 2
                          and 3 may change it for their session
  --max-file-size SIZE    largest file a client may store, e.g. 2TiB (default: none)
  --reserve SIZE          free space that stays (default: 1 % of the file system;
                          0: nothing)
  --fsync                 tell a client that its file is stored only once it is on
                          disk, with its name (default: do not wait for the disk)
  --sparse                leave holes where stored files hold zeros
  --mass-storage [PREFIX=]DIR
                          serve MSG_RETR_RFIO from DIR, seen as PREFIX (default /);
                          may be repeated. Accounts need the option mass-storage
  --mass-storage-limit DURATION
                          how long a file may take to open (default 30m)

Running
  -b, --background        detach once serving; without -L the log is discarded
  -L, --log FILE          append the log to FILE (default: standard error, with -s
                          and under inetd nowhere)
  --log-format FORMAT     text or json (default text)
  -l, --log-level LEVEL   debug, info, warn or error (default info); the legacy
                          daemon's words are understood
  -R FILE                 start-up file (default: ~/.bbftpdrc, for others than root,
                          else /etc/bbftpd.conf, if there is one; "none": no file).
                          Lines: setackto, setrecvcontrolto, setsendcontrolto,
                          setdatato, setcheckstdinto SECONDS; setoption nofixeddataport
  -v, --version           print the version
  -h, --help              print this text

Exit status: 0 after a signal or --help, 1 on any failure.
`
