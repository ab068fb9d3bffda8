package e2e

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestRootFiles: the root of the repository is its table of contents, to which no file is added in passing.
func TestRootFiles(t *testing.T) {
	want := []string{"README.md", "filter.go", "filter_test.go", "go.mod", "go.sum", "module.go"}
	var got []string
	for _, pattern := range []string{"*.go", "*.md", "*.mod", "*.sum"} {
		found, err := filepath.Glob(filepath.Join("..", pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range found {
			got = append(got, filepath.Base(name))
		}
	}
	if slices.Sort(got); !slices.Equal(got, want) {
		t.Errorf("the root has %v, want %v", got, want)
	}
	for _, name := range []string{"LICENSE", "Caddyfile.example"} {
		if _, err := os.Stat(filepath.Join("..", name)); err != nil {
			t.Error(err)
		}
	}
}
