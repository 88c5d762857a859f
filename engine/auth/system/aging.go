package system

import (
	"errors"
	"strconv"
	"time"
)

// shadowEntry is one line of a shadow file (shadow(5)). Days count from 1970; -1 is
// an empty field.
type shadowEntry struct {
	hash                     string
	changed, longest, expire int64
	bad                      bool // a field is no number
}

func parseShadow(field []string) shadowEntry {
	e := shadowEntry{hash: field[1]}
	for text, day := range map[int]*int64{2: &e.changed, 4: &e.longest, 7: &e.expire} {
		*day = -1
		if field[text] == "" {
			continue
		}
		n, err := strconv.ParseInt(field[text], 10, 32)
		if err != nil {
			e.bad = true
		}
		*day = n
	}
	return e
}

// refusal says why an account is not let in on a day, be the password right or not.
// A password that has to be changed keeps its user out: bbftp has no way to ask
// for a new one. A change in the future, which a clock gone wrong can make of
// any, does not.
func (e shadowEntry) refusal(now time.Time) error {
	today := now.Unix() / int64(24*time.Hour/time.Second)
	switch {
	case e.bad:
		return errors.New("its shadow entry has a field that is no number")
	case e.expire >= 0 && today >= e.expire:
		return errors.New("account expired")
	case e.changed == 0:
		return errors.New("password has to be changed first")
	case e.changed > 0 && e.longest >= 0 && today > e.changed+e.longest:
		return errors.New("password expired")
	}
	return nil
}
