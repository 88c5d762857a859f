package peer

import (
	"context"
	"errors"
	"sync"

	"bbftp/bench/trial"
)

// copying is the client and the server of this release, kept from zero copy:
// sendfile and splice fail with EINVAL as on a file system without them, and
// the programs fall back to reading and writing.
type copying struct {
	bbftp
}

func (c *copying) Name() string { return BBFTPCopy }

func (c *copying) Supports(cell trial.Cell) error {
	if cell.Path != trial.Loopback {
		return errors.New(BBFTPCopy + " is measured on loopback")
	}
	return c.bbftp.Supports(cell)
}

func (c *copying) Run(ctx context.Context, j Job) (Outcome, error) {
	host, end, err := withoutZeroCopy()
	if err != nil {
		return Outcome{}, err
	}
	defer end()
	j.Client, j.Server = host, host
	o, err := c.bbftp.Run(ctx, j)
	if err == nil && o.Sender.Sendfile+o.Receiver.Splice > 0 {
		err = errors.New("zero copy was used in spite of all")
	}
	return o, err
}

// withoutZeroCopy is this machine as a host on which zero copy fails. It ends
// after the last of its programs.
func withoutZeroCopy() (Host, func(), error) {
	h := local{make(chan func())}
	ready := make(chan error)
	go h.serve(func() error {
		err := refuseZeroCopy()
		ready <- err
		return err
	})
	if err := <-ready; err != nil {
		return nil, nil, err
	}
	return h, sync.OnceFunc(func() { close(h.work) }), nil
}
