package storage

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// stores plants mass storage below one directory and opens all of it.
func stores(t *testing.T, prefixes ...string) (m *MassStorage, dir string) {
	t.Helper()
	dir = tempDir(t)
	plant(t, dir, "whole", "whole/f=root", "whole/castor", "whole/castor/f=hidden",
		"castor", "castor/f=castor", "castor/atlas", "castor/atlas/f=atlas", "castor/atlas2", "castor/atlas2/f=atlas2", "castor/cms", "castor/cms/f=cms",
		"castor/atlas/in>f", "castor/atlas/cms>../cms", "castor/atlas/out>../../whole/f", "castor/link>atlas",
		"deep", "deep/f=deep")
	var c MassConfig
	for _, p := range prefixes {
		s, err := OpenStore(p+filepath.Join(dir, map[string]string{"": "whole", "/castor=": "castor", "castor/deep/=": "deep"}[p]), Limits{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Tree.Close() })
		c.Stores = append(c.Stores, s)
	}
	return NewMassStorage(c), dir
}

func TestMassStorage(t *testing.T) {
	m, _ := stores(t, "", "/castor=", "castor/deep/=")
	for _, c := range []struct {
		name, within, content string
		err                   error
	}{
		{"/f", "/", "root", nil},
		{"f", "/", "root", nil},
		{"/castor/f", "/", "castor", nil},
		{"castor//atlas/../f", "/", "castor", nil},
		{"/castor/deep/f", "/", "deep", nil},
		{"/castor/deep/f", "/castor", "deep", nil},
		{"/castor/deeper/f", "/", "", fs.ErrNotExist},
		{"/castor/none", "/", "", fs.ErrNotExist},
		{"/castor", "/", "", ErrIsDirectory},
		{"/castor/atlas/out", "/", "", ErrEscapes},

		{"/castor/atlas/f", "", "", fs.ErrPermission},
		{"/castor/atlas/f", "/castor/atlas", "atlas", nil},
		{"/castor/atlas/f", "/castor/atlas/", "atlas", nil},
		{"/castor/atlas/f", "/castor/atlas/f", "", syscall.ENOTDIR},
		{"/castor/atlas/in", "/castor/atlas", "atlas", nil},
		{"/castor/link/f", "/castor/atlas", "atlas", nil},
		{"/castor/atlas/f", "/castor/link", "atlas", nil},
		{"/castor/cms/../atlas/f", "/castor/atlas", "atlas", nil},
		{"/castor/f", "/castor/atlas", "", ErrEscapes},
		{"/castor/atlas2/f", "/castor/atlas", "", ErrEscapes},
		{"/castor/cms/f", "/castor/atlas", "", ErrEscapes},
		{"/castor/cms/missing", "/castor/atlas", "", ErrEscapes},
		{"/castor/atlas/missing", "/castor/atlas", "", fs.ErrNotExist},
		{"/castor/atlas/cms/f", "/castor/atlas", "", ErrEscapes},
		{"/castor/atlas/../cms/f", "/castor/atlas", "", ErrEscapes},
		{"/castor/deep/f", "/castor/atlas", "", ErrEscapes},
		{"/f", "/castor", "", ErrEscapes},
		{"/castor/f", "/cast", "", ErrEscapes},
		{"/castor/f", "/castor/none", "", fs.ErrNotExist},
	} {
		src, err := m.Open(context.Background(), c.name, c.within)
		if c.err != nil {
			wantError(t, err, "open", c.name, c.err)
			continue
		}
		if err != nil {
			t.Errorf("within %q: %v", c.within, err)
			continue
		}
		got, err := io.ReadAll(src.File())
		if err != nil || string(got) != c.content {
			t.Errorf("%s holds %q, %v; want %q", c.name, got, err, c.content)
		}
		src.Close()
	}
	m, _ = stores(t, "/castor=")
	_, err := m.Open(context.Background(), "/f", "/")
	wantError(t, err, "open", "/f", fs.ErrNotExist)
}

