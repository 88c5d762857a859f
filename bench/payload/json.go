package payload

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"time"
)

// What the records are made of.
var (
	sites    = []string{"CERN-PROD", "IN2P3-CC", "RAL-LCG2", "FZK-LCG2", "INFN-T1", "BNL-ATLAS", "TRIUMF-LCG2", "SARA-MATRIX", "NDGF-T1", "pic"}
	states   = []string{"DONE", "DONE", "DONE", "DONE", "FAILED", "RETRIED"}
	datasets = []string{"raw", "aod", "esd", "hist", "log", "calib"}
	messages = []string{"", "", "", "", "connection reset by peer", "no space left on device", "checksum mismatch", "timed out after 300 s"}
)

// transferRecords are what a file transfer service logs: names that repeat,
// numbers that grow, and identifiers and checksums that nothing compresses. It
// deflates to about a sixth.
func transferRecords(noise *rand.ChaCha8) func() []byte {
	var text bytes.Buffer
	at := time.Date(2024, 3, 1, 0, 0, 0, 0, time.UTC)
	pick := func(words []string) string { return words[noise.Uint64()%uint64(len(words))] }
	return func() []byte {
		text.Reset()
		for text.Len() < stretch {
			at = at.Add(time.Duration(noise.Uint64()%5e9) * time.Nanosecond)
			dataset, run, part := pick(datasets), 358000+noise.Uint64()%4000, noise.Uint64()%500
			size := noise.Uint64() % (4 << 30)
			fmt.Fprintf(&text, `{"time":%q,"id":"%08x-%04x","source":%q,"target":%q,"dataset":%q,`+
				`"path":"/eos/experiment/data24/%s/%08d/%s.%08d._%06d.root","bytes":%d,"seconds":%.3f,"streams":%d,`+
				`"state":%q,"attempt":%d,"adler32":"%08x","error":%q}`+"\n",
				at.Format(time.RFC3339Nano), noise.Uint64()>>32, noise.Uint64()>>48, pick(sites), pick(sites), dataset,
				dataset, run, dataset, run, part, size, float64(size)/(20e6+float64(noise.Uint64()%80e6)), 1+noise.Uint64()%16,
				pick(states), 1+noise.Uint64()%3, noise.Uint64()>>32, pick(messages))
		}
		return text.Bytes()
	}
}
