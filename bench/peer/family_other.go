//go:build !linux

package peer

import "time"

type family struct{}

func watchFamily(*process) *family { return nil }

func (*family) cpu() time.Duration { return 0 }

func (*family) memory() int64 { return 0 }

func (*family) idle(int) []time.Duration { return nil }
