package netio

import (
	"context"
	"math"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// crowd has streams flood a limit, each of whose pieces takes a moment to move. It
// tells of each piece how many bytes moved, and after what wait.
func crowd(ctx context.Context, streams *sync.WaitGroup, limit *RateLimit, n int, moved func(bytes int64, waited time.Duration)) {
	var mu sync.Mutex
	for i := range n {
		streams.Go(func() {
			turns := limit.Join()
			defer turns.Leave()
			for ctx.Err() == nil {
				piece := min(turns.Piece(), 1<<20)
				time.Sleep(time.Duration(1+i%20) * time.Millisecond)
				mu.Lock()
				moved(piece, 0)
				mu.Unlock()
				began := time.Now()
				if turns.Wait(ctx, piece) == nil {
					mu.Lock()
					moved(0, time.Since(began))
					mu.Unlock()
				}
			}
		})
	}
}

// TestRateCut: wherever a rate comes from, with hundreds of streams under way, it
// holds within about a second, and none of them starves for what it moved before.
func TestRateCut(t *testing.T) {
	const (
		streams = 500
		low     = 100_000 // bytes per second
	)
	for name, high := range map[string]int64{"a fast rate": 1 << 30, "a slower one": 125_000_000, "none": 0} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				limit := new(RateLimit)
				limit.SetRate(high)
				ctx, cancel := context.WithTimeout(t.Context(), 31*time.Second)
				defer cancel()
				var (
					all      sync.WaitGroup
					bySecond [32]int64
					starved  time.Duration
					began    = time.Now()
				)
				crowd(ctx, &all, limit, streams, func(bytes int64, waited time.Duration) {
					second := time.Since(began) / time.Second
					bySecond[min(second, 31)] += bytes
					if second > 0 {
						starved = max(starved, waited)
					}
				})
				time.Sleep(time.Second)
				limit.SetRate(low)
				all.Wait()
				if starved > 3*time.Second {
					t.Errorf("a stream stood still for %v", starved)
				}
				// What had begun to move by then is none of the new rate's.
				if high > 0 && bySecond[1] > 3*low+streams*largestTurn {
					t.Errorf("%d bytes in the first second after the cut", bySecond[1])
				}
				var later int64
				for i, n := range bySecond[2:31] {
					if n > 2*low {
						t.Errorf("%d bytes in second %d after the cut", n, i+2)
					}
					later += n
				}
				if later < 29*low*95/100 || later > 29*low*105/100 {
					t.Errorf("%d bytes in 29 s at %d a second", later, low)
				}
			})
		})
	}
}

// TestRateRaised shows within about a second.
func TestRateRaised(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const (
			high   = 100_000_000
			raised = 10 * time.Second
			end    = 20 * time.Second
		)
		limit := NewRateLimit(100_000)
		ctx, cancel := context.WithTimeout(t.Context(), end)
		defer cancel()
		var all sync.WaitGroup
		var later int64
		began := time.Now()
		crowd(ctx, &all, limit, 500, func(bytes int64, _ time.Duration) {
			if time.Since(began) >= raised+2*round {
				later += bytes
			}
		})
		time.Sleep(raised)
		limit.SetRate(high)
		all.Wait()
		if want := int64(high * (end - raised - 2*round).Seconds()); later < want*95/100 {
			t.Errorf("%d bytes from 2 s after on, want %d", later, want)
		}
	})
}

// TestRateSwings: however often the rate changes, what passes is what it allowed,
// no more and no less.
func TestRateSwings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const high, low, seconds = 1_000_000, 900_000, 60
		limit := NewRateLimit(high)
		ctx, cancel := context.WithTimeout(t.Context(), seconds*time.Second)
		defer cancel()
		var all sync.WaitGroup
		var total int64
		crowd(ctx, &all, limit, 100, func(bytes int64, _ time.Duration) { total += bytes })
		for i := 0; ctx.Err() == nil; i++ {
			limit.SetRate([]int64{high, low}[i%2])
			time.Sleep(100 * time.Millisecond)
		}
		all.Wait()
		const want = (high + low) / 2 * seconds
		if total < want*97/100 || total > want*103/100 {
			t.Errorf("%d bytes, want about %d", total, want)
		}
	})
}

// TestRateEnds lets streams pass that waited, once there is no rate any more.
func TestRateEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limit := NewRateLimit(1000)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		var streams sync.WaitGroup
		for range 10 {
			streams.Go(func() {
				turns := limit.Join()
				defer turns.Leave()
				for turns.Piece() < math.MaxInt64 {
					if err := turns.Wait(ctx, turns.Piece()); err != nil {
						t.Error(err)
						return
					}
				}
				if err := turns.Wait(ctx, 1<<40); err != nil {
					t.Error(err)
				}
			})
		}
		time.Sleep(10 * time.Second)
		limit.SetRate(0)
		ended := time.Now()
		streams.Wait()
		if took := time.Since(ended); took > 2*round {
			t.Errorf("let pass after %v", took)
		}
	})
}

// TestTurns: however low the rate and however many the streams, none stands still
// for long.
func TestTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, c := range []struct {
			rate    int64
			streams int
		}{{10, 25}, {6000, 25}, {1 << 20, 1000}, {1 << 30, 25}} {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			var streams sync.WaitGroup
			crowd(ctx, &streams, NewRateLimit(c.rate), c.streams, func(_ int64, waited time.Duration) {
				// The first ones join while they are few, and take longer turns.
				if waited > 6*time.Second {
					t.Errorf("%d streams at %d a second: one waited %v", c.streams, c.rate, waited)
				}
			})
			streams.Wait()
			cancel()
		}
	})
	for rate, want := range map[int64]int64{1: 1, 1000: 50, math.MaxInt64: largestTurn} {
		turns := NewRateLimit(rate).Join()
		if got := turns.Piece(); got != want {
			t.Errorf("%d bytes a second in pieces of %d", rate, got)
		}
		turns.Leave()
	}
}
