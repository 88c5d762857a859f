package peer

import (
	"context"
	"crypto/rand"
	"strconv"
)

// startLegacyServer starts what starts the server, and waits until it listens.
func startLegacyServer(ctx context.Context, path string, j Job, s *stage, password string) (*process, login, error) {
	hash := sha512Crypt(password, rand.Text()[:16])
	server, at, err := startAccount(ctx, j, private{
		name: "legacy bbftpd",
		// Some builds look for the password in one place, some in the other.
		passwd: passwdLine(hash, s.served),
		shadow: account + ":" + hash + ":19000:0:99999:7:::\n",
		argv:   append([]string{path}, legacyServerArgs(j.Streams)...),
	})
	return server, login{host: at.Addr().String(), port: int(at.Port()), user: account}, err
}

// legacyServerArgs are for a server whose standard input is the connection.
func legacyServerArgs(streams int) []string {
	return []string{"-R", "none", "-m", strconv.Itoa(streams)}
}
