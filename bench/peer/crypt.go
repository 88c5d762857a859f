package peer

import (
	"crypto/sha512"
	"strings"
)

// sha512Crypt hashes a password as crypt(3) does for a setting of
// "$6$rounds=1000$salt": SHA-512 in the least rounds there are. The legacy
// server takes no other kind of account than the system's.
//
// The method is Ulrich Drepper's "Unix crypt using SHA-256 and SHA-512".
func sha512Crypt(password, salt string) string {
	const rounds = 1000
	p, s := []byte(password), []byte(salt)

	h := sha512.New()
	h.Write(p)
	h.Write(s)
	h.Write(p)
	b := h.Sum(nil)

	h.Reset()
	h.Write(p)
	h.Write(s)
	h.Write(repeated(b, len(p)))
	for n := len(p); n > 0; n >>= 1 {
		if n&1 != 0 {
			h.Write(b)
		} else {
			h.Write(p)
		}
	}
	a := h.Sum(nil)

	h.Reset()
	for range p {
		h.Write(p)
	}
	dp := repeated(h.Sum(nil), len(p))
	h.Reset()
	for range 16 + int(a[0]) {
		h.Write(s)
	}
	ds := repeated(h.Sum(nil), len(s))

	for i := range rounds {
		h.Reset()
		first, last := a, dp
		if i%2 != 0 {
			first, last = dp, a
		}
		h.Write(first)
		if i%3 != 0 {
			h.Write(ds)
		}
		if i%7 != 0 {
			h.Write(dp)
		}
		h.Write(last)
		a = h.Sum(nil)
	}
	return "$6$rounds=1000$" + salt + "$" + cryptText(a)
}

// repeated is the first n bytes of b, over and over.
func repeated(b []byte, n int) []byte {
	out := make([]byte, 0, n+len(b))
	for len(out) < n {
		out = append(out, b...)
	}
	return out[:n]
}

// cryptText is a hash in crypt(3)'s own base 64: three bytes a third apart make
// four digits, the lowest first, and take turns in who comes first.
func cryptText(hash []byte) string {
	const digits = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	const third = sha512.Size / 3
	var text strings.Builder
	put := func(v uint, n int) {
		for range n {
			text.WriteByte(digits[v&63])
			v >>= 6
		}
	}
	for i := range third {
		at := [3]int{i, i + third, i + 2*third}
		turn := i % 3
		put(uint(hash[at[turn]])<<16|uint(hash[at[(turn+1)%3]])<<8|uint(hash[at[(turn+2)%3]]), 4)
	}
	put(uint(hash[sha512.Size-1]), 2)
	return text.String()
}
