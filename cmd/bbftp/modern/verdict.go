package modern

import (
	"fmt"
	"time"

	"bbftp/engine/client"
	"bbftp/engine/telemetry"
	"bbftp/engine/transfer"
)

// telling is how long a transfer lasts at least before it is said unasked what
// limited it: nobody wonders about less.
const telling = time.Second

// remarks are what there is to say of a copied file besides its figures.
func (p *plain) remarks(t *client.Transfer) (lines []string) {
	if p.explain {
		lines = append(lines, t.Why...)
	}
	if text := gained(t.Paths); text != "" {
		lines = append(lines, text)
	}
	v := t.Report.Verdict
	switch {
	case v.Limit != telemetry.Unknown && (p.explain || t.Report.Elapsed >= telling):
		lines = append(lines, limited(v))
		if p.explain && v.Reason != "" {
			lines = append(lines, v.Reason)
		}
		if (p.explain || p.verbose) && v.Advice != "" {
			lines = append(lines, "would help: "+v.Advice)
		}
	case p.explain && t.Report.Elapsed > 0:
		lines = append(lines, "over too soon to tell what limited it, or nothing stands out")
	}
	return lines
}

// gained says what compression did for the payload, "" if there was none.
func gained(p transfer.Paths) string {
	payload := p.Deflated + p.Stored
	switch {
	case payload == 0:
		return ""
	case p.Deflated == 0:
		return "nothing compressed: all blocks left as they were"
	case p.Stored == 0:
		return fmt.Sprintf("compressed to %.1f %%", share(p.BlockBytes, payload))
	}
	return fmt.Sprintf("compressed to %.1f %%, with %.1f %% left as it was", share(p.BlockBytes, payload), share(p.Stored, payload))
}

func share(part, whole int64) float64 { return float64(part) / float64(whole) * 100 }

// limits are the ends of "limited by".
var limits = map[telemetry.Limit]string{
	telemetry.Link:        "the link",
	telemetry.Loss:        "losses on the link",
	telemetry.RecvWindow:  "the receiver's window",
	telemetry.SendBuffer:  "the sender's buffer",
	telemetry.Peer:        "the other side",
	telemetry.PeerOrPath:  "the other side, or the path",
	telemetry.DiskRead:    "reading the file",
	telemetry.DiskWrite:   "writing the file",
	telemetry.CPU:         "the processor",
	telemetry.Compression: "compression",
	telemetry.RateLimited: "the rate that was asked for",
	telemetry.StartUp:     "the start-up: the windows had not grown yet",
}

func limited(v telemetry.Verdict) string {
	by, worded := limits[v.Limit]
	if !worded {
		by = string(v.Limit)
	}
	if v.Share < 0.005 {
		return "limited by " + by
	}
	return fmt.Sprintf("limited by %s, %.0f %% of the time", by, v.Share*100)
}
