//go:build !linux

package replay

import "io/fs"

// timesOf is not reached where there is no terminal to start the client at.
func timesOf(fs.FileInfo) string { return "unknown" }
