package settings

const usage = `Usage: bbftpd [--config FILE] --users FILE [options]
       bbftpd [--config FILE] --system-accounts [options]
       bbftpd --check-config [options]
       bbftpd --demo DIR [-w PORT]
       bbftpd -s [-A] [options]                (by ssh: "bbftp -s ... HOST")
       bbftpd passwd [options] FILE USER

Serves files to bbftp clients, protocol versions 1 to 3, until SIGTERM or SIGINT.
With a connection as standard input, as inetd(8) starts it, it serves that one.
Long options are settings of the configuration file too: bbftpd(8).

Accounts
  --users FILE            who may log in; a line each: name:hash:directory[:options].
                          "bbftpd passwd FILE USER" adds one, and knows the options
  --system-accounts[=HOW] the accounts of the machine may log in, each session in a
                          process of its user; by shadow (default) or pam, where
                          built in. As root
  --root DIR              directory of the accounts that name none
  --unconfined            let sessions leave their directory
  --read-only             let nobody change a file or a directory
  --run-as USER           give up root for USER of /etc/passwd; required with
                          --users as root. With --system-accounts: of the processes
                          that take logins (default nobody)
  -u, --clear-text        also accept logins whose password is not encrypted
  --demo DIR              serve DIR on the loopback address under a one-time
                          password, which is printed

TLS
  --tls-key FILE          offer TLS on the control connection to clients of ours; the
                          key is PEM, and made when the file does not exist
  --tls-cert FILE         PEM certificates for the key (default: one signed by itself)
  --require-tls           refuse every login outside of TLS, also of all legacy clients

Network
  -w, --port PORT         control port (default 5021; 0: any free one)
  --bind ADDRESS          listen on this address only (default: all)
  --allow NET, --deny NET addresses and networks that clients may come from (default:
                          all) and those that may not all the same; may be repeated
  -e, --data-ports MIN:MAX
                          listen for data streams there (version 3; default: any)
  -f, --any-source-port   connect data streams from any port instead of PORT-1
                          (versions 1 and 2)
  --congestion NAME       congestion control of the data streams, such as bbr or
                          cubic (default: the system's)
  --mptcp                 accept Multipath TCP on the data streams, and ask for it

Limits
  --max-sessions N        connections served at once (default 512, or what file
                          descriptors last for)
  --max-per-address N     of one address, or one /64 of IPv6 (default: no limit)
  --max-per-user N        sessions of a user whose account does not say (default: no
                          limit)
  -m, --max-streams N     most data streams of a file, 1 to 1000 (default 25)
  --max-data-streams N    data streams of all sessions at once (default: what file
                          descriptors last for)
  --memory SIZE           memory of all compressed transfers (default 512MiB)
  --limit-rate RATE       most bytes per second of all data streams of all clients
                          together, such as 100MB, or bits, such as 1gbit; with -s
                          and under inetd of the one client (default: no limit)
  --login-delay DURATION  least wait after a wrong login (default 1s; 0: none); it
                          grows with further ones of an address, to a minute

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

Operations
  --config FILE           settings to begin with, as TOML (default /etc/bbftpd.toml,
                          if there is one; "none": no file)
  --check-config          say what would be served, and all that is wrong; change
                          nothing
  -b, --background        detach once serving; without -L the log is discarded
  -L, --log FILE          append the log to FILE (default: standard error, with -s
                          and under inetd nowhere)
  --log-format FORMAT     text, json, legacy or journal (default text)
  -l, --log-level LEVEL   debug, info, warn or error (default info); the legacy
                          daemon's words are understood
  --audit FILE            append a JSON line to FILE for each login, file and refusal
  --metrics [ADDRESS:]PORT
                          answer HTTP there: /metrics (Prometheus), /healthz, /readyz
                          (without ADDRESS: on the loopback address)
  --drain DURATION        how long running transfers may go on after SIGTERM
                          (default 5m; 0, and with --demo: not at all)
  -R FILE                 start-up file (default: ~/.bbftpdrc, for others than root,
                          else /etc/bbftpd.conf, if there is one; "none": no file).
                          Lines: setackto, setrecvcontrolto, setsendcontrolto,
                          setdatato, setcheckstdinto SECONDS; setoption nofixeddataport
  -v, --version           print the version
  -h, --help              print this text

Signals: SIGHUP reads the settings, accounts and TLS key again and opens logs anew;
SIGTERM and SIGINT end in good order, a second one at once.
Exit status: 0 after a signal or --help, 1 on any failure.
`
