package netio

// CheckCongestion tells whether Options may name that congestion control
// algorithm; "" always may. The error lists what may be named instead. It wraps
// ENOENT for a name that the system does not know, EPERM for one that it keeps
// for the privileged, and errors.ErrUnsupported on systems other than Linux.
func CheckCongestion(name string) error {
	if name == "" {
		return nil
	}
	return checkCongestion(name)
}

// CheckCongestionUnprivileged is CheckCongestion for processes without the privileges
// that this one may have, or that it gives up later.
func CheckCongestionUnprivileged(name string) error {
	if err := CheckCongestion(name); err != nil || name == "" {
		return err
	}
	return checkAllowed(name)
}
