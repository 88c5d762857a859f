package server

import "bbftp/engine/wire"

// Why we answer otherwise.
const (
	// Legacy closes while bytes of the peer are unread. The kernel then sends
	// a reset, and the text of the reply, in a segment of its own, is lost
	// (wire.md 11.3). What we send is all that legacy wrote.
	arrivesWhole = "the reply arrives whole instead of being lost in a reset"
	endsCleanly  = "the connection ends, as it has to, without a reset for what was not read"
	// wire.md 14, 8: the recorded replies tell which users exist.
	tellsNothing = "an unknown user, an unreadable login and a wrong password look the same"
	// wire.md 14, 3.
	noDowngrade = "a login in clear text needs -u, asked for or not"
	// The recorded server was built without version 1.
	hasVersion1 = "this server has version 1"
	noVersion1  = "over a remote shell there is no version 1, and so none is offered"
	ownText     = "a text for people about this program, not of the libraries of the recorded one"

	// wire.md 11, 3, 4 and 32: legacy closes or crashes, and its clients wait
	// 30 s before they connect again.
	keepsSession = "a command that fails does not end the session"
	dropsUnknown = "an unknown message is read whole and refused, and the session goes on"
	oneReply     = "one reply to a failed command instead of two, one of them freed memory, and no crash"
	noCrash      = "an empty listing does not end the process"
	// wire.md 11, 31.
	checked = "a request that can't be met is refused, where legacy dies or waits for what can't come"
	early   = "refused before the client sends anything, not after"
	// The errno that legacy reports is the one at hand when its child ends.
	namesCause = "the text names what went wrong"
	// wire.md 6.4.
	strictBlocks = "a block of unknown code is an error, not data"
	nobodyThere  = "a transfer ends with its control connection; what cannot be delivered is not sent"
)

const connectedState = "Unkown message in connected state"

var (
	unknown     = badNoRetry("Unkown message in logged state")
	denied      = badNoRetry("Incorrect password")
	unknownV2   = badNoRetry(textUnknownV2)
	noSpace     = badNoRetry(textNoSpace)
	tooEarly    = badNoRetry("Error stating file m1.dat : Permission denied ")
	twoAndThree = server(wire.ProtRange{Min: 2, Max: 3})
	noStream    = event{from: wire.Server, kind: closed}
	statusStart = "bbftpd version " + recordedVersion + "\nCompiled with  :   default port 5021\n" +
		"  compression with Zlib\n  encryption with RSA\nRunning options:\n  Maximum number of streams = 25\n"
)
