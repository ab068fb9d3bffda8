package e2e

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// pages are the Markdown files of the repository.
func pages(t *testing.T) (names []string) {
	t.Helper()
	root := harness.Root()
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "node_modules" || entry.Name() == ".git" || entry.Name() == "dist"):
			return filepath.SkipDir
		case filepath.Ext(path) == ".md":
			names = append(names, strings.TrimPrefix(path, root+"/"))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

var (
	heading   = regexp.MustCompile("(?m)^#+ (.*)$")
	fenced    = regexp.MustCompile("(?s)```.*?```")
	reference = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	unslugged = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// anchors are those of a page's headings, as GitHub makes them.
func anchors(text string) (all []string) {
	for _, h := range heading.FindAllStringSubmatch(fenced.ReplaceAllString(text, ""), -1) {
		all = append(all, strings.ReplaceAll(unslugged.ReplaceAllString(strings.ToLower(h[1]), ""), " ", "-"))
	}
	return all
}

// TestLinks follows each link between the repository's own files, down to the heading. Links to other sites are not
// followed: a test must not depend on them.
func TestLinks(t *testing.T) {
	for _, page := range pages(t) {
		t.Run(page, func(t *testing.T) {
			text := documentation(t, page)
			for _, link := range reference.FindAllStringSubmatch(fenced.ReplaceAllString(text, ""), -1) {
				path, anchor, _ := strings.Cut(link[1], "#")
				if strings.Contains(path, "://") || strings.HasPrefix(path, "mailto:") {
					continue
				}
				target := page
				if path != "" {
					target = filepath.Join(filepath.Dir(page), path)
				}
				if _, err := os.Stat(filepath.Join(harness.Root(), target)); err != nil {
					t.Errorf("%s: there is no %s", link[1], target)
				} else if anchor != "" && filepath.Ext(target) == ".md" && !slices.Contains(anchors(documentation(t, target)), anchor) {
					t.Errorf("%s: %s has no such heading", link[1], target)
				}
			}
		})
	}
}

// functions are the names of the tests, benchmarks and fuzz targets in each folder.
func functions(t *testing.T) map[string][]string {
	t.Helper()
	found := make(map[string][]string)
	err := filepath.WalkDir(harness.Root(), func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() && (entry.Name() == "node_modules" || entry.Name() == "dist") {
			return filepath.SkipDir
		}
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		folder := strings.TrimPrefix(strings.TrimPrefix(filepath.Dir(path), harness.Root()), "/")
		for _, name := range regexp.MustCompile(`(?m)^func ((?:Test|Benchmark|Fuzz)\w+)\(`).FindAllSubmatch(text, -1) {
			found[folder] = append(found[folder], string(name[1]))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestDocumentedTests: a test that a page names is there.
func TestDocumentedTests(t *testing.T) {
	known := slices.Concat(slices.Collect(maps.Values(functions(t)))...)
	for _, page := range pages(t) {
		for _, name := range regexp.MustCompile(`\bTest[A-Z]\w+`).FindAllString(documentation(t, page), -1) {
			if !slices.Contains(known, name) {
				t.Errorf("%s names %s, which is not there", page, name)
			}
		}
	}
}
