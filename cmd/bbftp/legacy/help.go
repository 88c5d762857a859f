package legacy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"bbftp/cmd/internal/version"
)

const synopsis = `Usage: bbftp [options] -u USER -e COMMANDS [HOST]
       bbftp [options] -u USER -i FILE [HOST]
       bbftp put|get|ls|mkdir|rm|stat|df|status ...   (see bbftp help)

Copies files to and from a bbftp server over parallel data streams.

Commands, separated by ';' or, in a FILE, one per line. Names hold no blanks and,
with -e, no ';'. What begins with '#' or '!' is a comment.
  put LOCAL [REMOTE]      copy a file to the server; a REMOTE that ends in '/' is
                          a directory
  get REMOTE [LOCAL]      copy a file from the server
  mput PATTERN [DIR]      put all local files that match; the pattern is the last
                          component only
  mget PATTERN [DIR]      get all remote files that match
  mkdir DIR               make a remote directory
  rm FILE                 delete a remote file
  cd DIR, lcd DIR         change the remote, the local directory
  dir DIR                 list a remote directory, with -m or --json
  stat PATH, df DIR       figures of a remote file, of a file system; shown with
                          -V, -m or --json
  setnbstream N           data streams per file
  setbuffersize N         block size in KiB (default 256)
  setsendwinsize N, setrecvwinsize N
                          TCP windows of data streams in KiB (default: the
                          kernel's choice)
  setlocalumask OOO, setremoteumask OOO
                          file mode creation masks, octal
  setremotecos N          class of service of mass storage (-1: none)
  setackto N, setrecvcontrolto N, setsendcontrolto N, setdatato N
                          limits in seconds (default 100, 180, 180, 300)
  setoption [no]OPTION    createdir, tmpfile, keepmode, keepaccess (on),
                          gzip, qbss, remoterfio (off)

Without HOST the commands name it: bbftp://HOST[:PORT]/PATH for remote files,
bbftp://HOST/rfio://PATH for mass storage, file://PATH for local files. The last
HOST counts for all.

Options
  -u USER                 user name on the server; with ssh as ssh says
  -e COMMANDS             what to do
  -i FILE                 what to do; results go to FILE.res
  -w PORT                 control port (default 5021)
  -p N                    data streams per file (default 1)
  -c                      compress the data (setoption gzip)
  -q                      mark data as scavenger traffic (setoption qbss)
  -r N                    tries of each command (default 5)
  -D[MIN:MAX]             let the server connect the data streams, to these ports;
                          versions 1 and 2
  -n                      simulate: open the data streams, but move nothing; no
                          file is written or deleted
  -s                      start the server through ssh
  -S                      the same, without questions; new host keys are accepted,
                          changed ones are not
  -E COMMAND              the same, with this server (default "bbftpd -s")
  -L COMMAND              the same, with this ssh (default "ssh -q"); words may be
                          quoted, nothing is expanded
  -I FILE                 the same, with this identity
  -R FILE                 start-up file (default ~/.bbftprc, else /etc/bbftp.conf);
                          none: no file. Its lines are set... commands, which win
                          over the command line; '#' begins a comment
  -b                      go on in the background once the password was read
  -f FILE, -o FILE        standard error, standard output go to FILE
  -V                      say what happens
  -W                      show warnings
  -t                      put the time before messages
  -d                      show parameters and protocol steps
  -m                      lines for programs, without -V, -W, -t and -d:
                          put|get BYTES SECONDS BUFFER-KB SEND-KB RECEIVE-KB STREAMS gzip|nogzip
                          dir DIR, then TYPE PATH; stat LINE; df LINE
      --json              one JSON object per command instead of any other output;
                          U+FFFD stands for bytes of names that are not UTF-8
      --password-file FILE
                          read the password from FILE's first line; without it
                          the terminal is asked, or standard input read
      --protocol N        speak version 1, 2 or 3 (default: the highest in common)
      --retry-wait DURATION
                          pause between two tries (default 30s)
      --clear-text        log in without encryption, where the server allows it
                          and offers no TLS
      --require-tls       refuse a server that does not offer TLS; one that ever
                          did is always refused without
      --tls-fingerprint SHA256:...
                          accept only the server with this key, and remember it
                          in place of an earlier one
      --tls-ca FILE       accept only a server whose certificate is of an authority
                          in FILE (PEM) and of its host
      --known-hosts FILE  where the keys of servers are remembered (default:
                          bbftp/known_hosts in the user's directory of settings)
      --data-from ADDRESS accept data streams from ADDRESS instead of the
                          server's control address
  -v, --version           print the version and the defaults
  -h, --help              print this text

Exit status: 0 if every command succeeded, if need be after retries, else the
number of the last error. A hang-up of the terminal is ignored.
`

// usage is the text of -h. Its numbers are those of the tables.
func usage() string {
	var b strings.Builder
	b.WriteString(synopsis)
	b.WriteString("\nErrors, BBFTP-ERROR-NNNNN on standard error:\n")
	list(&b, Errors())
	b.WriteString("\nWarnings, BBFTP-WARNING-NNNNN, with -W:\n")
	list(&b, Warnings())
	return b.String()
}

func list(b *strings.Builder, numbers []Number) {
	sorted := slices.Clone(numbers)
	slices.SortStableFunc(sorted, func(a, b Number) int { return cmp.Compare(a.Number, b.Number) })
	for _, n := range sorted {
		fmt.Fprintf(b, "  %3d  %s\n", n.Number, n.Meaning)
	}
}

// versionText is that of -v, in the form scripts may read.
func versionText() string {
	return fmt.Sprintf(`bbftp version %s (%s)
Compiled with  :   default port %d
                   compression with zlib
                   encryption with RSA
                   default ssh command = %s
                   default ssh remote command = %s
                   default number of tries = %d
                   default sendwinsize = %d Kbytes
                   default recvwinsize = %d Kbytes
                   default number of stream = %d
`, version.Release, version.Build(), defaultPort, defaultSSH, defaultServer, defaultTries, defaultKiB, defaultKiB, defaultStreams)
}

// The defaults of options.
const (
	defaultPort    = 5021
	defaultTries   = 5
	defaultStreams = 1
)
