package wan

import (
	"math"
	"testing"
)

func TestPace(t *testing.T) {
	for _, test := range []struct {
		name      string
		perWindow int64
		due       int64 // from now
		wait      int64
		listen    bool
	}{
		{"due already", 0, 0, 0, true},
		{"idle, nothing on its way", 0, math.MaxInt64, -1, true},
		{"idle, due later", 1, 5e6, 5e6 - paceEarly, true},
		{"idle, due soon", 1, paceEarly / 2, 0, true},
		{"steady", 8, 5e6, 5e6, true},
		{"steady, due soon", 8, paceEarly / 2, paceEarly / 2, true},
		{"busy", 100, 10, paceNap, false},
		{"busy, nothing on its way", 100, math.MaxInt64, paceNap, false},
	} {
		p := new(pace)
		var now int64
		for range 3 { // windows
			for range test.perWindow {
				p.count(now)
			}
			now += paceWindow
		}
		due := test.due
		if due < math.MaxInt64 {
			due += now
		}
		wait, listen := p.sleep(now, due)
		if test.wait >= 0 && wait != test.wait || test.wait < 0 && wait < 1e12 || listen != test.listen {
			t.Errorf("%s: sleeps %d ns, listening %v; want %d, %v", test.name, wait, listen, test.wait, test.listen)
		}
	}
}

func TestPaceLearnsWhatAWakeUpTakes(t *testing.T) {
	const late = 40_000
	p := new(pace)
	for i := range int64(100) {
		begin := i * 1e8
		p.sleep(begin, begin+5e6)
		p.woken(begin, 5e6, begin+5e6+late, false)
	}
	p.woken(1e10, math.MaxInt64-1e10, 1e10+1e7, true)
	if got := p.awoken(); got < late*9/10 || got > late {
		t.Errorf("the packet came %d ns before the wake-up, want %d", got, late)
	}
	p.count(1e10 + 1e7)
	if got := p.awoken(); got != 0 {
		t.Errorf("the second packet of a wake-up came %d ns before, want 0", got)
	}
	p.woken(2e10, math.MaxInt64-2e10, 2e10+7, true)
	if got := p.awoken(); got > 7 {
		t.Errorf("a packet came %d ns ago, the sleep began 7 ns ago", got)
	}
}
