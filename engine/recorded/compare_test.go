package recorded

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bbftp/engine/wire"
)

func TestDiffer(t *testing.T) {
	if err := Differ(wire.Client, []byte("abc"), []byte("abc")); err != nil {
		t.Error(err)
	}
	for _, got := range []string{"ab", "abd", "abcd"} {
		err := Differ(wire.Server, []byte(got), []byte("abc"))
		if err == nil || !strings.Contains(err.Error(), "the server sent") || !strings.Contains(err.Error(), "difference at byte "+map[bool]string{true: "3", false: "2"}[got == "abcd"]) {
			t.Errorf("%s: %v", got, err)
		}
	}
}

func TestWithSection(t *testing.T) {
	const section = "## Server\n\nnew\n"
	for _, tt := range []struct{ name, document, want string }{
		{"none yet", "# Deviations\n", "# Deviations\n\n" + section},
		{"the last", "# Deviations\n\n## Client\n\nc\n\n## Server\n\nold\n", "# Deviations\n\n## Client\n\nc\n\n" + section},
		{"another behind it", "# Deviations\n\n## Server\n\nold\n\n## Client\n\nc\n", "# Deviations\n\n" + section + "\n## Client\n\nc\n"},
		{"empty", "# Deviations\n\n## Server\n## Client\n", "# Deviations\n\n" + section + "\n## Client\n"},
		{"a longer heading", "# Deviations\n\n### Server\n", "# Deviations\n\n### Server\n\n" + section},
	} {
		got := withSection(tt.document, section)
		if got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
		if again := withSection(got, section); again != got {
			t.Errorf("%s: %q, a second time %q", tt.name, got, again)
		}
	}
}

// TestWantSection writes a section and finds it there.
func TestWantSection(t *testing.T) {
	file := filepath.Join(t.TempDir(), "deviations.md")
	if err := os.WriteFile(file, []byte("# Deviations\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	WantSection(t, file, "## Server\n\nx\n", true)
	WantSection(t, file, "## Server\n\nx\n", false)
	WantFile(t, file, "# Deviations\n\n## Server\n\nx\n", "lacks the section", false)
}
