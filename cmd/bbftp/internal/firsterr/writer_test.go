package firsterr

import (
	"errors"
	"io/fs"
	"syscall"
	"testing"
)

// failing fails with its errors in turn, nil among them.
type failing []error

func (f *failing) Write(b []byte) (int, error) {
	err := (*f)[0]
	if *f = (*f)[1:]; err != nil {
		return 0, err
	}
	return len(b), nil
}

func TestWriter(t *testing.T) {
	full := &fs.PathError{Op: "write", Path: "/dev/stdout", Err: syscall.ENOSPC}
	gone := &fs.PathError{Op: "write", Path: "/dev/stdout", Err: syscall.EPIPE}
	other := errors.New("other")
	for _, tt := range []struct {
		name string
		errs failing
		want error
	}{
		{"written", failing{nil, nil}, nil},
		{"cut", failing{nil, full}, syscall.ENOSPC},
		{"cut in the middle", failing{full, nil, other}, syscall.ENOSPC},
		{"without a name", failing{other, full}, other},
		{"the reader is gone", failing{gone, gone}, nil},
		{"the reader is gone, then cut", failing{gone, full}, syscall.ENOSPC},
	} {
		t.Run(tt.name, func(t *testing.T) {
			below := tt.errs
			w := New(&below)
			for _, want := range tt.errs {
				if _, err := w.Write([]byte("x")); err != want {
					t.Errorf("Write returns %v, want %v", err, want)
				}
			}
			if got := w.Err(); got != tt.want {
				t.Errorf("Err is %v, want %v", got, tt.want)
			}
			if w.Unwrap() != &below {
				t.Error("Unwrap returns another writer")
			}
		})
	}
}
