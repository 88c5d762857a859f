package report

import "strings"

// meaning says what a column holds.
func meaning(name string) string {
	if plain, back := strings.CutPrefix(name, "back_"); back {
		return meanings[plain] + ", against the payload's direction"
	}
	return meanings[name]
}

// meanings are those of the columns of CSV. Names end in their unit.
var meanings = map[string]string{
	"time":                  "start of the trial",
	"environment":           "id of the machine it ran on",
	"sweep":                 "name of the scenario",
	"seed":                  "seed of the path's losses",
	"repeat":                "number of the trial in its cell; 0 is the warm-up",
	"peer":                  "program measured",
	"version":               "version of the bbftp protocol; 0: not bbftp",
	"direction":             "put or get, seen from the client",
	"streams":               "data streams",
	"window_bytes":          "socket buffer asked for; 0: the kernel tunes it",
	"compressed":            "whether the payload was compressed on its way",
	"kind":                  "what the file is made of",
	"bytes_asked":           "size of the file asked for",
	"duration_s":            "duration asked for; 0: the size was",
	"path":                  "emulated, loopback or network",
	"target":                "host at the far end of a network path",
	"rtt_s":                 "round-trip time of the emulated path",
	"jitter_s":              "jitter of the emulated path, one way, at most",
	"rate_bps":              "rate of the emulated path in bit/s of IP packets; 0: unlimited",
	"loss":                  "probability that a full packet is lost at random",
	"queue_bytes":           "drop-tail queue of the path; 0: one bandwidth-delay product",
	"congestion":            "congestion control asked for; empty: the system's",
	"settings":              "what the path's hosts were set to",
	"error":                 "why the trial failed",
	"unfaithful":            "why the path was not what it claims",
	"warnings":              "remarks",
	"settled":               "on the last trial of a cell: why there are no more",
	"bytes":                 "payload moved",
	"seconds":               "start of the client to its end",
	"goodput_bps":           "payload over the whole of the client's run",
	"setup_s":               "start to the first payload",
	"ramp_s":                "growing to full speed",
	"steady_s":              "at speed",
	"tail_s":                "after it",
	"steady_bps":            "goodput at speed",
	"stall_s":               "fixed wait of the peer itself, part of the set-up",
	"client_cpu_s":          "CPU time of the client, user and system",
	"server_cpu_s":          "CPU time of the server",
	"emulator_cpu_s":        "CPU time of the emulated path",
	"sender_sendfile_bytes": "payload sent by sendfile",
	"sender_copied_bytes":   "payload sent through memory of the program",
	"sender_deflated_bytes": "payload sent compressed",
	"sender_stored_bytes":   "payload sent in blocks, as it is",
	"sender_block_bytes":    "bytes on the wire of all blocks",
	"receiver_splice_bytes": "payload received by splice",
	"receiver_copied_bytes": "payload received through memory of the program",
	"retransmits":           "segments sent again, both hosts",
	"link_packets_in":       "packets into the link",
	"link_bytes_in":         "IP bytes into the link",
	"link_packets_out":      "packets out of the link",
	"link_bytes_out":        "IP bytes out of the link",
	"link_lost_random":      "packets lost at random",
	"link_lost_queue":       "packets lost to a full queue",
	"link_lost_refused":     "packets that the emulated path's device refused",
	"link_lost_device":      "packets lost between the kernel and the emulator",
	"link_queue_max_bytes":  "longest queue",
	"link_lateness_p50_s":   "delivery after its due time, median",
	"link_lateness_p99_s":   "delivery after its due time, 99th percentile",
	"link_lateness_max_s":   "delivery after its due time, most",
}
