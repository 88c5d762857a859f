package metrics

import (
	"math"
	"strconv"
	"strings"

	"bbftp/engine/admission"
	"bbftp/engine/audit"
	"bbftp/engine/telemetry"
)

// other is the value of every label whose record says something unforeseen, for
// a session's process may be in its client's hands.
const other = "other"

// reasons are the words for why somebody did not come in, found in the text of a
// record, in lower case as some were answers. One that contains another comes before it.
var reasons = []struct{ text, label string }{
	{admission.ErrNetwork.Error(), "network"},
	{admission.ErrAddressFull.Error(), "address-full"},
	{admission.ErrUserFull.Error(), "user-full"},
	{admission.ErrFull.Error(), "full"},
	{admission.ErrStreams.Error(), "streams"},
	{admission.ErrStopping.Error(), "stopping"},
	{"wrong user or password", "credentials"},
	{"unable to check the password", "busy"},
	{"no login within the time limit", "too-late"},
	{"made way for another address", "evicted"},
	{"account has no usable directory", "no-home"},
	{"connection lost", "lost"},
	{"protocol error", "protocol"},
	{"unkown message", "protocol"},
	{"incorrect length", "protocol"},
	{"unknown encryption", "protocol"},
	{"its process", "process"}, // died, or broke the rules
	{"requires encrypted login", "insecure"},
	{"requires tls", "insecure"},
}

func reason(text string) string {
	text = strings.ToLower(text)
	for _, r := range reasons {
		if strings.Contains(text, r.text) {
			return r.label
		}
	}
	return other
}

func outcome(o audit.Outcome) string {
	switch o {
	case audit.OK, audit.Failed, audit.Denied:
		return string(o)
	}
	return other
}

func operation(op string) string {
	switch op {
	case "put", "get", "rm", "mkdir":
		return op
	}
	return other
}

func version(v int) string {
	if v < 1 || v > 3 {
		return other
	}
	return strconv.Itoa(v)
}

func verdict(v string) string {
	switch limit := telemetry.Limit(v); limit {
	case telemetry.Unknown:
		return "unknown"
	case telemetry.Link, telemetry.Loss, telemetry.RecvWindow, telemetry.SendBuffer, telemetry.Peer, telemetry.PeerOrPath,
		telemetry.DiskRead, telemetry.DiskWrite, telemetry.CPU, telemetry.Compression, telemetry.RateLimited, telemetry.StartUp:
		return v
	}
	return other
}

// finite keeps a sum from becoming something that nothing can be added to.
func finite(seconds float64) float64 {
	if seconds >= 0 && seconds <= math.MaxInt32 {
		return seconds
	}
	return 0
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
