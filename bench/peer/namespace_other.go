//go:build !linux

package peer

import (
	"os"
	"os/exec"
)

// unprivileged leaves a program as privileged as this one.
func unprivileged(*exec.Cmd) {}

func ownNamespaces(*exec.Cmd) {}

func accountID() int { return os.Geteuid() }

// namespacesRefused is for systems that have them.
func namespacesRefused(error) bool { return false }
