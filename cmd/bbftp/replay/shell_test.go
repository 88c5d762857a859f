package replay

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
)

// shellVariable makes this test program the remote shell of ssh mode: it holds
// the address of the player, who hears first what the shell was asked to run.
const shellVariable = "BBFTP_REPLAY_SHELL"

func TestMain(m *testing.M) {
	if player := os.Getenv(shellVariable); player != "" {
		if err := remoteShell(player); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	syscall.Umask(0o022) // the recorder's
	os.Exit(m.Run())
}

func remoteShell(player string) error {
	conn, err := net.Dial("tcp", player)
	if err != nil {
		return err
	}
	args, err := json.Marshal(os.Args[1:])
	if err != nil {
		return err
	}
	if _, err := conn.Write(append(args, '\n')); err != nil {
		return err
	}
	go func() {
		_, _ = io.Copy(conn, os.Stdin)
		_ = conn.(*net.TCPConn).CloseWrite()
	}()
	_, err = io.Copy(os.Stdout, conn)
	return err
}

// needsS is what a client adds to a remote command that lacks it.
func needsS(command string) string {
	if strings.Contains(command, " -s") {
		return ""
	}
	return " -s"
}

// options returns the single-letter options of a legacy command line.
func options(run []string) map[string]string {
	all := make(map[string]string)
	for i := 1; i < len(run); i++ {
		if name, ok := strings.CutPrefix(run[i], "-"); ok {
			value := name[1:] // of -D
			if strings.Contains("RreuipLEoIw", name) && i+1 < len(run) {
				i++
				value = run[i]
			}
			all[name[:1]] = value
		}
	}
	return all
}
