package wan

import (
	"math"
	"math/rand/v2"
)

// The generators of one direction: a stream each, so that jitter does not
// change which packets are lost.
const (
	streamLoss = iota
	streamJitter
)

// losses decides which packets vanish, each with the same probability and
// independently. It draws how many pass before the next loss (geometric), one
// random number a loss and none a packet.
type losses struct {
	random *rand.Rand
	scale  float64 // 1 / ln(1-p)
	pass   int64   // packets until the next loss
}

func newLosses(p float64, seed uint64) losses {
	l := losses{random: rand.New(rand.NewPCG(seed, streamLoss))}
	switch {
	case p <= 0:
		l.pass = math.MaxInt64
	case p >= 1:
		l.scale = 0
	default:
		l.scale = 1 / math.Log1p(-p)
		l.draw()
	}
	return l
}

// next reports whether the next packet vanishes.
func (l *losses) next() bool {
	if l.pass > 0 {
		l.pass--
		return false
	}
	l.draw()
	return true
}

// skip reports whether the next n packets all pass, and counts them if so.
func (l *losses) skip(n int64) bool {
	if l.pass < n {
		return false
	}
	l.pass -= n
	return true
}

func (l *losses) draw() {
	// 1-Float64 is in (0, 1]: its logarithm is finite.
	l.pass = int64(math.Min(math.Log(1-l.random.Float64())*l.scale, math.MaxInt64/2))
}

// wander is the jitter: a delay on a straight line from one random value in
// [0, most] to the next. It falls by no more than a quarter of the time that
// passes, so nothing overtakes and nothing is bunched, which independent values
// for each packet would do at any rate worth measuring: kept in order, all
// packets wait for the slowest, and the jitter is gone.
type wander struct {
	random   *rand.Rand
	most     int64 // ns
	from, to int64 // delays at the ends of the line
	begin    int64 // time of from
}

func newWander(most int64, seed uint64) wander {
	return wander{random: rand.New(rand.NewPCG(seed, streamJitter)), most: most, begin: math.MinInt64 / 2}
}

// at is the delay at time t, which never goes back.
func (w *wander) at(t int64) int64 {
	if w.most == 0 {
		return 0
	}
	length := 4 * w.most
	if t-w.begin >= 2*length {
		w.begin, w.from, w.to = t, w.value(), w.value()
	}
	if t-w.begin >= length {
		w.begin, w.from, w.to = w.begin+length, w.to, w.value()
	}
	return w.from + int64(float64(w.to-w.from)*float64(t-w.begin)/float64(length))
}

func (w *wander) value() int64 { return w.random.Int64N(w.most + 1) }
