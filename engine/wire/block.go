package wire

import (
	"fmt"
	"io"
)

// BlockHeaderSize is the length of a [BlockHeader] in bytes.
const BlockHeaderSize = 8

// BlockSizeV1 is the limit of a block in version 1 in bytes, before and after compression. In versions 2 and 3 see [Transfer.BlockLimit].
const BlockSizeV1 = 256000

// BlockCode says how the data of a block are kept.
type BlockCode int32

// The kinds of block.
const (
	BlockStored BlockCode = 0 // as they are: compressing would not have fitted into the limit
	BlockZlib   BlockCode = 1 // one complete zlib stream (RFC 1950); may be longer than its content
)

// BlockHeader precedes each block of a compressed data stream (wire.md 6.4).
type BlockHeader struct {
	Code BlockCode
	Len  int32 // bytes of the block
}

// Append adds the header's 8 bytes to b.
func (h BlockHeader) Append(b []byte) []byte { return append32(append32(b, int32(h.Code)), h.Len) }

// ParseBlockHeader decodes the header at the start of b. A length outside 1..limit fails with ErrLength, another code than the two above
// with ErrBlockCode, fewer than 8 bytes with ErrTruncated.
func ParseBlockHeader(b []byte, limit int) (BlockHeader, error) {
	if len(b) < BlockHeaderSize {
		return BlockHeader{}, fmt.Errorf("block header, byte %d: %w", len(b), ErrTruncated)
	}
	h := BlockHeader{Code: BlockCode(int32At(b, 0)), Len: int32At(b, 4)}
	if h.Code != BlockStored && h.Code != BlockZlib {
		return BlockHeader{}, fmt.Errorf("block header: code %d: %w", h.Code, ErrBlockCode)
	}
	if h.Len < 1 || int64(h.Len) > int64(limit) {
		return BlockHeader{}, fmt.Errorf("block header: %d bytes, limit %d: %w", h.Len, limit, ErrLength)
	}
	return h, nil
}

// ReadBlockHeader reads 8 bytes and decodes them like [ParseBlockHeader]. It returns io.EOF if the stream ends before the first of them.
func ReadBlockHeader(r io.Reader, limit int) (BlockHeader, error) {
	var b [BlockHeaderSize]byte
	n, err := io.ReadFull(r, b[:])
	if n == 0 && err != nil {
		return BlockHeader{}, err
	}
	if err != nil {
		return BlockHeader{}, fmt.Errorf("block header, byte %d: %w", n, midMessage(err))
	}
	return ParseBlockHeader(b[:], limit)
}

// AppendAck adds the ACK that ends a data stream, the receiver's answer to the last byte (wire.md 6.4).
func AppendAck(b []byte) []byte { return Signal{Kind: MsgAck}.Append(b) }

// ReadAck reads the ACK. Anything else fails with ErrNotAck; the end of the stream with io.EOF before the first byte and ErrTruncated after.
func ReadAck(r io.Reader) error {
	h, err := ReadHeader(r)
	switch {
	case err == io.ErrUnexpectedEOF:
		return fmt.Errorf("read ACK: %w", ErrTruncated)
	case err != nil:
		return fmt.Errorf("read ACK: %w", err)
	case h.Code != MsgAck:
		return &Error{Code: h.Code, Err: ErrNotAck}
	}
	return nil
}
