package client

import (
	"context"
	"fmt"
	"io/fs"
	"strings"

	"bbftp/engine/storage"
	"bbftp/engine/wire"
)

// verb is a command that consists of a path, and its message in version 1 and
// in the others.
type verb struct {
	op     string
	v1, v2 wire.Code
}

// unknown is the code of a verb that version 1 does not have.
const unknown wire.Code = -1

var (
	mkdir = verb{"mkdir", wire.MsgMkdir, wire.MsgMkdirV2}
	cd    = verb{"cd", wire.MsgChdir, wire.MsgChdirV2}
	list  = verb{"list", wire.MsgList, wire.MsgListV2}
	rm    = verb{"rm", unknown, wire.MsgRm}
	stat  = verb{"stat", unknown, wire.MsgStat}
	df    = verb{"df", unknown, wire.MsgDf}
)

// Mkdir makes a remote directory, and unless NoDirs is set those above it.
// Version 1 makes one, which must not exist; in the others it may.
func (c *Client) Mkdir(ctx context.Context, dir string) error {
	_, err := c.confirmed(ctx, mkdir, dir, true)
	return err
}

// Remove removes one remote file. Version 1 can't.
func (c *Client) Remove(ctx context.Context, file string) error {
	_, err := c.confirmed(ctx, rm, file, true)
	return err
}

// Stat describes a remote file or directory in the server's words: inode, mode
// (octal, with the type), size, block size, blocks, uid, gid, and in brackets
// the times of access, modification and change. [ParseStat] reads it. Version 1
// can't.
func (c *Client) Stat(ctx context.Context, path string) (line string, err error) {
	return c.confirmed(ctx, stat, path, false)
}

// Df describes the file system of a remote directory in the server's words:
// blocks, available blocks, block size, inodes, free inodes, longest name.
// [ParseDf] reads it. Version 1 can't.
func (c *Client) Df(ctx context.Context, dir string) (line string, err error) {
	return c.confirmed(ctx, df, dir, false)
}

// Chdir changes the remote directory and returns it as the server names it.
// It is restored after a reconnection.
func (c *Client) Chdir(ctx context.Context, dir string) (now string, err error) {
	err = c.retry(ctx, func(ctx context.Context) error {
		if err := c.ready(ctx); err != nil {
			return err
		}
		now, err = c.chdir(dir, c.set.options())
		return err
	})
	return now, err
}

func (c *Client) chdir(dir string, o wire.Options) (string, error) {
	now, err := c.ok(cd, dir, o)
	if err != nil {
		return "", err
	}
	if !strings.HasPrefix(now, "/") {
		// After a reconnection files would land in another directory (wire.md 11.13).
		return "", c.broken(fmt.Errorf("cd %s: the server names %s as its directory", dir, excerpt(now)))
	}
	c.dir = now
	return now, nil
}

// SetRemoteUmask changes the server's file mode creation mask, now and after
// each reconnection. Version 1 can't.
func (c *Client) SetRemoteUmask(ctx context.Context, mask fs.FileMode) error {
	m := wire.IntCommand{Kind: wire.MsgChumask, Value: int32(mask.Perm())}
	err := c.setNumber(ctx, m)
	if err == nil {
		c.umask = &m
	}
	return err
}

// SetRemoteClass changes the class of service of the server's mass storage, now
// and after each reconnection. Version 1 can't.
func (c *Client) SetRemoteClass(ctx context.Context, class int32) error {
	m := wire.IntCommand{Kind: wire.MsgChcos, Value: class}
	err := c.setNumber(ctx, m)
	if err == nil {
		c.class = &m
	}
	return err
}

func (c *Client) setNumber(ctx context.Context, m wire.IntCommand) error {
	return c.retry(ctx, func(ctx context.Context) error {
		if err := c.ready(ctx); err != nil {
			return err
		}
		text, err := c.number(m)
		if err == nil {
			c.confirm(text)
		}
		return err
	})
}

// number sends a command with a number.
func (c *Client) number(m wire.IntCommand) (string, error) {
	op := "set the remote umask"
	if m.Kind == wire.MsgChcos {
		op = "set the remote class of service"
	}
	if c.version == 1 {
		return "", &VersionError{Op: op, Version: 1}
	}
	return c.text(op, m)
}

// confirmed runs a command that is answered by MSG_OK with a text, which tell
// passes on.
func (c *Client) confirmed(ctx context.Context, v verb, path string, tell bool) (text string, err error) {
	err = c.retry(ctx, func(ctx context.Context) error {
		if err := c.ready(ctx); err != nil {
			return err
		}
		text, err = c.ok(v, path, c.set.options())
		if err == nil && tell {
			c.confirm(text)
		}
		return err
	})
	return text, err
}

func (c *Client) confirm(text string) {
	if c.cfg.OnReply != nil {
		c.cfg.OnReply(text)
	}
}

// ok sends v and returns the text of the server's MSG_OK.
func (c *Client) ok(v verb, path string, o wire.Options) (string, error) {
	m, err := c.message(v, path, o)
	if err != nil {
		return "", err
	}
	text, err := c.text(v.op+" "+path, m)
	if isRefusal(err) {
		c.refusedBy(v)
	}
	return text, err
}

// text is agreed, with what was asked for in the error.
func (c *Client) text(what string, m wire.Message) (string, error) {
	text, err := c.agreed(m)
	if err != nil {
		return "", fmt.Errorf("%s: %w", what, err)
	}
	return text, nil
}

// message puts v into the words of the version agreed on.
func (c *Client) message(v verb, path string, o wire.Options) (wire.Message, error) {
	if c.version > 1 {
		m := wire.PathCommand{Kind: v.v2, Options: o, Path: path}
		if err := m.Validate(); err != nil {
			return nil, &RequestError{v.op, path, err}
		}
		return m, nil
	}
	if v.v1 == unknown {
		return nil, &VersionError{Op: v.op + " " + path, Version: 1}
	}
	m := wire.PathRequest{Kind: v.v1, Path: path}
	if err := m.Validate(); err != nil {
		return nil, &RequestError{v.op, path, err}
	}
	return m, nil
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
