package privsep

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"bbftp/engine/client"
	"bbftp/engine/server"
)

// TestModes has sessions do, with the kernel's consent, what the settings say.
func TestModes(t *testing.T) {
	for name, tt := range map[string]struct {
		settings     server.Config
		secure       bool
		put, putAway bool // in one's home, and in a directory for all
		get, getAway bool
	}{
		"confined":                 {settings: server.Config{Sync: true, Sparse: true}, put: true, get: true},
		"read-only":                {secure: true, settings: server.Config{ReadOnly: true}, get: true},
		"unconfined":               {secure: true, settings: server.Config{Unconfined: true}, put: true, putAway: true, get: true, getAway: true},
		"unconfined and read-only": {settings: server.Config{Unconfined: true, ReadOnly: true}, get: true, getAway: true},
	} {
		t.Run(name, func(t *testing.T) {
			h, secured := openBoth(t, tt.secure, func(c *Config) {
				tt.settings.Version = c.Settings.Server.Version
				c.Settings.Server = tt.settings
			})
			away := filepath.Join(h.dir, "away")
			if err := os.Mkdir(away, 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(away, 0o777); err != nil {
				t.Fatal(err)
			}
			local := h.write("local", "text", 0, 0, 0o644)
			h.write("alice/hers", "text", aliceID, aliceID, 0o600)
			h.write("away/all's", "text", 0, 0, 0o644)
			alice := h.login("alice", secured)
			put := func(name string) error { _, err := alice.Put(t.Context(), local, name); return err }
			get := func(name string) error {
				_, err := alice.Get(t.Context(), name, filepath.Join(t.TempDir(), "got"))
				return err
			}
			for what, try := range map[string]struct {
				err  error
				want bool
			}{
				"put":               {put("new"), tt.put},
				"put again":         {put("new"), tt.put},
				"put away":          {errors.Join(put(filepath.Join(away, "new")), exists(filepath.Join(away, "new"))), tt.putAway},
				"make a directory":  {alice.Mkdir(t.Context(), "sub"), tt.put},
				"get":               {get("hers"), tt.get},
				"get from away":     {get(filepath.Join(away, "all's")), tt.getAway},
				"remove one's file": {alice.Remove(t.Context(), "hers"), tt.put},
			} {
				if (try.err == nil) != try.want {
					t.Errorf("%s: %v", what, try.err)
				}
			}
		})
	}
}

func exists(path string) error {
	_, err := os.Stat(path)
	return err
}

// TestMassStorage is read by who may, beside a home to which a session is confined.
func TestMassStorage(t *testing.T) {
	archive := t.TempDir()
	h := open(t, func(c *Config) {
		c.Settings.MassStorage = []string{"/tape=" + archive}
	})
	for d := archive; len(d) > len(os.TempDir()); d = filepath.Dir(d) {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, mode := range map[string]os.FileMode{"public": 0o644, "secret": 0o600} {
		if err := os.WriteFile(filepath.Join(archive, name), []byte("text"), mode); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(archive, "link")); err != nil {
		t.Fatal(err)
	}
	alice := h.client("alice", password, func(c *client.Config) { c.MassStorage = true })
	for name, want := range map[string]bool{"/tape/public": true, "/tape/secret": false, "/tape/link": false, "/elsewhere": false} {
		if _, err := alice.Get(t.Context(), name, filepath.Join(t.TempDir(), "got")); (err == nil) != want {
			t.Errorf("get %s: %v", name, err)
		}
	}
}
