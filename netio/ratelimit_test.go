package netio

import (
	"context"
	"errors"
	"math"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestRateLimitTotal has streams come and go, in pieces larger and smaller than
// the burst, and looks at the total at every moment.
func TestRateLimitTotal(t *testing.T) {
	for name, tt := range map[string]struct {
		rate    int64
		pieces  []int64 // of one stream each
		seconds int64
	}{
		"one stream":       {1 << 20, []int64{64 << 10}, 10},
		"many streams":     {10 << 20, []int64{64 << 10, 64 << 10, 64 << 10, 64 << 10, 64 << 10}, 4},
		"slow":             {1000, []int64{64 << 10, 64 << 10}, 100},
		"unequal pieces":   {1 << 20, []int64{1, 1000, 1 << 20}, 10},
		"a byte a second":  {1, []int64{3}, 10},
		"ten gigabit":      {1_250_000_000, []int64{64 << 10, 256_000}, 1},
		"burst of a piece": {64 << 10 * 20, []int64{64 << 10, 64 << 10}, 10},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				limit := NewRateLimit(tt.rate)
				began := time.Now()
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(tt.seconds)*time.Second)
				defer cancel()
				var (
					mu      sync.Mutex
					total   int64
					streams sync.WaitGroup
				)
				for _, piece := range tt.pieces {
					streams.Go(func() {
						for limit.Wait(ctx, piece) == nil {
							mu.Lock()
							total += piece
							// Timers know whole nanoseconds.
							most := int64(float64(tt.rate)*(time.Since(began)+burst+10).Seconds()) + 1
							if total > most {
								t.Errorf("%d bytes after %v, at most %d may be", total, time.Since(began), most)
							}
							mu.Unlock()
						}
					})
				}
				streams.Wait()
				// What the pieces that were cut short had drawn is lost to the rest.
				want := tt.rate * tt.seconds
				for _, piece := range tt.pieces {
					want -= piece
				}
				if total < want*99/100 {
					t.Errorf("%d bytes in %d s at %d a second", total, tt.seconds, tt.rate)
				}
			})
		})
	}
}

// TestRateLimitShares: equal streams get equal shares, and the share of one that
// can't use it goes to the others.
func TestRateLimitShares(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const rate, piece, seconds = 1 << 20, 64 << 10, 60
		limit := NewRateLimit(rate)
		ctx, cancel := context.WithTimeout(t.Context(), seconds*time.Second)
		defer cancel()
		// The first stream's own path takes a piece a second.
		passed := make([]int64, 4)
		var streams sync.WaitGroup
		for i := range passed {
			streams.Go(func() {
				for limit.Wait(ctx, piece) == nil {
					passed[i] += piece
					if i == 0 {
						time.Sleep(time.Second)
					}
				}
			})
		}
		streams.Wait()
		var total int64
		for i, n := range passed {
			total += n
			if i > 1 && (n < passed[1]*95/100 || n > passed[1]*105/100) {
				t.Errorf("streams 2 and %d passed %d and %d bytes", i+1, passed[1], n)
			}
		}
		if passed[0] > seconds*piece {
			t.Errorf("the slow stream passed %d bytes", passed[0])
		}
		if total < rate*seconds*98/100 {
			t.Errorf("%d bytes passed, want nearly %d", total, rate*seconds)
		}
	})
}

func TestRateLimitGivesUp(t *testing.T) {
	tired := errors.New("tired of waiting")
	for name, tt := range map[string]struct {
		ctx  func(context.Context) (context.Context, context.CancelFunc)
		want error
	}{
		"cancel": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancelCause(ctx)
			time.AfterFunc(time.Second, func() { cancel(tired) })
			return ctx, func() { cancel(nil) }
		}, tired},
		// The bucket knows at once that it is too near, its cause comes later.
		"deadline": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeoutCause(ctx, time.Second, tired)
		}, tired},
		"before": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			cancel()
			return ctx, cancel
		}, context.Canceled},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := tt.ctx(t.Context())
				defer cancel()
				limit := NewRateLimit(1000)
				if err := limit.Wait(ctx, 1<<40); !errors.Is(err, tt.want) {
					t.Errorf("got %v, want %v", err, tt.want)
				}
				began := time.Now()
				if err := limit.Wait(t.Context(), 1000); err != nil || time.Since(began) > 2*time.Second {
					t.Errorf("the next waits %v, %v", time.Since(began), err)
				}
			})
		})
	}
}

