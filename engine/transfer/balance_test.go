package transfer

import (
	"fmt"
	"testing"
	"time"

	"bbftp/netio"
)

// model is a sender, its workers and a connection on a clock of its own, so that
// no timing of the machine decides.
type model struct {
	rate     float64 // of the connection, bytes per second
	deflates float64 // of a worker, bytes per second, fast
	ratio    float64 // of what it makes
	reads    float64 // of the peer, blocks' content per second; 0: any
	hiccup   float64 // of the first block deflated, seconds longer than others
}

const (
	modelBlock   = 256 << 10
	modelWorkers = 2
	modelSocket  = 4 << 20 // what the socket takes before it blocks
	modelWindow  = 1 << 20
	modelLag     = 0.01 // how far the peer may be behind, seconds
	slower       = 6.0  // the thorough gear
)

// send runs n blocks through the model and returns the time, in seconds, and how
// many blocks went by each gear.
func (m model) send(n int) (elapsed float64, by [gears]int) {
	type block struct {
		gear         gear
		handed, back float64
		bytes        int64
	}
	var (
		start   = time.Now()
		b       = newBalance(start)
		now     float64
		workers [modelWorkers]float64 // free from then on
		window  []block
		socket  int64 // unsent
		seen    float64
		taken   float64 // by the peer's program, time until when it is busy
	)
	at := func() time.Time { return start.Add(time.Duration(now * 1e9)) }
	pass := func(until float64) {
		now = max(now, until)
		socket = max(0, socket-int64((now-seen)*m.rate))
		seen = now
	}
	observe := func(handed int64) {
		pass(now)
		info := netio.Info{NotSent: socket, SendWindow: modelWindow, RTT: time.Millisecond}
		if m.reads > 0 && taken > now+modelLag/2 {
			info.SendWindow, info.NotSent = 0, socket+1
		}
		b.observe(at(), handed, info)
	}
	for sent := 0; sent < n; sent++ {
		for len(window) < modelWorkers+1 && sent+len(window) < n {
			var ahead int64
			for _, w := range window {
				ahead += w.bytes
			}
			w := block{gear: b.choose(modelBlock, ahead), bytes: modelBlock}
			if w.gear != leave {
				cost := modelBlock / m.deflates
				if w.gear == thorough {
					cost *= slower
				}
				cost += m.hiccup
				m.hiccup = 0
				free := 0
				for i := range workers {
					if workers[i] < workers[free] {
						free = i
					}
				}
				workers[free] = max(now, workers[free]) + cost
				w.handed, w.back, w.bytes = now, workers[free], int64(m.ratio*modelBlock)
			}
			window = append(window, w)
		}
		first := window[0]
		window = window[1:]
		by[first.gear]++
		if first.gear != leave {
			now = max(now, first.back)
			b.deflated(first.gear, modelBlock, first.bytes, time.Duration((first.back-first.handed)*1e9))
		}
		observe(0)
		if over := socket + first.bytes - modelSocket; over > 0 {
			pass(now + float64(over)/m.rate)
		}
		const copying = 5e9
		pass(now + float64(first.bytes)/copying)
		socket += first.bytes
		if m.reads > 0 {
			taken = max(now, taken) + modelBlock/m.reads
			if first.gear == leave {
				taken -= 0.9 * modelBlock / m.reads // it need not inflate
			}
			pass(taken - modelLag)
		}
		observe(first.bytes)
	}
	return now + float64(socket)/m.rate, by
}

// TestBalance holds the choice to what it is for: never much slower than the
// better of deflating all and leaving all, and faster where both together are.
func TestBalance(t *testing.T) {
	const blocks = 4000
	for _, ratio := range []float64{0.002, 0.12, 0.85} {
		for _, mbit := range []float64{10, 100, 1000, 10_000, 20_000} {
			t.Run(fmt.Sprintf("%v Mbit/s to %v", mbit, ratio), func(t *testing.T) {
				m := model{rate: mbit * 1e6 / 8, deflates: 300e6, ratio: ratio}
				took, by := m.send(blocks)
				content := float64(blocks * modelBlock)
				all := max(content*ratio/m.rate, content/(modelWorkers*m.deflates))
				none := content / m.rate
				t.Logf("%.2f s, all deflated %.2f s, none %.2f s; left, fast, thorough: %v", took, all, none, by)
				few := 8 * modelBlock / m.rate // blocks that had better been deflated
				if took > 1.1*min(all, none)+few {
					t.Errorf("took %.2f s, all deflated takes %.2f s, none %.2f s", took, all, none)
				}
				if left := by[leave]; none > 20*all && left > blocks/50 {
					t.Errorf("%d of %d blocks left as they are on a slow connection", left, blocks)
				}
				if none < all/4 && by[leave] < blocks*3/4 {
					t.Errorf("only %d of %d blocks left as they are on a fast connection", by[leave], blocks)
				}
			})
		}
	}
}

// TestBalanceBusyPeer has a peer that can't keep up with inflating on a fast
// connection: its full window must not be taken for a slow one.
func TestBalanceBusyPeer(t *testing.T) {
	m := model{rate: 5e9, deflates: 300e6, ratio: 0.85, reads: 100e6}
	took, by := m.send(4000)
	t.Logf("%.2f s; left, fast, thorough: %v", took, by)
	if by[leave] < 3000 {
		t.Errorf("%d of 4000 blocks left as they are", by[leave])
	}
}

// TestBalanceForgets has the first block take seconds, as where a processor was
// withheld: the others must not be left as they are for it.
func TestBalanceForgets(t *testing.T) {
	const blocks = 8000
	m := model{rate: 12.5e6, deflates: 300e6, ratio: 0.12, hiccup: 5}
	took, by := m.send(blocks)
	t.Logf("%.2f s; left, fast, thorough: %v", took, by)
	if by[leave] > blocks/8 {
		t.Errorf("%d of %d blocks left as they are on a slow connection", by[leave], blocks)
	}
}
