package wan

// device is a way to a host's packets. A read of fd takes one packet, a write
// hands one over: virtioHeaderLen bytes of virtio header, the link-layer
// header, the IP packet, which may be many of MTU in one piece.
type device struct {
	fd int // non-blocking
	// header is the link-layer header written before each packet; that of a
	// packet read is as long and is not looked at. A TUN device has none.
	header []byte
	// lost counts the packets the device dropped since it was opened, before
	// they could be read: losses outside the model.
	lost func() (int64, error)
	name string
}
