package recorded

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"io"

	"bbftp/engine/wire"
)

// ReadBlocks reads compressed blocks until they hold length bytes, and insists
// on wire.md 6.4: no block of more than limit bytes, before or after
// compression, one zlib stream each, and an end where the segment ends. With an
// error it returns the content before it.
func ReadBlocks(r io.Reader, length, limit int) (plain []byte, err error) {
	for len(plain) < length {
		data, err := readBlock(r, limit)
		if err == nil && len(data) > length-len(plain) {
			err = fmt.Errorf("block holds %d bytes, %d are missing", len(data), length-len(plain))
		}
		if err != nil {
			return plain, fmt.Errorf("after %d bytes of content: %w", len(plain), err)
		}
		plain = append(plain, data...)
	}
	return plain, nil
}

func readBlock(r io.Reader, limit int) ([]byte, error) {
	h, err := wire.ReadBlockHeader(r, limit)
	if err != nil {
		return nil, err
	}
	data := make([]byte, h.Len)
	if _, err := io.ReadFull(r, data); err != nil {
		return nil, fmt.Errorf("block of %d bytes: %w", h.Len, err)
	}
	if h.Code != wire.BlockZlib {
		return data, nil
	}
	packed := bytes.NewReader(data)
	z, err := zlib.NewReader(packed)
	if err != nil {
		return nil, fmt.Errorf("block of %d bytes: %w", h.Len, err)
	}
	data, err = io.ReadAll(io.LimitReader(z, int64(limit)+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("block of %d bytes: %w", h.Len, err)
	case len(data) > limit:
		return nil, fmt.Errorf("block of %d bytes holds more than %d", h.Len, limit)
	case packed.Len() > 0:
		return nil, fmt.Errorf("block of %d bytes: %d behind its zlib stream", h.Len, packed.Len())
	}
	return data, nil
}
