//go:build !linux

package health

import "time"

// monotonic is the clock that systemd compares reloads by; there is none here.
func monotonic() time.Duration { return 0 }
