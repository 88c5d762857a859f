package modern

import "context"

// mkdir makes directories, with those on the way unless --no-mkdir is given.
func mkdir(ctx context.Context, r *run, operands []string) error {
	return r.ask(ctx, operands, func(s server, path string) (answer, error) {
		return nil, s.Mkdir(ctx, path)
	})
}

// rm removes files.
func rm(ctx context.Context, r *run, operands []string) error {
	return r.ask(ctx, operands, func(s server, path string) (answer, error) {
		return nil, s.Remove(ctx, path)
	})
}
