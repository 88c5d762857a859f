package peer

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Programs are the paths of programs; "" looks for one: our own beside this
// program and on PATH, others on PATH.
type Programs struct {
	Client, Server             string // bbftp and bbftpd of this release
	LegacyClient, LegacyServer string
	// Target is the server of cells on a Network path.
	Target Target
}

// The names of the peers.
const (
	BBFTP       = "bbftp"
	BBFTPAuto   = "bbftp-auto"   // with no option that tunes it, and no memory of earlier transfers
	BBFTPCopy   = "bbftp-copy"   // kept from zero copy: sendfile and splice fail
	BBFTPLegacy = "bbftp-legacy" // our client with the legacy server
	Legacy      = "legacy"       // with the windows it sets by itself
	LegacyTuned = "legacy-tuned" // with windows made for the path
	Iperf3      = "iperf3"
	Socat       = "socat"
	SCP         = "scp"
	Rsync       = "rsync"
	Curl        = "curl"
)

// Names lists the peers.
func Names() []string {
	return []string{BBFTP, BBFTPAuto, BBFTPCopy, BBFTPLegacy, Legacy, LegacyTuned, Iperf3, Socat, SCP, Rsync, Curl}
}

// Find returns the peer of that name. Whether its programs are there is for
// Version to say.
func Find(name string, p Programs) (Peer, error) {
	switch name {
	case BBFTP:
		return &bbftp{programs: p}, nil
	case BBFTPAuto:
		return &bbftp{programs: p, auto: true}, nil
	case BBFTPCopy:
		return &copying{bbftp{programs: p}}, nil
	case BBFTPLegacy:
		return &mixed{bbftp{programs: p}, legacy{programs: p}}, nil
	case Legacy, LegacyTuned:
		return &legacy{programs: p, tuned: name == LegacyTuned}, nil
	case Iperf3:
		return iperf3{}, nil
	case Socat:
		return socat{}, nil
	case SCP:
		return scp{}, nil
	case Rsync:
		return rsync{}, nil
	case Curl:
		return curl{}, nil
	}
	return nil, fmt.Errorf("unknown peer %q: want one of %s", name, strings.Join(Names(), ", "))
}

// find locates a program of this release.
func find(name, given string) (string, error) {
	if given != "" {
		return given, nil
	}
	if self, err := os.Executable(); err == nil {
		beside := filepath.Join(filepath.Dir(self), name)
		if _, err := os.Stat(beside); err == nil {
			return beside, nil
		}
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("%s: neither beside this program nor on PATH", name)
	}
	return path, nil
}

// daemonPlaces are where daemons are that a user's PATH may not lead to.
var daemonPlaces = []string{"/usr/sbin", "/usr/local/sbin", "/sbin"}

// lookUp locates a program of the system.
func lookUp(name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	for _, dir := range daemonPlaces {
		if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s: not on PATH", name)
}
