package auth

import (
	"context"
	"testing"

	"bbftp/engine/auth/internal/password"
)

// BenchmarkLogin is the server's share of one login and the client's, with a
// hash as bbftpd passwd makes it.
func BenchmarkLogin(b *testing.B) {
	hash, text := password.New("secret")
	keys := NewKeyPool(b.Context(), 0)
	login := func(b *testing.B, u *Users) {
		key, err := keys.Take(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		sealed, err := Seal(key.Offer(), "u", "secret")
		if err != nil {
			b.Fatal(err)
		}
		if _, err := u.Authenticate(context.Background(), key.Open(sealed)); err != nil {
			b.Fatal(err)
		}
	}
	accounts := func() *Users { return newUsers([]record{{Account{Name: "u"}, hash, text}}) }
	b.Run("first", func(b *testing.B) {
		for b.Loop() {
			login(b, accounts())
		}
	})
	b.Run("again", func(b *testing.B) {
		u := accounts()
		login(b, u)
		for b.Loop() {
			login(b, u)
		}
	})
}

// BenchmarkKey makes the key of one login, which the pool does beside the
// sessions.
func BenchmarkKey(b *testing.B) {
	for b.Loop() {
		if _, err := generateKey(); err != nil {
			b.Fatal(err)
		}
	}
}
