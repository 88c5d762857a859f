package legacy

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"syscall"

	"bbftp/cmd/bbftp/internal/interrupt"
	"bbftp/engine/auth"
	"bbftp/engine/client"
	"bbftp/engine/command"
	"bbftp/engine/storage"
	"bbftp/engine/trust"
	"bbftp/engine/wire"
)

// Number is what scripts know a failure or a warning by. The number of the last
// failure is the exit status.
type Number struct {
	Number  int
	Meaning string

	// text is shown with the number; {command} stands for what failed, {name} for
	// the file or host, {cause} for the reason. Scripts match these words, spelling included. "": the error as it is.
	text string
	// fits tells whether an error has this number. nil: it is given where the
	// mistake is found, by [misuse].
	fits func(error) bool
}

// Errors returns all error numbers, in the order in which they are tried on an
// error. A number may come more than once, for different causes.
func Errors() []Number { return errorNumbers }

// errorNumbers: the first line that fits counts. What the legacy client numbers
// and cannot happen here (memory, fork, select) is left out.
var errorNumbers = []Number{
	{33, "killed by SIGINT", "Killed by SIGINT", killedBy(os.Interrupt)},
	{34, "killed by SIGTERM", "Killed by SIGTERM", killedBy(syscall.SIGTERM)},

	{1, "start-up file not read, or with a wrong value", "", is(errStartFile)},
	{3, "number of streams not 1 to 1000", "", nil},
	{4, "number of tries, control port or range of data ports wrong", "", nil},
	{5, "ssh identity file missing", "", nil},
	{6, "wrong use of options", "", nil},
	{7, "control file missing", "", nil},
	{10, "output not redirected, or not written", "", nil},
	{14, "no host", "", nil},
	{15, "host name with an unsuitable character", "", nil},
	{16, "wrong IP address", "", nil},
	{18, "no user name, or one that ssh would take for an option", "", nil},
	{19, "password not read", "Error while entering password : {cause}", is(errPassword)},
	{20, "neither or both of -i and -e", "", nil},
	{22, "result file not opened, or not written", "", nil},
	{24, "command with a wrong TURL, nothing was done", "", nil},
	{25, "unknown command", "Unkown command : {name}", is(command.ErrUnknown)},
	{26, "incorrect command", "Incorrect command : {command} ({cause})", anyOf(is(command.ErrArguments), is(command.ErrTURL), is(errors.ErrUnsupported), as[*client.RequestError])},
	{31, "not started in the background", "", nil},
	{42, "ssh command not split into words", "", nil},
	{43, "no ssh command", "", nil},
	{200, "control file not opened", "", nil},
	{201, "control file not read", "", nil},

	{101, "no protocol version in common", "Incompatible deamon and client ({cause})", is(client.ErrVersion)},
	{100, "refused by the server, in its words", "{cause}", as[*client.RefusedError]},
	{56, "user name or password too long", "Error reading encrypted message : {cause}", is(auth.ErrTooLong)},
	{62, "no bbftp server behind ssh", "Unknown message while waiting for MSG_LOGGED_STDIN message : {cause}", all(is(errShell), as[*client.LoginError])},
	{57, "server not the one it was, or without the TLS it must have", "{cause}", is(trust.ErrUntrusted)},
	{57, "key of the server not usable", "Unkown encryption method : {cause}", as[*client.LoginError]},
	{17, "host not found", "Hostname not found ({name})", notFound},
	{46, "ssh not run", "Error while execvp ssh command ({name}) : {cause}", all(is(errShell), anyOf(as[*exec.Error], as[*client.LocalError]))},
	{52, "control connection not made", "Cannot connect to control socket: {cause}", as[*client.ConnectError]},
	{59, "connection lost during the login", "Error reading login message answer : {cause}", is(errLogin)},

	{71, "local directory not changed", "Error changing directory {name} ({cause})", is(errLocalDir)},
	{86, "local directory not listed", "opendir {name} failed : {cause}", is(errPattern)},
	{95, "data port not bound", "Cannot bind on data socket : {cause}", all(as[*client.LocalError], as[*net.OpError], is(syscall.EADDRINUSE))},
	{97, "data ports not opened", "Cannot listen on data socket : {cause}", all(as[*client.LocalError], as[*net.OpError])},
	{79, "local file not written: no space, or too large", "Error writing file {name} : {cause}", all(as[*client.LocalError], anyOf(is(syscall.ENOSPC), is(syscall.EDQUOT), is(syscall.EFBIG), all(is(errTarget), is(syscall.EIO))))},
	{72, "local file not read", "Error reading file {name} : {cause}", all(as[*client.LocalError], is(syscall.EIO))},
	{73, "local file is a directory", "File {name} is a directory", all(as[*client.LocalError], is(storage.ErrIsDirectory))},
	{76, "part of the local path is no directory", "File {name} is not a directory", all(as[*client.LocalError], is(syscall.ENOTDIR))},
	{75, "local directory missing, with nocreatedir", "Directory ({name}) creation needed but TROPT_DIR not set", all(is(errTarget), as[*client.LocalError], is(fs.ErrNotExist))},
	{77, "local file not created", "File {name} creation error : {cause}", all(is(errTarget), as[*client.LocalError])},
	{72, "local file not found or not readable", "Error stating file {name} : {cause}", as[*client.LocalError]},

	{64, "message not sent", "", all(as[*client.BrokenError], writing)},
	{61, "no answer from the server", "", all(as[*client.BrokenError], anyOf(is(io.EOF), is(io.ErrUnexpectedEOF), is(os.ErrDeadlineExceeded), is(syscall.ECONNRESET)))},
	{63, "message of unexpected length", "", all(as[*client.BrokenError], anyOf(is(wire.ErrLength), is(wire.ErrPathTooLong), is(wire.ErrCount)))},
	{62, "unexpected message", "", as[*client.BrokenError]},
	{33, "control connection not made within all tries", "", is(context.Canceled)},
	{37, "data streams failed", "", func(error) bool { return true }},
}

