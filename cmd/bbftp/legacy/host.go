package legacy

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"unicode"
)

// checkPeer refuses what is no host or no user, before anyone is asked for a
// password. Behind ssh a host's name may be one that only ssh knows.
func (o *options) checkPeer(ctx context.Context) error {
	if err := checkHost(o.host); err != nil {
		return err
	}
	if o.ssh != nil {
		return nil
	}
	if o.user == "" {
		return misusef(18, "No username given: -u is needed; see bbftp --help")
	}
	var name *net.DNSError
	if _, err := net.DefaultResolver.LookupHost(ctx, o.host); errors.As(err, &name) && name.IsNotFound {
		return err
	}
	return nil // other trouble may be over when it is needed
}

// checkHost looks at a host's name or address.
func checkHost(host string) error {
	if host == "" {
		return misusef(14, "No hostname on command line; see bbftp --help")
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return nil
	}
	letter := strings.IndexFunc(host, unicode.IsLetter)
	before := host
	if letter >= 0 {
		before = host[:letter]
	}
	switch {
	case strings.Trim(before, "0123456789.") != "":
		return misusef(15, "Invalid hostname (%s)", host)
	case letter < 0:
		return misusef(16, "Invalid IP address (%s)", host)
	}
	return nil
}