func TestOpenStore(t *testing.T) {
	dir := tempDir(t)
	plant(t, dir, "a", "x=")
	for arg, prefix := range map[string]string{
		dir:                     "/",
		"/p=" + dir:             "/p",
		"p/q=" + dir:            "/p/q",
		"=" + dir:               "/",
		filepath.Join(dir, "a"): "/",
	} {
		s, err := OpenStore(arg, Limits{})
		if err != nil || s.Prefix != prefix {
			t.Errorf("%s: prefix %q, %v", arg, s.Prefix, err)
			continue
		}
		s.Tree.Close()
	}
	if err := os.Mkdir(filepath.Join(dir, "k=v"), 0o755); err != nil {
		t.Fatal(err)
	}
	if s, err := OpenStore(filepath.Join(dir, "k=v"), Limits{}); err != nil || s.Prefix != "/" {
		t.Errorf("a directory with an equals sign: %q, %v", s.Prefix, err)
	} else {
		s.Tree.Close()
	}
	for _, arg := range []string{"", "rel", "p=rel", "p=", "/p=" + dir + "/none", filepath.Join(dir, "x")} {
		if _, err := OpenStore(arg, Limits{}); err == nil {
			t.Errorf("%q opened", arg)
		}
	}
}

// tape is a file system whose files arrive when the test says so.
type tape struct {
	files
	arrive chan struct{}
	opened chan *os.File
}

func (s tape) OpenFile(name string, flag int, perm fs.FileMode) (*os.File, error) {
	<-s.arrive
	f, err := s.files.OpenFile(name, flag, perm)
	s.opened <- f
	return f, err
}

func (s tape) Sub(name string) (files, error) {
	sub, err := s.files.Sub(name)
	return tape{sub, s.arrive, s.opened}, err
}

func withTape(t *testing.T, c MassConfig) (*MassStorage, tape) {
	dir := tempDir(t)
	plant(t, dir, "f=data")
	tree, err := Open(dir, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tree.Close() })
	s := tape{tree.files, make(chan struct{}), make(chan *os.File, 100)}
	tree.files = s
	c.Stores = []Store{{"/", tree}}
	return NewMassStorage(c), s
}

func TestMassStorageWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, s := withTape(t, MassConfig{})
		go func() {
			time.Sleep(30*time.Minute - time.Second)
			close(s.arrive)
		}()
		src, err := m.Open(t.Context(), "/f", "/")
		if err != nil {
			t.Fatal(err)
		}
		src.Close()
	})
}

func TestMassStorageStalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, s := withTape(t, MassConfig{})
		start := time.Now()
		_, err := m.Open(t.Context(), "/f", "/")
		wantError(t, err, "open", "/f", ErrStalled)
		wantError(t, err, "open", "/f", syscall.ETIMEDOUT)
		if took := time.Since(start); took != 30*time.Minute {
			t.Errorf("gave up after %v", took)
		}

		ctx, cancel := context.WithCancel(t.Context())
		go func() { time.Sleep(time.Minute); cancel() }()
		_, err = m.Open(ctx, "/f", "/")
		wantError(t, err, "open", "/f", context.Canceled)

		// Both files come after all, and nobody is left to close them.
		close(s.arrive)
		synctest.Wait()
		for range 2 {
			if _, err := (<-s.opened).Stat(); !errors.Is(err, fs.ErrClosed) {
				t.Errorf("the late file is open: %v", err)
			}
		}
	})
}

func TestMassStorageBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, s := withTape(t, MassConfig{MaxOpens: 2, OpenLimit: time.Minute})
		for range 2 {
			_, err := m.Open(t.Context(), "/f", "/")
			wantError(t, err, "open", "/f", ErrStalled)
		}
		// Given up, but still under way.
		_, err := m.Open(t.Context(), "/f", "/")
		wantError(t, err, "open", "/f", ErrBusy)
		wantError(t, err, "open", "/f", syscall.EAGAIN)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err = m.Open(ctx, "/f", "/")
		wantError(t, err, "open", "/f", context.Canceled)

		go func() {
			time.Sleep(patience / 2)
			close(s.arrive)
		}()
		src, err := m.Open(t.Context(), "/f", "/")
		if err != nil {
			t.Fatalf("a slot came free, but: %v", err)
		}
		src.Close()
	})
}

// TestMassStoragePanic: a panic while a file is opened fails that open.
func TestMassStoragePanic(t *testing.T) {
	broken := &Tree{files: struct{ files }{}} // no method can be called
	m := NewMassStorage(MassConfig{Stores: []Store{{"/", broken}}, MaxOpens: 1})
	for range 2 {
		_, err := m.Open(t.Context(), "/f", "/")
		var p *Panic
		if !errors.As(err, &p) || !strings.Contains(string(p.Stack), "openWithin") || strings.Contains(err.Error(), "goroutine") {
			t.Errorf("got %v", err)
		}
	}
}
