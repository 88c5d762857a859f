package password

import (
	"errors"
	"fmt"
	"regexp"

	"golang.org/x/crypto/bcrypt"
)

// bcryptHash looks at the first 72 bytes of a password only.
type bcryptHash []byte

// bcryptForm leaves out 2x, the mark of a broken implementation. The library
// checks neither alphabet nor length, and a hash it cannot read would be
// refused at once, which tells its user from others.
var bcryptForm = regexp.MustCompile(`^\$2[aby]\$[0-9]{2}\$[./A-Za-z0-9]{53}$`)

// maxBcryptCost keeps a check within some seconds; every step doubles it.
const maxBcryptCost = 16

func parseBcrypt(s string) (bcryptHash, error) {
	if !bcryptForm.MatchString(s) {
		return nil, errors.New("bcrypt hash: want $2b$COST$ and 53 characters of its base64")
	}
	h := bcryptHash(s)
	if cost, err := bcrypt.Cost(h); err != nil || cost > maxBcryptCost {
		return nil, fmt.Errorf("bcrypt hash: want a cost of %d to %d", bcrypt.MinCost, maxBcryptCost)
	}
	return h, nil
}

// Matches implements [Hash].
func (h bcryptHash) Matches(password []byte) bool {
	return bcrypt.CompareHashAndPassword(h, password) == nil
}
