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
	Legacy      = "legacy"       // with the windows it sets by itself
	LegacyTuned = "legacy-tuned" // with windows made for the path
	Iperf3      = "iperf3"
	SCP         = "scp"
	Rsync       = "rsync"
	Curl        = "curl"
)

// Names lists the peers.
func Names() []string { return []string{BBFTP, Legacy, LegacyTuned, Iperf3, SCP, Rsync, Curl} }

// Find returns the peer of that name. Whether its programs are there is for
// Version to say.
func Find(name string, p Programs) (Peer, error) {
	switch name {
	case BBFTP:
		return &bbftp{programs: p}, nil
	case Legacy, LegacyTuned:
		return &legacy{programs: p, tuned: name == LegacyTuned}, nil
	case Iperf3:
		return iperf3{}, nil
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
