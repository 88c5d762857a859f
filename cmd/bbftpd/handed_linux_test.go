package main

import (
	"testing"

	"bbftp/cmd/internal/programtest"
)

// TestHanded starts the daemon as other programs do, which hand it sockets and
// variables: inetd(8), systemd(1), sshd(8).
func TestHanded(t *testing.T) {
	programtest.Passable(t)
	programs := programtest.Build(t)
	for name, test := range map[string]func(*testing.T, string){
		"inherited": testInherited, "inetd failure": testInetdFailure, "inetd denied": testInetdDenied,
		"inetd without peer": testInetdNoPeer, "socket as standard input": testSocketStdin,
		"systemd's wrong sockets": testSystemdSocket, "notify": testNotify,
	} {
		t.Run(name, func(t *testing.T) { test(t, programs) })
	}
}
