package peer

import (
	"context"
	"fmt"
	"time"
)

// await waits until the client is done. It ends it when ctx does, and when the
// server is gone and the client does not notice. server may be nil.
func await(ctx context.Context, client, server *process) error {
	var gone <-chan struct{}
	if server != nil {
		gone = server.done
	}
	var patience <-chan time.Time
	for {
		select {
		case <-client.done:
			if client.err == nil {
				return nil
			}
			return blame(client, server)
		case <-ctx.Done():
			client.stop()
			return client.failed(fmt.Errorf("stopped: %w", context.Cause(ctx)))
		case <-gone:
			gone, patience = nil, time.After(grace)
		case <-patience:
			client.stop()
			return server.failed(server.exit())
		}
	}
}

// blame words the failure of a client, with what the server said, too.
func blame(client, server *process) error {
	err := client.failed(client.err)
	if server == nil {
		return err
	}
	select {
	case <-server.done:
		return fmt.Errorf("%w\n%w", err, server.failed(server.exit()))
	default:
	}
	if said := server.said.String(); said != "" {
		return fmt.Errorf("%w\n%s:%s", err, server.name, said)
	}
	return err
}
