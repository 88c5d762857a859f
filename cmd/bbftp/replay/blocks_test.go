package replay

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"io"

	"bbftp/engine/wire"
)

// reader reads what the client sends.
type reader struct {
	*player
	from *conn
}

func (r reader) Read(b []byte) (int, error) {
	got, err := r.take(r.from, len(b))
	return copy(b, got), err
}

// readBlocks reads compressed blocks until they hold length bytes, and insists
// on wire.md 6.4: no block of more than limit bytes, before or after
// compression, one zlib stream each, and an end where the segment ends.
func readBlocks(r io.Reader, limit, length int) (plain []byte, err error) {
	for len(plain) < length {
		h, err := wire.ReadBlockHeader(r, limit)
		if err != nil {
			return plain, fmt.Errorf("after %d bytes of content: %w", len(plain), err)
		}
		data := make([]byte, h.Len)
		if _, err := io.ReadFull(r, data); err != nil {
			return plain, fmt.Errorf("block of %d bytes after %d bytes of content: %w", h.Len, len(plain), err)
		}
		if h.Code == wire.BlockZlib {
			packed := bytes.NewReader(data)
			z, err := zlib.NewReader(packed)
			if err == nil {
				data, err = io.ReadAll(z)
			}
			if err != nil || packed.Len() > 0 {
				return plain, fmt.Errorf("block of %d bytes: %d left over: %w", h.Len, packed.Len(), err)
			}
		}
		if len(data) > limit || len(plain)+len(data) > length {
			return plain, fmt.Errorf("block holds %d bytes, %d are missing", len(data), length-len(plain))
		}
		plain = append(plain, data...)
	}
	return plain, nil
}