// unreachableNumber ends a run whose connection failed in all its tries.
const unreachableNumber = 33

// Warnings returns all numbers of warnings, which -W shows.
func Warnings() []Number { return warningNumbers }

// The numbers of warnings.
const (
	warnUnknownLine = 13
	warnRetry       = 22
	warnCompression = 27
	warnAddress     = 28
	warnStreams     = 29
	warnVersion     = 30
	warnServer      = 100
)

var warningNumbers = []Number{
	{warnUnknownLine, "unknown line or option in the start-up file", "", nil},
	{warnRetry, "the connection is tried again after a pause", "", nil},
	{warnCompression, "the server can't compress", "The server cannot handle compression: option ignored", as[client.CompressionRefused]},
	{warnAddress, "the server is being connected", "", nil},
	{warnStreams, "fewer data streams than asked for", "", as[client.StreamsLimited]},
	{warnVersion, "a setting that the protocol version lacks is left out", "", is(errors.ErrUnsupported)},
	{warnServer, "a remark of the server, or about it", "", func(error) bool { return true }},
}

func is(target error) func(error) bool {
	return func(err error) bool { return errors.Is(err, target) }
}

func as[E error](err error) bool {
	var e E
	return errors.As(err, &e)
}

func all(fit ...func(error) bool) func(error) bool {
	return func(err error) bool {
		for _, f := range fit {
			if !f(err) {
				return false
			}
		}
		return true
	}
}

func anyOf(fit ...func(error) bool) func(error) bool {
	return func(err error) bool {
		for _, f := range fit {
			if f(err) {
				return true
			}
		}
		return false
	}
}

func killedBy(s os.Signal) func(error) bool {
	return func(err error) bool {
		var killed interrupt.Error
		return errors.As(err, &killed) && killed.Signal == s
	}
}

func notFound(err error) bool {
	var name *net.DNSError
	return errors.As(err, &name) && name.IsNotFound
}

func writing(err error) bool {
	var op *net.OpError
	return errors.Is(err, syscall.EPIPE) || errors.As(err, &op) && op.Op == "write"
}
