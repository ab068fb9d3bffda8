package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

func TestMinifiedScriptsAreFresh(t *testing.T) {
	scripts, err := minified(os.DirFS("../embedded"))
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("../minified/*")
	if err != nil || len(files) != len(scripts) {
		t.Errorf("%d files for %d scripts, %v", len(files), len(scripts), err)
	}
	for name, want := range scripts {
		if got, err := os.ReadFile(filepath.Join("../minified", name)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what the sources make (run go generate ./internal/notice): %v", name, err)
		}
	}
}
