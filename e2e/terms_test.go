package e2e

import (
	"go/scanner"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// retiredTerms are words that the project has given up, each with what replaced it.
var retiredTerms = []struct{ old, now string }{
	{`[Aa]skers?`, "destination"},
	{`Books?`, "codec"},
	{`Judge`, "decider"},
	{`verdicts?`, "decision"},
	{`[Tt]all(?:y|ies)`, "recorder"},
	{`[Ss]ightings?`, "recorder"},
	{`InForce`, "Effective"},
	{`Party`, "owner of a host"},
	{`letGo`, "send"},
	{`stretch(?:es)?`, "part"},
	{`operator package`, "telemetry, or adminapi"},
	{`[Uu]nknown word`, "unrecognized subdirective"},
	{`keeps? (?:the|its) (?:cookie )?charter`, "enforces the charter"},
	{`grant brings everything`, "what a granted service loads is allowed too"},
	{`stand-in portal`, "demo portal"},
	{`passe[sd] as (?:it is|they are), but for`, "passed unchanged, except for"},
}

// prose is what people read of a file: all of it, or the comments and strings of Go code.
func prose(name string, content []byte) string {
	if filepath.Ext(name) != ".go" {
		return string(content)
	}
	var text strings.Builder
	files := token.NewFileSet()
	var s scanner.Scanner
	s.Init(files.AddFile(name, -1, len(content)), content, nil, scanner.ScanComments)
	for {
		switch _, kind, literal := s.Scan(); kind {
		case token.EOF:
			return text.String()
		case token.COMMENT:
			for line := range strings.Lines(literal) {
				text.WriteString(strings.TrimPrefix(line, "//"))
			}
			text.WriteByte('\n')
		case token.STRING:
			text.WriteString(literal + "\n")
		}
	}
}

// isRead tells whether people read a file's prose: documentation, examples and code, but neither tests nor the past.
func isRead(name string) bool {
	switch {
	case name == "docs/services.md": // names of products, and sentences that stand in code
		return false
	case name == "docs/CHANGELOG.md", strings.HasSuffix(name, "_test.go"):
		return false
	case filepath.Ext(name) == ".go", name == "README.md", name == "Caddyfile.example":
		return true
	}
	inDocs := strings.HasPrefix(name, "docs/") || filepath.Dir(name) == ".github"
	return inDocs && filepath.Ext(name) == ".md" || filepath.Dir(name) == "examples"
}

func TestRetiredTerms(t *testing.T) {
	root := harness.Root()
	read := map[string]int{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (entry.Name() == "node_modules" || entry.Name() == ".git" || entry.Name() == "dist") {
			return filepath.SkipDir
		}
		name, _ := filepath.Rel(root, path)
		if entry.IsDir() || !isRead(filepath.ToSlash(name)) {
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		read[filepath.Ext(name)]++
		// A term may be broken across lines of prose.
		text := strings.Join(strings.Fields(prose(name, content)), " ")
		for _, term := range retiredTerms {
			if found := regexp.MustCompile(`\b(?:` + term.old + `)\b`).FindString(text); found != "" {
				t.Errorf("%s: %q is now %q", name, found, term.now)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{".md", ".go", ".example", ".caddyfile", ".yml"} {
		if read[kind] == 0 {
			t.Errorf("no file %s was read", kind)
		}
	}
}
