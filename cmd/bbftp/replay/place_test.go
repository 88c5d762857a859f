package replay

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// place is the client's side of the machine: three directories in the place of
// the recording's /mnt.
type place struct {
	*recording
	root string
}

// newPlace makes the directories and the files given.
func newPlace(t *testing.T, r *recording) place {
	t.Helper()
	w := place{r, t.TempDir()}
	for _, dir := range []string{"client", "small", "forbidden"} {
		if err := os.Mkdir(filepath.Join(w.root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if w.writesTo("small") {
		smallDisk(t, filepath.Join(w.root, "small"))
	}
	for _, f := range r.given {
		name := filepath.Join(w.root, f.path)
		if err := os.WriteFile(name, r.contents[f.of].Bytes(), f.mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(name, time.Unix(sourceAccessed, 0), time.Unix(sourceModified, 0)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(filepath.Join(w.root, "forbidden"), 0o555); err != nil {
		t.Fatal(err)
	}
	return w
}

// writesTo says whether a command of the session writes to a directory here.
func (w place) writesTo(dir string) bool {
	return slices.ContainsFunc(w.commands(), func(c []string) bool {
		return len(c) == 3 && c[0] == "get" && strings.HasPrefix(c[2], localRoot+dir+"/")
	})
}

// command returns a client with the session's command line.
func (w place) command(t *testing.T, of program, port uint16) *exec.Cmd {
	t.Helper()
	args := append(slices.Clone(w.run[1:len(w.run)-1]), host.String())
	if w.run[0] == "bbftpstatus" {
		args = append([]string{"status", "-w", strconv.Itoa(int(port))}, args...)
	} else {
		added := []string{"-w", strconv.Itoa(int(port))}
		if !of.legacy {
			added = append(added, "--retry-wait", "1ms")
		}
		if strings.HasPrefix(w.name, "nocrypt_") {
			added = append(added, "--clear-text")
		}
		args = append(added, args...)
	}
	cmd := exec.Command(of.path, args...)
	cmd.Dir = filepath.Join(w.root, "client")
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + w.root, "TZ=UTC", "LANG=C", "TERM=dumb"}
	for i := 1; i < len(cmd.Args); i++ {
		switch cmd.Args[i-1] {
		case "-e":
			cmd.Args[i] = w.localize(cmd.Args[i])
		case "-L":
			cmd.Args[i] = os.Args[0]
			cmd.Env = append(cmd.Env, fmt.Sprintf("%s=%v:%d", shellVariable, host, port))
		}
	}
	if w.writesTo("forbidden") && os.Geteuid() == 0 {
		w.giveUpRoot(t, cmd)
	}
	return cmd
}

// localize puts our directories into those commands whose paths are local.
func (w place) localize(script string) string {
	commands := strings.Split(script, ";")
	for i, c := range commands {
		f := strings.Fields(c)
		if f[0] == "lcd" || f[0] == "get" && len(f) == 3 {
			last := len(f) - 1
			if path, ok := strings.CutPrefix(f[last], localRoot); ok {
				f[last] = filepath.Join(w.root, path)
				commands[i] = strings.Join(f, " ")
			}
		}
	}
	return strings.Join(commands, ";")
}

// giveUpRoot makes the client one whom permissions concern.
func (w place) giveUpRoot(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	nobody, err := user.Lookup("nobody")
	if err != nil {
		t.Fatal(err)
	}
	uid, uidErr := strconv.Atoi(nobody.Uid)
	gid, gidErr := strconv.Atoi(nobody.Gid)
	if uidErr != nil || gidErr != nil {
		t.Fatal(uidErr, gidErr)
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	open(t, w.root)
	if err := os.Chown(filepath.Join(w.root, "client"), uid, gid); err != nil {
		t.Fatal(err)
	}
}

// open lets others into the directory that the test keeps its temporary ones
// in, of which dir is one.
func open(t *testing.T, dir string) {
	t.Helper()
	if err := os.Chmod(filepath.Dir(dir), 0o711); err != nil {
		t.Fatal(err)
	}
}

// after lists the files there are besides those given, which must be as they
// were.
func (w place) after(t *testing.T) (left []file) {
	t.Helper()
	err := filepath.WalkDir(w.root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		f := file{path: strings.TrimPrefix(name, w.root+"/"), mode: info.Mode(), size: info.Size(), times: timesOf(info)}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		f.sum = fmt.Sprintf("%x", sha256.Sum256(data))
		if i := slices.IndexFunc(w.given, func(g file) bool { return g.path == f.path }); i < 0 {
			left = append(left, f)
		} else if string(data) != string(w.contents[w.given[i].of].Bytes()) || f.mode != w.given[i].mode || info.ModTime().Unix() != sourceModified {
			t.Errorf("%s was changed: %v, %v", f.path, f.mode, info.ModTime())
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	return left
}
