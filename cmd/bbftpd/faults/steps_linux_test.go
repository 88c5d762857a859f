package faults

// step is a point of the protocol: what it names has passed, and nothing after.
type step string

const (
	connected        step = "connected"
	keySent          step = "key sent"
	tlsAsked         step = "TLS asked for"
	tlsAnswered      step = "TLS answered, not finished"
	secured          step = "TLS established"
	loginSent        step = "login sent"
	loggedIn         step = "logged in"
	versionAgreed    step = "version agreed"
	requestSent      step = "request sent"
	accepted         step = "accepted, ports known"
	streamsConnected step = "streams connected"
	started          step = "start sent"
	firstBytes       step = "first bytes"
	middle           step = "middle of the data"
	lastByte         step = "all but the last byte"
	acked            step = "acknowledged, no MSG_OK"
	concluded        step = "MSG_OK"
)

const (
	put = "put"
	get = "get"
)

// steps lists the steps of an operation in their order: who says what when is
// in wire.md 7.3, 8.2 and 8.3.
func steps(version int, operation string) []step {
	before := []step{connected, keySent, loginSent, loggedIn}
	data := []step{firstBytes, middle, lastByte, acked, concluded}
	var ask []step
	switch {
	case version == 1 && operation == put:
		ask = []step{requestSent, streamsConnected}
	case version == 1:
		ask = []step{requestSent, accepted, started, streamsConnected}
	case version == 2:
		ask = []step{versionAgreed, requestSent, accepted, started, streamsConnected}
	default:
		ask = []step{versionAgreed, requestSent, accepted, streamsConnected, started}
	}
	return append(append(before, ask...), data...)
}

// order ranks the steps of all versions, for the report.
var order = []step{
	"", connected, keySent, tlsAsked, tlsAnswered, secured, loginSent, loggedIn, versionAgreed, requestSent, accepted, started, streamsConnected,
	firstBytes, middle, lastByte, acked, concluded,
}
