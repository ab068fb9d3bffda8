package commands

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestNews(t *testing.T) {
	const text = "a {\n\tconsent {\n\t\tsite a\n\t\tservice ga\n\t\t#   _ga_X: once, sent by browsers, first at /\n\n\t\t#\tnecessary x\n\t}\n}\n" +
		"b {\n\tconsent {\n\t\tsite b\n\t\tservice youtube\n\t}\n}\n"
	for lines, isNew := range map[string]bool{
		"# Google:\n#   _ga: 3 times, sent by browsers, first at /\nservice ga":           false,
		"# YouTube:\n#   VISITOR: 3 times, sent by browsers, first at /\nservice youtube": true, // in another site's
		"# x: 7 times, set by the site, first at /\n#\tnecessary x":                       false,
		"# xy: 7 times, set by the site, first at /\n#\tnecessary xy":                     true,
		"#   _ga_X: 9 times, sent by browsers, first at /\n# The service ga is …":         false,
		"#   _ga_Y: 9 times, sent by browsers, first at /\n# The service ga is …":         true,
	} {
		t.Run(lines, func(t *testing.T) {
			e, err := placeIn("Caddyfile", []byte(text), "a", "\n"+lines+"\n\nservice other\n")
			if err != nil {
				t.Fatal(err)
			}
			want := []string{"service other"}
			if isNew {
				want = append(strings.Split(lines+"\n", "\n"), want...)
			}
			if got := e.news([]byte(text)); !slices.Equal(got, want) {
				t.Errorf("%q, want %q", got, want)
			}
		})
	}
}

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
