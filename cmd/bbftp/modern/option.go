package modern

import (
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/pborman/getopt/v2"

	"bbftp/cmd/bbftp/internal/argument"
	"bbftp/engine/client"
	"bbftp/netio"
)

// options are what the command line chose besides its operands.
type options struct {
	cfg          client.Config
	useSSH       bool
	ssh          client.SSH
	sshCommand   string
	activePorts  netio.PortRange
	dataFrom     string
	passwordFile string
	trust        argument.Trust
	timeout      time.Duration
	tuned        bool // what the options leave open is chosen for each file
	window       int  // KiB, for both directions

	recursive                     bool // of put and get
	long, all                     bool // of ls
	json, quiet, verbose, explain bool
	progress                      string
	help, version                 bool
}

// option is an option of some verbs. A short letter means what it means in the
// legacy form, which keeps its other letters free of a second meaning; only -r is
// there a number of tries, but to all who know cp, scp and rsync this.
type option struct {
	verbs    string // those that have it, "" for all
	long     string
	short    rune
	argument string // what help calls its value, "" for a flag
	optional bool   // the value may be left out
	text     string
	value    func(*options) any // as getopt takes it
}

// The verbs that have an option in common.
const (
	transfers = "put get"
	sessions  = "put get ls mkdir rm stat df"
)

