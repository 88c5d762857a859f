package client

import (
	"context"
	"fmt"
)

// Put copies a local file to the server.
func (c *Client) Put(ctx context.Context, local, remote string) (t *Transfer, err error) {
	err = c.retry(ctx, func(ctx context.Context) error {
		if t, err = c.put(ctx, local, remote); err != nil {
			t, err = nil, fmt.Errorf("put %s: %w", local, err)
		}
		return err
	})
	return t, err
}

func (c *Client) put(ctx context.Context, local, remote string) (*Transfer, error) {
	at, err := c.place(local)
	if err != nil {
		return nil, at.failed("local file", err)
	}
	src, err := at.tree.OpenSource(at.name)
	if err != nil {
		return nil, at.failed("local file", err)
	}
	defer func() { _ = src.Close() }()
	if err := c.ready(ctx); err != nil {
		return nil, err
	}
	t := c.record("put", local, remote)
	t.Bytes = src.Size()
	if err := c.simulable(); err != nil {
		return nil, err
	}
	if t.Simulated && t.Bytes == 0 {
		return t, nil // to ask for it is to have it made
	}
	g, err := c.dialect().store(ctx, remote, src)
	if err != nil {
		return nil, err
	}
	if g == nil {
		return t, nil
	}
	defer g.close()
	if err := c.carry(ctx, t, g, src.File(), c.engine.Send); err != nil {
		return nil, err
	}
	return t, nil
}

func (c *Client) simulable() error {
	if c.set.Simulate && c.version == 1 {
		return &VersionError{Op: "simulate", Version: 1}
	}
	return nil
}
