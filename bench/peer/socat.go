package peer

import (
	"context"
	"fmt"
	"net/netip"
	"os/exec"
	"strconv"
	"strings"
	"sync"

	"bbftp/bench/trial"
)

// socat copies a file into a connection and the connection into a file: what
// one thread at each end can do that knows neither login, nor protocol, nor
// zero copy. The server ends by itself, and the trial with it: a client is done
// when its kernel has the last byte.
type socat struct{}

func (socat) Name() string { return Socat }

func (socat) Version(ctx context.Context) (string, error) {
	path, err := lookUp("socat")
	if err != nil {
		return "", err
	}
	text, err := words(ctx, path, "-V")
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "socat version") {
			return strings.TrimSpace(line), nil
		}
	}
	if err == nil {
		err = fmt.Errorf("%s -V: no version", path)
	}
	return "", err
}

func (socat) Supports(c trial.Cell) error {
	if c.Compressed {
		return fmt.Errorf("%s does not compress", Socat)
	}
	return single(Socat, c)
}

// socatBlock is what it reads and writes at once, in bytes: with the 8 KiB it
// takes by itself, it would be slower by half.
const socatBlock = 1 << 20

// socatArgs copy one way. -d -d has a server say when it listens.
func socatArgs(from, to string) []string {
	return []string{"-u", "-d", "-d", "-b", strconv.Itoa(socatBlock), from, to}
}

func (p socat) Run(ctx context.Context, j Job) (Outcome, error) {
	if err := p.Supports(j.Cell); err != nil {
		return Outcome{}, err
	}
	path, err := lookUp("socat")
	if err != nil {
		return Outcome{}, err
	}
	s, err := prepare(j)
	if err != nil {
		return Outcome{}, err
	}
	// By the name alone: in a path a comma would begin an option.
	source, copied := "OPEN:"+s.name()+",rdonly", "CREATE:"+s.name()
	listen := fmt.Sprintf("TCP-LISTEN:0,bind=%s", j.Server.Addr())
	serverArgs := socatArgs(listen, copied)
	if j.Direction == trial.Get {
		serverArgs = socatArgs(source, listen)
	}
	served := exec.Command(path, serverArgs...)
	served.Dir = s.served
	var once sync.Once
	listening := make(chan string, 1)
	server, err := start(j.Server, program{name: "socat server", cmd: served, stderr: func(line string) {
		if at, found := socatListens(line); found {
			once.Do(func() { listening <- at.String() })
		}
	}})
	if err != nil {
		return Outcome{}, err
	}
	defer server.stop()
	at, err := announced(ctx, server, listening)
	if err != nil {
		return Outcome{}, err
	}
	clientArgs := socatArgs(source, "TCP:"+at)
	if j.Direction == trial.Get {
		clientArgs = socatArgs("TCP:"+at, copied)
	}
	cmd := exec.Command(path, clientArgs...)
	cmd.Dir = s.here
	client, err := start(j.Client, program{name: Socat, cmd: cmd})
	if err != nil {
		return Outcome{}, err
	}
	if err = await(ctx, client, nil); err == nil {
		err = await(ctx, server, nil) // which has the rest to write
	}
	server.stop()
	o := finished(client, server)
	if o.Ended.Before(server.ended) {
		o.Ended = server.ended
	}
	if err != nil {
		return o, err
	}
	o.Bytes = s.size
	return o, s.verify()
}

// socatListens reads "... listening on AF=2 127.0.0.1:4242".
func socatListens(line string) (netip.AddrPort, bool) {
	_, text, found := strings.Cut(line, "listening on ")
	if !found {
		return netip.AddrPort{}, false
	}
	_, address, _ := strings.Cut(text, " ")
	at, err := netip.ParseAddrPort(strings.TrimSpace(address))
	return at, err == nil
}
