package transfer

import (
	"errors"

	"github.com/klauspost/compress/zlib"
)

// gear is how much effort a block gets. The zero gear is none: it is left as
// it is.
type gear int

const (
	leave gear = iota
	fast
	thorough
	gears int = iota
)

// levels of the deflater. Every peer inflates any. Level 1 is the fastest and
// takes text to an eighth, like all up to 4; level 6, the legacy peers', gets
// 15 % more out of text and 30 % more out of measurements, at half and at an
// eighth of the speed.
var levels = [gears]int{fast: zlib.BestSpeed, thorough: 6}

// deflater makes a zlib stream of a block.
type deflater struct {
	out bounded
	zw  *zlib.Writer
}

func newDeflater(g gear) (*deflater, error) {
	d := new(deflater)
	zw, err := zlib.NewWriterLevel(&d.out, levels[g])
	d.zw = zw
	return d, err
}

// pack deflates plain into out and returns the length, 0 if it is more than out
// holds.
func (d *deflater) pack(out, plain []byte) (int, error) {
	d.out = bounded{b: out}
	d.zw.Reset(&d.out)
	_, err := d.zw.Write(plain)
	if err == nil {
		err = d.zw.Close()
	}
	n := d.out.n
	d.out = bounded{}
	if errors.Is(err, errFull) {
		return 0, nil
	}
	return n, err
}

// errFull ends a deflation that gains nothing.
var errFull = errors.New("longer than the block")

// bounded writes into a buffer that does not grow.
type bounded struct {
	b []byte
	n int
}

func (w *bounded) Write(p []byte) (int, error) {
	if len(p) > len(w.b)-w.n {
		return 0, errFull
	}
	w.n += copy(w.b[w.n:], p)
	return len(p), nil
}

// pack returns the zlib stream that plain becomes, nil where that would not be
// shorter.
func (e *codec) pack(g gear, plain []byte) (*buffer, error) {
	d, _ := e.deflaters[g].Get().(*deflater)
	if d == nil {
		var err error
		if d, err = newDeflater(g); err != nil {
			return nil, err
		}
	}
	packed := e.get(len(plain))
	n, err := d.pack(packed.b[:len(plain)-1], plain)
	e.deflaters[g].Put(d) // not deferred: after a panic nobody knows its state
	if err != nil || n == 0 {
		e.put(packed)
		return nil, err
	}
	packed.b = packed.b[:n]
	return packed, nil
}
