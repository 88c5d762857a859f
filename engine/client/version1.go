package client

import (
	"context"
	"time"

	"bbftp/engine/storage"
	"bbftp/engine/wire"
)

// version1 is the dialect of wire.md 7: the request holds the ports on which
// this side already listens.
type version1 struct{ *Client }

// store is answered only when the file is complete.
func (v version1) store(ctx context.Context, remote string, src *storage.Source) (*grant, error) {
	code := wire.MsgStore
	if v.compress() {
		code = wire.MsgStoreC
	}
	v.tune(true, src.Size())
	n := v.wantedStreams()
	if src.Size() == 0 {
		n = 0
	}
	g, request, err := v.prepare(ctx, code, remote, src.Size(), n)
	if err != nil {
		return nil, err
	}
	g.storing = true
	if g.size > 0 {
		if err := v.send(request); err != nil {
			g.close()
			return nil, err
		}
		return g, nil
	}
	_, err = v.agreed(request)
	return nil, err
}

func (v version1) retrieve(ctx context.Context, remote string) (*grant, error) {
	code, wait := v.retrieveCode()
	v.tune(false, -1)
	g, request, err := v.prepare(ctx, code, remote, 0, v.wantedStreams())
	if err != nil {
		return nil, err
	}
	answer, err := v.command(wait, request)
	if m, ok := answer.(wire.RetrOK); ok && err == nil {
		if err = m.Validate(); err == nil {
			g.size = m.Size
			return g, nil
		}
		err = v.broken(err)
	}
	g.close()
	switch {
	case err == nil:
		err = v.unexpected(answer, code)
	case isRefusal(err) && v.set.MassStorage:
		// A legacy server without mass storage leaves the request's body unread
		// and takes it for messages (wire.md 11.15).
		v.disconnect()
	}
	return nil, err
}

// prepare listens on n ports and makes a request with them.
func (v version1) prepare(ctx context.Context, code wire.Code, remote string, size int64, n int) (*grant, wire.FileRequest, error) {
	ls, err := v.listen(ctx, n)
	if err != nil {
		return nil, wire.FileRequest{}, err
	}
	request, err := wire.NewFileRequest(code, remote, size, v.ctl.LocalAddr().Addr(), ls.ports())
	if err != nil {
		ls.close()
		return nil, wire.FileRequest{}, &RequestError{Name: remote, Err: err}
	}
	return &grant{size: size, streams: n, blocks: v.compress(), block: wire.BlockSizeV1, listening: ls}, request, nil
}

// retrieveCode is the message that asks for a file, and how long its answer
// may take: opening a file of a tape archive takes as long as the tape.
func (v version1) retrieveCode() (wire.Code, time.Duration) {
	switch {
	case v.set.MassStorage && v.compress():
		return wire.MsgRetrRFIOC, 0
	case v.set.MassStorage:
		return wire.MsgRetrRFIO, 0
	case v.compress():
		return wire.MsgRetrC, v.set.Waits.Reply
	}
	return wire.MsgRetr, v.set.Waits.Reply
}

func (v version1) decline() { v.say(wire.MsgAbr) }

// start has nothing to say for a store: the request was the go-ahead.
func (v version1) start(_ context.Context, g *grant) (gather, error) {
	if !g.storing {
		if err := v.send(wire.Signal{Kind: wire.MsgRetrStart}); err != nil {
			return nil, err
		}
	}
	return v.accept(g.listening), nil
}
