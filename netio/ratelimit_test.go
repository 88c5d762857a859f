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

// flood moves pieces of at most n bytes under a limit until the end of ctx, and
// tells of each when the next may move.
func flood(ctx context.Context, limit *RateLimit, n int64, moved func(n int64)) {
	turns := limit.Join()
	defer turns.Leave()
	for {
		piece := min(n, turns.Piece())
		if turns.Wait(ctx, piece) != nil {
			return
		}
		moved(piece)
	}
}

// TestRateLimitTotal has streams come and go, in pieces of all sizes, and looks at
// the total at every moment.
func TestRateLimitTotal(t *testing.T) {
	for name, tt := range map[string]struct {
		rate    int64
		pieces  []int64 // of one stream each
		seconds int64
	}{
		"one stream":       {1 << 20, []int64{64 << 10}, 10},
		"many streams":     {10 << 20, []int64{64 << 10, 64 << 10, 64 << 10, 64 << 10, 64 << 10}, 4},
		"slow":             {1000, []int64{64 << 10, 64 << 10}, 100},
		"unequal pieces":   {1 << 20, []int64{50, 1000, 1 << 20}, 10},
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
				// What is less than a turn is waited for with what follows.
				short := int64(len(tt.pieces)) * (limit.own.turn(tt.rate) - 1)
				for _, piece := range tt.pieces {
					streams.Go(func() {
						flood(ctx, limit, piece, func(n int64) {
							mu.Lock()
							defer mu.Unlock()
							total += n
							// Timers know whole nanoseconds.
							most := short + int64(float64(tt.rate)*(time.Since(began)+burst+10).Seconds()) + 1
							if total > most {
								t.Errorf("%d bytes after %v, at most %d may be", total, time.Since(began), most)
							}
						})
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
				flood(ctx, limit, piece, func(n int64) {
					passed[i] += n
					if i == 0 {
						time.Sleep(time.Second)
					}
				})
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

// TestRateLimitShortPieces: streams of blocks, each a header and a rest, get as
// much as one that moves whole turns.
func TestRateLimitShortPieces(t *testing.T) {
	for _, block := range [][]int64{{8, 100}, {8, 30_000}, {8, 33_000}, {8, 65_000}, {8, 1 << 40, 1 << 40, 1 << 40, 59_392}, {1448}} {
		synctest.Test(t, func(t *testing.T) {
			const rate, seconds = 1 << 20, 20
			limit := NewRateLimit(rate)
			ctx, cancel := context.WithTimeout(t.Context(), seconds*time.Second)
			defer cancel()
			var whole, short int64
			var streams sync.WaitGroup
			streams.Go(func() { flood(ctx, limit, 1<<40, func(n int64) { whole += n }) })
			streams.Go(func() {
				turns := limit.Join()
				defer turns.Leave()
				for i := 0; ; i++ {
					n := min(block[i%len(block)], turns.Piece())
					if turns.Wait(ctx, n) != nil {
						return
					}
					short += n
				}
			})
			streams.Wait()
			if short < whole*98/100 || short > whole*102/100 {
				t.Errorf("blocks of %d: %d bytes, in whole turns %d", block, short, whole)
			}
			if total := whole + short; total < rate*seconds*98/100 {
				t.Errorf("blocks of %d: %d bytes passed in all, want nearly %d", block, total, rate*seconds)
			}
		})
	}
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
				limit := NewRateLimit(1)
				turns := limit.Join()
				turns.Piece()
				if err := turns.Wait(ctx, 60); !errors.Is(err, tt.want) { // a minute
					t.Errorf("got %v, want %v", err, tt.want)
				}
				if err := turns.Settle(ctx); !errors.Is(err, tt.want) {
					t.Errorf("settling: got %v, want %v", err, tt.want)
				}
				turns.Leave()
				if n := limit.own.streams.Load(); n != 0 {
					t.Errorf("%d streams are left", n)
				}
			})
		})
	}
}

// TestRateLimitSettles: a file that is smaller than a turn waits in the end, and
// one that fails is paid for by those after it.
func TestRateLimitSettles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limit := NewRateLimit(1 << 20)
		began := time.Now()
		for i := range 100 {
			turns := limit.Join()
			if turns.Piece() < 10_000 {
				t.Fatalf("a turn of %d bytes", turns.Piece())
			}
			if err := turns.Wait(t.Context(), 10_000); err != nil {
				t.Fatal(err)
			}
			if i%2 == 0 {
				if err := turns.Settle(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			turns.Leave()
		}
		last := limit.Join()
		defer last.Leave()
		if last.Piece(); last.Wait(t.Context(), limit.own.turn(1<<20)) != nil {
			t.Fatal("no turn")
		}
		const bytes = 1_000_000
		if took, least := time.Since(began), bytes*time.Second/(1<<20)-burst; took < least {
			t.Errorf("%d bytes took %v, at least %v", bytes, took, least)
		}
	})
}

func TestNoRateLimit(t *testing.T) {
	for _, rate := range []int64{0, -1} {
		limit := NewRateLimit(rate)
		if limit != nil {
			t.Fatalf("a limit of %d", rate)
		}
		for _, none := range []*RateLimit{limit, new(RateLimit)} {
			turns := none.Join()
			if n := turns.Piece(); n != math.MaxInt64 {
				t.Errorf("pieces of %d", n)
			}
			if err := errors.Join(turns.Wait(t.Context(), 1<<62), turns.Settle(t.Context())); err != nil {
				t.Error(err)
			}
			turns.Leave()
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
			streams.Go(func() { flood(ctx, limit, 1<<40, func(n int64) { passed[i] += n }) })
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
	// Where the rate of all is what counts, users get about the same of it, whatever
	// their own rates are.
	synctest.Test(t, func(t *testing.T) {
		all := NewRateLimit(100_000)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		passed := make([]int64, 2)
		var streams sync.WaitGroup
		for i, rate := range []int64{80_000, 100_000_000} {
			streams.Go(func() { flood(ctx, NewRateLimit(rate).Under(all), 1<<40, func(n int64) { passed[i] += n }) })
		}
		streams.Wait()
		if passed[0] < passed[1]*90/100 || passed[0] > passed[1]*110/100 {
			t.Errorf("%d and %d bytes", passed[0], passed[1])
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
