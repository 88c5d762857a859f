package password

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

func TestProofs(t *testing.T) {
	p := NewProofs()
	right := []byte("secret")
	if p.Opened("a", "", nil) || p.Opened("a", "h", right) {
		t.Error("something was proven before anything was")
	}
	p.Remember("a", "h", right)
	for _, tt := range []struct {
		account, hash, password string
		want                    bool
	}{
		{"a", "h", "secret", true},
		{"a", "h", "Secret", false},
		{"a", "other", "secret", false},
		{"b", "h", "secret", false},
	} {
		if got := p.Opened(tt.account, tt.hash, []byte(tt.password)); got != tt.want {
			t.Errorf("%v: %v", tt, got)
		}
	}
	p.Remember("a", "h", []byte("newer"))
	if p.Opened("a", "h", right) || !p.Opened("a", "h", []byte("newer")) {
		t.Error("the last password is not the one that counts")
	}
	p.Remember("b", "h", right)
	p.Forget(func(account, hash string) bool { return account == "b" && hash == "h" })
	if p.Opened("a", "h", []byte("newer")) || !p.Opened("b", "h", right) {
		t.Error("forgot the wrong ones")
	}
	if one, other := NewProven(right), NewProven(right); one.sum == other.sum {
		t.Error("equal passwords have equal sums")
	}
}

func TestDecoys(t *testing.T) {
	d, other := NewDecoys(), NewDecoys()
	var met [4]int
	differ := false
	for i := range 4000 {
		name := fmt.Sprint("user", i)
		n := d.Choose(name, len(met))
		met[n]++
		if d.Choose(name, len(met)) != n {
			t.Fatalf("%s meets two decoys", name)
		}
		differ = differ || other.Choose(name, len(met)) != n
	}
	for i, n := range met {
		if n < 800 || n > 1200 {
			t.Errorf("%d is the decoy of %d names of 4000", i, n)
		}
	}
	if !differ {
		t.Error("two processes choose the same decoys")
	}
}

func TestTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := NewTurns(1)
		if err := turns.Take(t.Context()); err != nil {
			t.Fatal(err)
		}
		begin := time.Now() // the bubble's clock
		if err := turns.Take(t.Context()); !errors.Is(err, ErrBusy) || time.Since(begin) != maxWait {
			t.Errorf("without a turn: %v after %v", err, time.Since(begin))
		}
		cause := errors.New("client left")
		ctx, leave := context.WithCancelCause(t.Context())
		leave(cause)
		turns.Release()
		if err := turns.Take(ctx); !errors.Is(err, cause) {
			t.Errorf("a client that left got a turn: %v", err)
		}
		if err := turns.Take(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
