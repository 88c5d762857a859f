package client

import (
	"context"
	"fmt"
	"time"

	"bbftp/engine/storage"
	"bbftp/engine/transfer"
	"bbftp/engine/wire"
)

// Transfer is the record of a completed transfer.
type Transfer struct {
	Op         string // "put" or "get"
	Local      string
	Remote     string
	Bytes      int64
	Streams    int
	Compressed bool
	// Duration counts from the go-ahead to the server's final word.
	Duration time.Duration
	// Paths says how the payload travelled on this side.
	Paths transfer.Paths
}

// Put copies a local file to the server.
func (c *Client) Put(ctx context.Context, local, remote string) (t *Transfer, err error) {
	err = c.retry(ctx, func(ctx context.Context) error {
		t, err = c.put(ctx, local, remote)
		return err
	})
	return t, err
}

func (c *Client) put(ctx context.Context, local, remote string) (*Transfer, error) {
	src, err := c.local.OpenSource(storage.Join(c.ldir, local))
	if err != nil {
		return nil, &LocalError{"put " + local, err}
	}
	defer func() { _ = src.Close() }()
	t := &Transfer{Op: "put", Local: local, Remote: remote, Bytes: src.Size(), Compressed: c.cfg.Compress}
	if t.Bytes > 0 {
		t.Streams = c.cfg.Streams
	}
	if err := c.ready(ctx); err != nil {
		return nil, err
	}
	ls, err := c.listen(ctx, t.Streams)
	if err != nil {
		return nil, err
	}
	defer ls.close()
	code := wire.MsgStore
	if c.cfg.Compress {
		code = wire.MsgStoreC
	}
	request, err := c.request(code, remote, t.Bytes, ls)
	if err != nil {
		return nil, &RequestError{"put " + local, remote, err}
	}
	var counters transfer.Counters
	began := time.Now()
	if err := c.send(request); err != nil {
		return nil, fmt.Errorf("put %s: %w", local, err)
	}
	err = c.conclude(ctx, func(ctx context.Context) error {
		if t.Bytes == 0 {
			return nil // answered at once, without data streams
		}
		streams, err := c.accept(ctx, ls)
		if err != nil {
			return err
		}
		return c.engine.Send(ctx, streams, src.File(), t.Bytes, c.options(), &counters)
	})
	if err != nil {
		return nil, fmt.Errorf("put %s: %w", local, err)
	}
	t.Duration, t.Paths = time.Since(began), counters.Paths()
	return t, nil
}

// Get copies a file of the server to this machine.
func (c *Client) Get(ctx context.Context, remote, local string) (t *Transfer, err error) {
	err = c.retry(ctx, func(ctx context.Context) error {
		t, err = c.get(ctx, remote, local)
		return err
	})
	return t, err
}

func (c *Client) get(ctx context.Context, remote, local string) (*Transfer, error) {
	if err := c.ready(ctx); err != nil {
		return nil, err
	}
	t := &Transfer{Op: "get", Local: local, Remote: remote, Compressed: c.cfg.Compress}
	ls, err := c.listen(ctx, c.cfg.Streams)
	if err != nil {
		return nil, err
	}
	defer ls.close()
	code, wait := c.retrieveCode()
	request, err := c.request(code, remote, 0, ls)
	if err != nil {
		return nil, &RequestError{"get", remote, err}
	}
	answer, err := c.command(request, wait)
	if err != nil {
		return nil, fmt.Errorf("get %s: %w", remote, err)
	}
	switch m := answer.(type) {
	case wire.RetrOK:
		if err := m.Validate(); err != nil {
			return nil, fmt.Errorf("get %s: %w", remote, c.broken(err))
		}
		t.Bytes = m.Size
	case wire.Reply:
		if m.Kind != wire.MsgBad && m.Kind != wire.MsgBadNoRetry {
			return nil, fmt.Errorf("get %s: %w", remote, c.unexpected(answer, code))
		}
		if c.cfg.MassStorage {
			// A legacy server without mass storage leaves the request's body
			// unread and takes it for messages (wire.md 11.15).
			c.disconnect()
		}
		return nil, fmt.Errorf("get %s: %w", remote, refused(m))
	default:
		return nil, fmt.Errorf("get %s: %w", remote, c.unexpected(answer, code))
	}

	pending, err := c.local.Create(storage.Join(c.ldir, local), t.Bytes, 0o666&^c.cfg.Umask)
	if err == nil {
		defer func() { _ = pending.Abort() }()
		if t.Bytes == 0 {
			err = pending.Commit()
		}
	}
	if err != nil {
		if e := c.ctl.Send(wire.Signal{Kind: wire.MsgAbr}); e != nil {
			c.disconnect()
		}
		return nil, &LocalError{"get " + remote, err}
	}
	if t.Bytes == 0 {
		if err := c.ctl.Send(wire.Signal{Kind: wire.MsgCreateZero}); err != nil {
			c.disconnect() // the file is complete; the next command reconnects
		}
		return t, nil
	}

	t.Streams = c.cfg.Streams
	var counters transfer.Counters
	began := time.Now()
	if err := c.send(wire.Signal{Kind: wire.MsgRetrStart}); err != nil {
		return nil, fmt.Errorf("get %s: %w", remote, err)
	}
	err = c.conclude(ctx, func(ctx context.Context) error {
		streams, err := c.accept(ctx, ls)
		if err != nil {
			return err
		}
		return c.engine.Receive(ctx, streams, pending.File(), t.Bytes, c.options(), &counters)
	})
	if err != nil {
		return nil, fmt.Errorf("get %s: %w", remote, err)
	}
	t.Duration, t.Paths = time.Since(began), counters.Paths()
	if err := pending.Commit(); err != nil {
		return nil, &LocalError{"get " + remote, err}
	}
	return t, nil
}

// retrieveCode is the message that asks for a file, and how long its answer
// may take: opening a file of a tape archive takes as long as the tape.
func (c *Client) retrieveCode() (wire.Code, time.Duration) {
	switch {
	case c.cfg.MassStorage && c.cfg.Compress:
		return wire.MsgRetrRFIOC, 0
	case c.cfg.MassStorage:
		return wire.MsgRetrRFIO, 0
	case c.cfg.Compress:
		return wire.MsgRetrC, c.cfg.Waits.Reply
	}
	return wire.MsgRetr, c.cfg.Waits.Reply
}

func (c *Client) request(code wire.Code, name string, size int64, ls listeners) (wire.FileRequest, error) {
	return wire.NewFileRequest(code, name, size, c.ctl.LocalAddr().Addr(), ls.ports())
}

func (c *Client) options() transfer.Options {
	return transfer.Options{Blocks: c.cfg.Compress, Idle: c.cfg.Waits.Idle, AckWait: c.cfg.Waits.Ack}
}
