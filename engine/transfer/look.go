package transfer

import "github.com/klauspost/compress"

// A look takes pieces from all over a block: headers and tables at its
// beginning say little about the rest.
const (
	lookPieces = 8
	lookPiece  = 512
)

// worthwhile is the estimate from which deflating gains something. Noise, be it
// random, encrypted or compressed, has up to 0.07; text and measurements have
// 0.4, and base64, of which a quarter can be saved, 0.2.
const worthwhile = 0.1

// compressible takes a cheap look, some 12 µs, at whether deflating may make
// plain shorter. It does not see what repeats over a distance.
func compressible(plain []byte) bool {
	if len(plain) <= 2*lookPieces*lookPiece {
		return true // deflating it is as cheap
	}
	var sample [lookPieces * lookPiece]byte
	stride := (len(plain) - lookPiece) / (lookPieces - 1)
	for i := range lookPieces {
		copy(sample[i*lookPiece:], plain[i*stride:][:lookPiece])
	}
	return compress.Estimate(sample[:]) >= worthwhile
}
