//go:build !linux

package netio

import "errors"

func tcpInfo(int) (Info, error) { return Info{}, errors.ErrUnsupported }