func TestNoRateLimit(t *testing.T) {
	for _, rate := range []int64{0, -1} {
		limit := NewRateLimit(rate)
		if limit != nil {
			t.Fatalf("a limit of %d", rate)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := limit.Wait(ctx, 1<<62); err != nil {
			t.Error(err)
		}
		limit.Send(nil)
	}
}

// TestRateLimitUnder: two users under the limit of all keep to both.
func TestRateLimitUnder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const seconds = 60
		all, slow, fast := NewRateLimit(100_000), NewRateLimit(20_000), NewRateLimit(1_000_000)
		ctx, cancel := context.WithTimeout(t.Context(), seconds*time.Second)
		defer cancel()
		limits := []*RateLimit{slow.Under(all), slow.Under(all), fast.Under(all)}
		passed := make([]int64, len(limits))
		var streams sync.WaitGroup
		for i, limit := range limits {
			streams.Go(func() {
				for n := limit.Piece(); limit.Wait(ctx, n) == nil; n = limit.Piece() {
					passed[i] += n
				}
			})
		}
		streams.Wait()
		for what, c := range map[string][2]int64{
			"the slow user": {passed[0] + passed[1], 20_000}, "all": {passed[0] + passed[1] + passed[2], 100_000},
		} {
			got, rate := c[0], c[1]
			if got > rate*(seconds+1) || got < rate*seconds*95/100 {
				t.Errorf("%s: %d bytes in %d s at %d a second", what, got, seconds, rate)
			}
		}
	})
	r := NewRateLimit(1)
	if r.Under(nil) != r || (*RateLimit)(nil).Under(r) != r || (*RateLimit)(nil).Under(nil) != nil {
		t.Error("a limit under none, or none under a limit, is another one")
	}
	if got := NewRateLimit(5).Under(NewRateLimit(3).Under(NewRateLimit(4))).least(); got != 3 {
		t.Errorf("the least of 5, 3 and 4 is %d", got)
	}
}

// TestRateLimitChanges while streams wait.
func TestRateLimitChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limit := new(RateLimit)
		if err := limit.Wait(t.Context(), 1<<40); err != nil || limit.Piece() != math.MaxInt64 {
			t.Errorf("unlimited: %v, pieces of %d", err, limit.Piece())
		}
		limit.SetRate(10_000)
		var streams sync.WaitGroup
		began := time.Now()
		for range 10 {
			streams.Go(func() {
				if err := limit.Wait(t.Context(), 10_000); err != nil {
					t.Error(err)
				}
			})
		}
		time.Sleep(5 * time.Second) // half of it
		limit.SetRate(1000)
		time.Sleep(10 * time.Second) // a fifth of what is left
		limit.SetRate(40_000)
		streams.Wait()
		if took := time.Since(began); took < 15*time.Second+900*time.Millisecond || took > 18*time.Second {
			t.Errorf("100000 bytes took %v, want some 16 s", took)
		}
		streams.Go(func() {
			if err := limit.Wait(t.Context(), 1<<40); err != nil {
				t.Error(err)
			}
		})
		time.Sleep(time.Second)
		limit.SetRate(0)
		streams.Wait()
	})
}

// TestRateLimitPieces: however low the rate and however many the streams, none
// stands still for as long as peers wait.
func TestRateLimitPieces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, c := range []struct{ rate, streams int64 }{{10, 25}, {6000, 25}, {1 << 20, 1000}, {1 << 30, 25}} {
			limit := NewRateLimit(c.rate)
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
			var streams sync.WaitGroup
			for range c.streams {
				streams.Go(func() {
					for ctx.Err() == nil {
						began := time.Now()
						if limit.Wait(ctx, limit.Piece()) == nil && time.Since(began) > time.Minute {
							t.Errorf("%d streams at %d a second: one waited %v", c.streams, c.rate, time.Since(began))
						}
						if c.rate >= 1<<20 {
							time.Sleep(time.Second) // a path of its own
						}
					}
				})
			}
			streams.Wait()
			cancel()
		}
		for rate, want := range map[int64]int64{1: 1, math.MaxInt64: largestPiece} {
			if got := NewRateLimit(rate).Piece(); got != want {
				t.Errorf("%d bytes a second in pieces of %d", rate, got)
			}
		}
	})
}
