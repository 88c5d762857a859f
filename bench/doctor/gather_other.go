//go:build !linux

package doctor

import (
	"errors"
	"net/netip"
	"os"
)

func outgoing(netip.Addr) (Interface, error) { return Interface{}, errors.ErrUnsupported }

// direct is no flag here: what is read may come from the cache.
const direct = 0

func memoryOnly(*os.File) bool { return false }

// free is not known here: the test file has its usual size.
func free(dir string) (int64, error) {
	_, err := os.Stat(dir)
	return 10 * mostWritten, err
}
