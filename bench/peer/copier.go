package peer

import (
	"context"
	"os/exec"

	"bbftp/bench/trial"
)

// copier is a program that copies a file over one connection, with a server
// made for the trial.
type copier interface {
	// serve starts the server of a job.
	serve(ctx context.Context, j Job, s *stage) (*process, error)
	// command makes the client's command line.
	command(c trial.Cell, s *stage) (*exec.Cmd, error)
}

// finished is what is known of any two programs once they are done.
func finished(client, server *process) Outcome {
	return Outcome{
		Began: client.began, Ended: client.ended, ClientCPU: client.cpu(), ServerCPU: server.cpu(),
		ClientMemory: client.memory(), ServerMemory: server.memory(),
	}
}

// copyFile runs a copier, which nothing is known of but its time.
func copyFile(ctx context.Context, name string, p copier, j Job) (Outcome, error) {
	s, err := prepare(j)
	if err != nil {
		return Outcome{}, err
	}
	server, err := p.serve(ctx, j, s)
	if err != nil {
		return Outcome{}, err
	}
	defer server.stop()
	cmd, err := p.command(j.Cell, s)
	if err != nil {
		return Outcome{}, err
	}
	cmd.Dir = s.here
	client, err := start(j.Client, program{name: name, cmd: cmd})
	if err != nil {
		return Outcome{}, err
	}
	err = await(ctx, client, server)
	server.stop()
	o := finished(client, server)
	if err != nil {
		return o, err
	}
	o.Bytes = s.size
	return o, s.verify()
}