// optionTable is in the order of the help text.
var optionTable = []option{
	{transfers, "streams", 'p', "N", false, "data streams per file, or auto (default): by round-trip time, size, and how earlier files went", func(o *options) any { return streams{&o.cfg.Streams} }},
	{transfers, "compress", 'c', "WHEN", true, "compress the data on the way: auto (default), while that is faster, or always", func(o *options) any { return compression{&o.cfg.Settings} }},
	{transfers, "limit-rate", 0, "RATE", false, "most bytes per second of all streams together, such as 100MB, or bits, such as 1gbit; a letter alone is of bytes, K, M and G are powers of 1000", func(o *options) any { return bandwidth{&o.cfg.RateLimit} }},
	{transfers, "dry-run", 'n', "", false, "open the data streams but change no file", func(o *options) any { return &o.cfg.Simulate }},
	{transfers, "recursive", 'r', "", false, "copy directories with all in them", func(o *options) any { return &o.recursive }},
	{transfers, "no-mode", 0, "", false, "don't keep the permission bits", func(o *options) any { return &o.cfg.NoMode }},
	{transfers, "no-times", 0, "", false, "don't keep the times", func(o *options) any { return &o.cfg.NoTimes }},
	{"put get mkdir", "no-mkdir", 0, "", false, "don't make missing directories on the way", func(o *options) any { return &o.cfg.NoDirs }},
	{"put", "in-place", 0, "", false, "write to the target itself, not to a temporary file that replaces it when complete", func(o *options) any { return &o.cfg.InPlace }},
	{"get", "fsync", 0, "", false, "a file counts as copied once it is on disk, with its name", func(o *options) any { return &o.cfg.Sync }},
	{"get", "sparse", 0, "", false, "leave holes where a file holds zeros", func(o *options) any { return &o.cfg.Sparse }},
	{"ls", "long", 'l', "", false, "show mode, owner, size and time too: one more question to the server for each name", func(o *options) any { return &o.long }},
	{"ls", "all", 'a', "", false, "show names that begin with a dot too", func(o *options) any { return &o.all }},

	{sessions, "user", 'u', "NAME", false, "user on the server (default: the local one; with --ssh, ssh's choice)", func(o *options) any { return &o.cfg.User }},
	{"", "port", 'w', "PORT", false, "control port (default 5021)", func(o *options) any { return &o.cfg.Port }},
	{sessions, "password-file", 0, "FILE", false, "read the password from FILE's first line; without it the terminal is asked, or standard input read", func(o *options) any { return &o.passwordFile }},
	{sessions, "clear-text", 0, "", false, "log in without encryption, where the server allows it and offers no TLS", func(o *options) any { return &o.cfg.ClearText }},
	{sessions, "require-tls", 0, "", false, "refuse a server that does not offer TLS; one that ever did is always refused without", func(o *options) any { return &o.trust.Require }},
	{sessions, "tls-fingerprint", 0, "SHA256:...", false, "accept only the server with this key, and remember it in place of an earlier one", func(o *options) any { return &o.trust.Fingerprint }},
	{sessions, "tls-ca", 0, "FILE", false, "accept only a server whose certificate is of an authority in FILE (PEM) and of its host", func(o *options) any { return &o.trust.CA }},
	{sessions, "known-hosts", 0, "FILE", false, "where the keys of servers are remembered (default: bbftp/known_hosts in the user's directory of settings)", func(o *options) any { return &o.trust.Known }},
	{sessions, "ssh", 's', "", false, "start the server through ssh, which does the login; the options below imply it", func(o *options) any { return &o.useSSH }},
	{sessions, "ssh-batch", 'S', "", false, "ssh that asks nothing; it accepts a new host key, but never a changed one", func(o *options) any { return &o.ssh.Batch }},
	{sessions, "identity", 'I', "FILE", false, "ssh with this key", func(o *options) any { return &o.ssh.Identity }},
	{sessions, "ssh-command", 'L', "COMMAND", false, "ssh by this command (default: ssh -q)", func(o *options) any { return &o.sshCommand }},
	{sessions, "remote-command", 'E', "COMMAND", false, "what ssh runs there (default: bbftpd -s)", func(o *options) any { return &o.ssh.Server }},

	{sessions, "protocol", 0, "N", false, "speak only version N: 1, 2 or 3 (default: the highest in common)", func(o *options) any { return &o.cfg.Protocol }},
	{transfers, "active", 'D', "MIN:MAX", true, "let the server connect the data streams, to these ports if given (version 2)", func(o *options) any { return active{o} }},
	{transfers, "data-ports", 0, "MIN:MAX", false, "ports to await data streams at (versions 1 and 2)", func(o *options) any { return ports{&o.cfg.DataPorts} }},
	{transfers, "data-from", 0, "ADDRESS", false, "accept data streams from ADDRESS instead of the server's control address", func(o *options) any { return &o.dataFrom }},
	{transfers, "buffer", 0, "SIZE", false, "largest compressed block (default 256KiB)", func(o *options) any { return kibibytes{&o.cfg.BufferSize} }},
	{transfers, "window", 0, "SIZE", false, "TCP windows of the data streams in both directions, or auto (default): the system adjusts them", func(o *options) any { return window{&o.window} }},
	{transfers, "send-window", 0, "SIZE", false, "the same to send with only, of the side that connects the data streams: this one in version 3, the server in 1 and 2", func(o *options) any { return window{&o.cfg.SendWindow} }},
	{transfers, "recv-window", 0, "SIZE", false, "the same to receive with only", func(o *options) any { return window{&o.cfg.RecvWindow} }},
	{transfers, "congestion", 0, "NAME", false, "congestion control of this side's data streams, such as bbr or cubic (default: the system's)", func(o *options) any { return &o.cfg.Congestion }},
	{transfers, "mptcp", 0, "", false, "ask for Multipath TCP; a server or path without it gets plain TCP", func(o *options) any { return &o.cfg.Multipath }},
	{transfers, "dscp", 0, "VALUE", false, "mark what this side sends (RFC 2474): 0 to 63, or LE, CS0 to CS7, AF11 to AF43, VA, EF", func(o *options) any { return dscp{&o.cfg.TOS} }},
	{transfers, "qbss", 0, "", false, "both sides mark the data as of low priority (IP TOS 0x20)", func(o *options) any { return &o.cfg.QBSS }},
	{sessions, "tries", 0, "N", false, "tries of each operation (default: 5 to put and get, else 1)", func(o *options) any { return &o.cfg.Tries }},
	{sessions, "retry-wait", 0, "DURATION", false, "pause between two tries (default 30s)", func(o *options) any { return &o.cfg.RetryWait }},
	{"", "timeout", 0, "DURATION", false, "longest wait for the server to connect, answer or go on (default: 60s to 300s, as each takes)", func(o *options) any { return &o.timeout }},

	{transfers, "progress", 0, "WHEN", false, "progress bars: auto (on a terminal), always or never", func(o *options) any { return choice{&o.progress, []string{"auto", "always", "never"}} }},
	{transfers, "explain", 0, "", false, "say of each file why so many streams, what limited it, and what would help", func(o *options) any { return &o.explain }},
	{"", "json", 0, "", false, "write nothing but JSON, one object per line", func(o *options) any { return &o.json }},
	{sessions, "quiet", 0, "", false, "show neither progress nor successes, only failures", func(o *options) any { return &o.quiet }},
	{sessions, "verbose", 'V', "", false, "say what happens, on standard error", func(o *options) any { return &o.verbose }},
	{"", "version", 'v', "", false, "print the version", func(o *options) any { return &o.version }},
	{"", "help", 'h', "", false, "print this text", func(o *options) any { return &o.help }},
}

// has tells whether a verb has the option.
func (p option) has(verb string) bool {
	return p.verbs == "" || slices.Contains(strings.Fields(p.verbs), verb)
}

// set makes getopt write the options of a verb to o.
func (o *options) set(verb string) *getopt.Set {
	set := getopt.New()
	for _, p := range optionTable {
		if !p.has(verb) {
			continue
		}
		value := p.value(o)
		opt := set.FlagLong(value, p.long, p.short)
		if _, bare := value.(compression); bare {
			opt.SetFlag() // as in the legacy form other letters may follow -c
		} else if p.optional {
			opt.SetOptional()
		}
	}
	return set
}

// dirPerm are the permission bits of directories made on this machine that have
// no source.
func (o *options) dirPerm() fs.FileMode { return 0o777 &^ o.cfg.Umask }
