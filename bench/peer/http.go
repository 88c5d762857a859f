package peer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

const helpHTTP = "http"

// serveHTTP is a static HTTP server of one directory, GET and PUT, for two
// arguments: the address to listen at and the directory. It writes the address
// it got.
func serveHTTP(ctx context.Context, args []string, stdout io.Writer) error {
	if len(args) != 2 {
		return errors.New("http: want ADDRESS and DIRECTORY")
	}
	dir, err := os.OpenRoot(args[1])
	if err != nil {
		return err
	}
	defer func() { _ = dir.Close() }()
	l, err := net.Listen("tcp", net.JoinHostPort(args[0], "0"))
	if err != nil {
		return err
	}
	files := http.FileServerFS(dir.FS())
	server := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodPut {
				files.ServeHTTP(w, r)
				return
			}
			if err := store(dir, filepath.Base(r.URL.Path), r.Body); err != nil {
				http.Error(w, err.Error(), http.StatusInsufficientStorage)
				return
			}
			w.WriteHeader(http.StatusCreated)
		}),
		ReadHeaderTimeout: startLimit,
	}
	defer context.AfterFunc(ctx, func() {
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = server.Shutdown(last)
		_ = server.Close()
	})()
	if _, err := fmt.Fprintln(stdout, l.Addr()); err != nil {
		return err
	}
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// store makes a file of a request's body. io.Copy lets the kernel splice it.
func store(dir *os.Root, name string, body io.Reader) (err error) {
	f, err := dir.Create(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	_, err = io.Copy(f, body)
	return err
}
