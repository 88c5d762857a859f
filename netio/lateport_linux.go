package netio

import "golang.org/x/sys/unix"

// latePort leaves the choice of an ephemeral port to connect(2), which knows the
// other end: connections to different ends then share ports (ip(7)). bind(2)
// looks for one that nobody has, which takes it milliseconds once the
// connections of some ten thousand files are in TIME_WAIT. A kernel that does not
// know the option binds as ever.
func latePort(fd int) error {
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
	return nil
}
