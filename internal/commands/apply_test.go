package commands

import (
	"os"
	"path/filepath"
	"testing"
)

// A crash finds the old file or the new one: the old one is never written to.
func TestReplace(t *testing.T) {
	folder := t.TempDir()
	file, link, old := filepath.Join(folder, "Caddyfile"), filepath.Join(folder, "link"), filepath.Join(folder, "old")
	if err := os.WriteFile(file, []byte("before"), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("Caddyfile", link); err != nil {
		t.Skip(err)
	}
	if err := os.Link(file, old); err != nil {
		t.Skip(err)
	}
	if err := replace(link, []byte("after")); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{file: "after", link: "after", old: "before"} {
		if text, err := os.ReadFile(name); err != nil || string(text) != want {
			t.Errorf("%s: %v, %q", name, err, text)
		}
	}
	if info, err := os.Lstat(file); err != nil || info.Mode() != 0o640 {
		t.Errorf("%v: its mode is %v", err, info.Mode())
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("%v: the link is %v", err, info.Mode())
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) != 3 {
		t.Errorf("%v: the folder has %v", err, left)
	}
	if err := replace(filepath.Join(folder, "nowhere"), nil); err == nil {
		t.Error("a file that is not there is replaced")
	}
}
