//go:build !linux

package selfcheck

import "errors"

func (t task) work(<-chan struct{}, func(uint16) error) (done, error) {
	return done{}, errors.ErrUnsupported
}
