//go:build !(linux && (amd64 || arm64))

package peer

import "errors"

func refuseZeroCopy() error { return errors.ErrUnsupported }
