package programtest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"syscall"
)

// LowPort returns what take makes of a port below those that the system gives to
// anybody: there, programs of other tests come by mistake, which think that a
// port is still closed. It tries others as long as one is in use.
func LowPort[T any](take func(port int) (T, error)) (T, error) {
	for tries := 1; ; tries++ {
		taken, err := take(20000 + rand.IntN(12768))
		if err == nil || !errors.Is(err, syscall.EADDRINUSE) || tries == 1000 {
			return taken, err
		}
	}
}

// ListenLow listens at such a port of 127.0.0.1.
func ListenLow() (net.Listener, error) {
	return LowPort(func(port int) (net.Listener, error) { return net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port)) })
}
