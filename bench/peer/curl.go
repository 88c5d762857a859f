package peer

import (
	"context"
	"errors"
	"os/exec"
	"sync"

	"bbftp/bench/trial"
)

// curl puts and gets over HTTP/1.1, with a small server of ours (serveHTTP).
type curl struct{}

func (curl) Name() string { return Curl }

func (curl) Version(ctx context.Context) (string, error) {
	path, err := lookUp("curl")
	if err != nil {
		return "", err
	}
	return firstLine(ctx, path, "--version")
}

func (curl) Supports(c trial.Cell) error {
	if c.Compressed {
		return errors.New("curl does not compress what it sends")
	}
	return single(Curl, c)
}

func (p curl) Run(ctx context.Context, j Job) (Outcome, error) {
	if err := p.Supports(j.Cell); err != nil {
		return Outcome{}, err
	}
	return copyFile(ctx, Curl, &curlCopy{}, j)
}

type curlCopy struct{ address string }

func (p *curlCopy) serve(ctx context.Context, j Job, s *stage) (*process, error) {
	cmd, err := helper(helpHTTP, j.Server.Addr().String(), s.served)
	if err != nil {
		return nil, err
	}
	var once sync.Once
	listening := make(chan string, 1)
	server, err := start(j.Server, program{name: "HTTP server", cmd: cmd, stdout: func(line string) {
		once.Do(func() { listening <- line })
	}})
	if err != nil {
		return nil, err
	}
	p.address, err = announced(ctx, server, listening)
	return server, err
}

func (p *curlCopy) command(c trial.Cell, s *stage) (*exec.Cmd, error) {
	path, err := lookUp("curl")
	return exec.Command(path, curlArgs(c, p.address, s.name())...), err
}

// curlArgs keep nobody's settings and proxies.
func curlArgs(c trial.Cell, address, name string) []string {
	args := []string{"-q", "--silent", "--show-error", "--fail", "--noproxy", "*"}
	if c.Direction == trial.Put {
		args = append(args, "--upload-file", name)
	} else {
		args = append(args, "--output", name)
	}
	return append(args, "http://"+address+"/"+name)
}
