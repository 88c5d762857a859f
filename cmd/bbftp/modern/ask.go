package modern

import (
	"cmp"
	"context"
)

// ask puts one question for each operand.
func (r *run) ask(ctx context.Context, operands []string, question func(s server, path string) (answer, error)) error {
	at, paths, err := r.o.oneServer(operands)
	if err != nil {
		return err
	}
	return r.session(at, len(paths), func(s server) error {
		each(ctx, r, paths, func(path string) outcome {
			path = cmp.Or(path, ".")
			a, err := question(s, path)
			return outcome{object: path, answer: a, err: err}
		})
		return nil
	})
}

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
