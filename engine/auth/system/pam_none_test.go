//go:build !pam

package system

import (
	"errors"
	"testing"
)

func TestWithoutPAM(t *testing.T) {
	if p, err := NewPAM("bbftpd"); p != nil || !errors.Is(err, ErrNoPAM) {
		t.Errorf("NewPAM = %v, %v", p, err)
	}
}
