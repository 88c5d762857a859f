package replay

import (
	"fmt"
	"io/fs"
	"syscall"
	"time"
)

// timesOf says whose times a file has.
func timesOf(info fs.FileInfo) string {
	s := info.Sys().(*syscall.Stat_t)
	accessed, modified := int64(s.Atim.Sec), int64(s.Mtim.Sec)
	switch begin := time.Now().Add(-time.Hour).Unix(); {
	case accessed == sourceAccessed && modified == sourceModified:
		return kept
	case accessed > begin && modified > begin:
		return fresh
	}
	return fmt.Sprintf("%d/%d", accessed, modified)
}
