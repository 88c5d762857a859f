package wan

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// ringLength is how many packets a device holds for the emulator before it
// drops silently. TUN frees the sender's buffer as it queues, so only the
// congestion window bounds what may come while the emulator's thread waits for
// a core: room for 40 ms of full packets at 10 Gbit/s, 8 bytes each.
const ringLength = 32768

// openTUN adds the path's device to the host. It runs on the host's thread:
// the device is born in the namespace of the thread that asks.
func (h *Host) openTUN() (*device, error) {
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("wan: open /dev/net/tun: %w", err)
	}
	if err := setUpTUN(fd); err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	if err := h.connect(nil); err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	return &device{fd: fd, lost: h.dropped, name: deviceName}, nil
}

func setUpTUN(fd int) error {
	request, err := unix.NewIfreq(deviceName)
	if err != nil {
		return err
	}
	request.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI | unix.IFF_VNET_HDR)
	if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, request); err != nil {
		return fmt.Errorf("wan: make TUN device %s: %w", deviceName, err)
	}
	if err := unix.IoctlSetPointerInt(fd, unix.TUNSETVNETHDRSZ, virtioHeaderLen); err != nil {
		return fmt.Errorf("wan: set the virtio header of %s: %w", deviceName, err)
	}
	// Not UDP: super-packets of UDP are rare, and not every kernel can.
	const offload = unix.TUN_F_CSUM | unix.TUN_F_TSO4 | unix.TUN_F_TSO6 | unix.TUN_F_TSO_ECN
	if err := unix.IoctlSetInt(fd, unix.TUNSETOFFLOAD, offload); err != nil {
		return fmt.Errorf("wan: set the offloads of %s: %w", deviceName, err)
	}
	return nil
}
