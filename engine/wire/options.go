package wire

import (
	"fmt"
	"strings"
)

// Options is the option word of versions 2 and 3 (wire.md 2.1). Unknown bits are kept.
type Options uint32

// The bits of an option word.
const (
	OptTmp   Options = 0x01 // write under a temporary name, rename at the end
	OptAcc   Options = 0x02 // keep access and modification time
	OptMode  Options = 0x04 // keep permission bits
	OptDir   Options = 0x08 // create missing directories
	OptGzip  Options = 0x10 // data streams carry blocks
	OptRFIO  Options = 0x20 // mass storage on the server
	OptRFIOO Options = 0x40 // mass storage on the client; means nothing to a server
	OptQBSS  Options = 0x80 // the client wants IP TOS 0x20 on data streams
)

// Has says whether all bits of o2 are set.
func (o Options) Has(o2 Options) bool { return o&o2 == o2 }

// String lists the bits: "TMP|DIR", "GZIP|0x100"; "0" if there are none.
func (o Options) String() string {
	var set []string
	for i, name := range [...]string{"TMP", "ACC", "MODE", "DIR", "GZIP", "RFIO", "RFIO_O", "QBSS"} {
		if bit := Options(1) << i; o.Has(bit) {
			set = append(set, name)
			o &^= bit
		}
	}
	if o != 0 {
		set = append(set, fmt.Sprintf("%#x", uint32(o)))
	}
	if set == nil {
		return "0"
	}
	return strings.Join(set, "|")
}
