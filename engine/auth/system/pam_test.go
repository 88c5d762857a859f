//go:build pam

package system

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bbftp/engine/auth"
)

// service is one whose password for everybody is "sésame 7", if pam_exec is there.
func service(t *testing.T, account string) *PAM {
	t.Helper()
	dir := t.TempDir()
	script := filepath.Join(dir, "check")
	// The password comes with a NUL at its end.
	body := "#!/bin/sh\n[ \"$(tr -d '\\000')\" = '" + sesame + "' ] && [ \"$PAM_TTY\" = bbftp ]\n"
	if err := os.WriteFile(script, []byte(body), 0o700); err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("auth required pam_exec.so expose_authtok quiet %s\n%s\n", script, account)
	if err := os.WriteFile(filepath.Join(dir, "bbftpd"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := newPAM("bbftpd", dir, []string{dir})
	if err != nil {
		t.Fatal(err)
	}
	p.grain = 200 * time.Millisecond
	return p
}

// someone is a user of this machine who is not root.
func someone(t *testing.T) *user.User {
	t.Helper()
	for _, name := range []string{"nobody", "daemon"} {
		if u, err := user.Lookup(name); err == nil {
			return u
		}
	}
	t.Fatal("this machine has no user but root")
	return nil
}

func TestPAM(t *testing.T) {
	u := someone(t)
	p := service(t, "account required pam_permit.so")
	got, err := p.Login(t.Context(), login(t, u.Username, sesame))
	if err != nil || got.Name != u.Username || fmt.Sprint(got.UID) != u.Uid || fmt.Sprint(got.GID) != u.Gid || got.Groups[0] != got.GID {
		t.Errorf("let in %+v, %v", got, err)
	}
	if account, err := p.Authenticate(t.Context(), login(t, u.Username, sesame)); err != nil || account != got.Account {
		t.Errorf("account %+v, %v", account, err)
	}
	for _, tt := range []struct {
		c      auth.Credentials
		reason string
	}{
		{login(t, u.Username, "x"), "PAM authentication"},
		{login(t, u.Username, ""), "PAM authentication"},
		{login(t, "root", sesame), "uid 0"},
		{login(t, "no-such-user-here", sesame), "no such user"},
		{auth.Credentials{}, "PAM authentication"},
		{login(t, "", sesame), "PAM authentication"},
	} {
		begun := time.Now()
		_, err := p.Login(t.Context(), tt.c)
		wantDenied(t, err, tt.reason)
		if took := time.Since(begun); took < p.grain {
			t.Errorf("%v was denied after %v", tt.c, took)
		}
	}

	expired := service(t, "account required pam_deny.so")
	_, err = expired.Login(t.Context(), login(t, u.Username, sesame))
	wantDenied(t, err, "PAM account")

	missing := service(t, "account required pam_that_is_not_there.so")
	if _, err := missing.Login(t.Context(), login(t, u.Username, sesame)); err == nil {
		t.Error("let in by a module that is not there")
	}
}

func TestPAMWithoutService(t *testing.T) {
	dir := t.TempDir()
	if _, err := newPAM("bbftpd", dir, []string{dir, filepath.Join(dir, "missing")}); err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("error %v", err)
	}
}

// A client that leaves is not waited for, and its turn ends with PAM's call.
func TestPAMGoesOnAlone(t *testing.T) {
	p := service(t, "account required pam_permit.so")
	dir := t.TempDir()
	gate := filepath.Join(dir, "gate")
	slow := fmt.Sprintf("#!/bin/sh\nwhile [ ! -e %s ]; do sleep .02; done\n", gate)
	if err := os.WriteFile(filepath.Join(p.dir, "check"), []byte(slow), 0o700); err != nil {
		t.Fatal(err)
	}
	ctx, leave := context.WithCancelCause(t.Context())
	cause := errors.New("client left")
	time.AfterFunc(50*time.Millisecond, func() { leave(cause) })
	if _, err := p.Login(ctx, login(t, someone(t).Username, sesame)); !errors.Is(err, cause) {
		t.Errorf("Login: %v", err)
	}
	if err := os.WriteFile(gate, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	// All turns are free again only when the call is over.
	for range pamAtOnce {
		if err := p.turns.Take(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}
