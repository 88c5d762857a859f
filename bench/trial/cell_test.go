package trial

import (
	"testing"
	"time"
)

func TestCell(t *testing.T) {
	c := Cell{Peer: "bbftp", Streams: 4, RTT: 0.1, Rate: 1e9, Direction: Put}
	if got := c.BDP(); got != 12500000 {
		t.Errorf("BDP %d", got)
	}
	if got := c.RoundTrip(); got != 100*time.Millisecond {
		t.Errorf("round trip %v", got)
	}
	other := c
	other.Peer, other.Streams, other.Window = "iperf3", 8, 1<<20
	if c.Route() != other.Route() {
		t.Error("what a user tunes is part of the route")
	}
	other.Loss = 1e-4
	if c.Route() == other.Route() {
		t.Error("the loss is no part of the route")
	}
}

func TestUsable(t *testing.T) {
	for _, tt := range []struct {
		r    Record
		want bool
	}{
		{Record{Repeat: 1}, true},
		{Record{}, false},
		{Record{Repeat: 1, Error: "x"}, false},
		{Record{Repeat: 1, Unfaithful: "x"}, false},
	} {
		if got := tt.r.Usable(); got != tt.want {
			t.Errorf("%+v: %v", tt.r, got)
		}
	}
	if got := (Record{Bytes: 5e8, ClientCPU: 0.5, ServerCPU: 1}).CPUPerGB(); got != 3 {
		t.Errorf("CPU per GB: %g", got)
	}
	if got := (Record{}).CPUPerGB(); got != 0 {
		t.Errorf("CPU per GB of nothing: %g", got)
	}
}
