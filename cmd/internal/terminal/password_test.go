package terminal

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
)

func TestFirstLine(t *testing.T) {
	long := strings.Repeat("x", 2*maxLine)
	for _, tt := range []struct {
		name, in, want string
	}{
		{"a line", "secret\n", "secret"},
		{"without an end", "secret", "secret"},
		{"a DOS line", "secret\r\n", "secret"},
		{"of several", "secret\nother\n", "secret"},
		{"blanks are part of it", " se cret\t\n", " se cret\t"},
		{"any bytes", "\xff\x00\xe9\n", "\xff\x00\xe9"},
		{"empty", "\n", ""},
		{"more than any password", long, long[:maxLine]},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, in := range []io.Reader{strings.NewReader(tt.in), iotest.OneByteReader(strings.NewReader(tt.in))} {
				if got, err := FirstLine(in); err != nil || got != tt.want {
					t.Errorf("%q, %v, want %q", got, err, tt.want)
				}
			}
		})
	}
}

func TestFirstLineFails(t *testing.T) {
	if _, err := FirstLine(strings.NewReader("")); err == nil {
		t.Error("no line at all is a password")
	}
	broken := errors.New("broken")
	for _, in := range []io.Reader{
		iotest.ErrReader(broken),
		io.MultiReader(strings.NewReader("sec"), iotest.ErrReader(broken)), // half a password
	} {
		if got, err := FirstLine(in); !errors.Is(err, broken) {
			t.Errorf("%q, %v", got, err)
		}
	}
}

func TestPasswordFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "password")
	if _, err := PasswordFile(name); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
	if err := os.WriteFile(name, []byte("secret\nother\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := PasswordFile(name); err != nil || got != "secret" {
		t.Errorf("%q, %v", got, err)
	}
}

// At a terminal the scripts of the programs test both.
func TestPasswordFromPipe(t *testing.T) {
	for name, read := range map[string]func(*os.File, io.Writer) (string, error){
		"Password": func(in *os.File, out io.Writer) (string, error) {
			return Password(context.Background(), in, out, "Password: ")
		},
		"NewPassword": func(in *os.File, out io.Writer) (string, error) {
			return NewPassword(context.Background(), in, out)
		},
	} {
		t.Run(name, func(t *testing.T) {
			in, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer in.Close()
			if _, err := w.WriteString("secret\nsecond\n"); err != nil {
				t.Fatal(err)
			}
			w.Close()
			var out strings.Builder
			got, err := read(in, &out)
			if err != nil || got != "secret" {
				t.Errorf("%q, %v", got, err)
			}
			if out.Len() > 0 {
				t.Errorf("a pipe is prompted: %q", out.String())
			}
		})
	}
}

func TestPasswordCancelled(t *testing.T) {
	in, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	defer w.Close() // nobody ever writes
	ctx, cancel := context.WithCancelCause(context.Background())
	cause := errors.New("enough")
	cancel(cause)
	if _, err := Password(ctx, in, io.Discard, ""); !errors.Is(err, cause) {
		t.Errorf("error is %v", err)
	}
}
