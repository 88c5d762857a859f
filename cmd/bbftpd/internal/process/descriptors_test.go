package process

import (
	"strings"
	"testing"
)

func TestFurnish(t *testing.T) {
	for _, tt := range []struct {
		limit             uint64
		sessions, streams int
		want              Room
	}{
		{1 << 20, 0, 0, Room{512, (1<<20 - spare - 512*perSession) / perStream, 1 << 20}},
		{65536, 200, 0, Room{200, (65536 - spare - 200*perSession) / perStream, 65536}},
		{65536, 200, 600, Room{200, 600, 65536}},
		{1024, 0, 0, Room{40, 160, 1024}},
		{1024, 0, 100, Room{70, 100, 1024}},
		{1024, 100, 0, Room{100, 40, 1024}},
		{256, 0, 0, Room{8, 32, 256}},
	} {
		if got, err := furnish(tt.limit, tt.sessions, tt.streams); err != nil || got != tt.want {
			t.Errorf("%d descriptors for %d and %d: %+v, %v; want %+v", tt.limit, tt.sessions, tt.streams, got, err, tt.want)
		}
	}
	for _, tt := range []struct {
		limit             uint64
		sessions, streams int
	}{
		{1024, 1000, 0}, {1024, 0, 1000}, {1024, 100, 100}, {64, 0, 0}, {0, 1, 1},
	} {
		if got, err := furnish(tt.limit, tt.sessions, tt.streams); err == nil || !strings.Contains(err.Error(), "LimitNOFILE") {
			t.Errorf("%d descriptors for %d and %d: %+v, %v", tt.limit, tt.sessions, tt.streams, got, err)
		}
	}
}

// FuzzFurnish: whatever is divided, it never exceeds what there is.
func FuzzFurnish(f *testing.F) {
	f.Add(uint64(1024), uint16(0), uint16(0))
	f.Add(uint64(1)<<63, uint16(3), uint16(0))
	f.Fuzz(func(t *testing.T, limit uint64, sessions, streams uint16) {
		r, err := furnish(limit, int(sessions), int(streams))
		if err != nil {
			return
		}
		if need := uint64(spare + r.Sessions*perSession + r.Streams*perStream); need > limit || r.Sessions < 1 || r.Streams < 1 {
			t.Errorf("%d descriptors for %d and %d: %+v", limit, sessions, streams, r)
		}
	})
}
