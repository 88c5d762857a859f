package client

import (
	"context"
	"fmt"
	"path"

	"bbftp/engine/storage"
	"bbftp/engine/wire"
)

// Mkdir makes one remote directory.
func (c *Client) Mkdir(ctx context.Context, dir string) error {
	return c.retry(ctx, func(ctx context.Context) error {
		if err := c.ready(ctx); err != nil {
			return err
		}
		_, err := c.simple("mkdir", wire.MsgMkdir, dir)
		return err
	})
}

// Chdir changes the remote directory and returns it as the server names it.
// It is restored after a reconnection.
func (c *Client) Chdir(ctx context.Context, dir string) (now string, err error) {
	err = c.retry(ctx, func(ctx context.Context) error {
		if err := c.ready(ctx); err != nil {
			return err
		}
		now, err = c.chdir(dir)
		return err
	})
	return now, err
}

func (c *Client) chdir(dir string) (string, error) {
	now, err := c.simple("cd", wire.MsgChdir, dir)
	if err == nil {
		c.dir = now
	}
	return now, err
}

// simple runs a command that is answered by MSG_OK with a text.
func (c *Client) simple(op string, code wire.Code, path string) (string, error) {
	answer, err := c.ask(op, code, path)
	if err != nil {
		return "", err
	}
	if r, ok := answer.(wire.Reply); ok && r.Kind == wire.MsgOK {
		return r.Text, nil
	}
	return "", fmt.Errorf("%s %s: %w", op, path, c.unexpected(answer, code))
}

// ask sends a command that consists of a path and returns the answer, unless
// that is a refusal.
func (c *Client) ask(op string, code wire.Code, path string) (wire.Message, error) {
	request := wire.PathRequest{Kind: code, Path: path}
	if err := request.Validate(); err != nil {
		return nil, &RequestError{op, path, err}
	}
	answer, err := c.command(request, c.cfg.Waits.Reply)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", op, path, err)
	}
	if r, ok := answer.(wire.Reply); ok && (r.Kind == wire.MsgBad || r.Kind == wire.MsgBadNoRetry) {
		return nil, fmt.Errorf("%s %s: %w", op, path, refused(r))
	}
	return answer, nil
}

// List returns the remote names that match pattern, as glob(3) spells them.
func (c *Client) List(ctx context.Context, pattern string) (names []string, err error) {
	err = c.retry(ctx, func(ctx context.Context) error {
		if err := c.ready(ctx); err != nil {
			return err
		}
		answer, err := c.ask("list", wire.MsgList, pattern)
		if err != nil {
			return err
		}
		m, ok := answer.(wire.ListReply)
		if !ok {
			return fmt.Errorf("list %s: %w", pattern, c.unexpected(answer, wire.MsgList))
		}
		names = m.Names
		return checkNames(pattern, names)
	})
	return names, err
}

// checkNames refuses a listing with names that were not asked for: a server
// could make "mget *.dat" write any file of the local directory.
func checkNames(pattern string, names []string) error {
	for _, name := range names {
		if !storage.Match(path.Base(pattern), path.Base(name)) {
			return fmt.Errorf("list %s: %w: %q", pattern, ErrUnasked, name)
		}
	}
	return nil
}

// Lcd changes the directory in which relative local names begin, and returns
// it.
func (c *Client) Lcd(dir string) (string, error) {
	now, err := c.local.Chdir(storage.Join(c.ldir, dir))
	if err != nil {
		return "", &LocalError{"change the local directory to " + dir, err}
	}
	c.ldir = now
	return now, nil
}

// LocalGlob returns the local names that match pattern.
func (c *Client) LocalGlob(ctx context.Context, pattern string) ([]string, error) {
	names, err := c.local.Glob(ctx, c.ldir, pattern)
	if err != nil {
		return nil, &LocalError{"match " + pattern, err}
	}
	return names, nil
}
