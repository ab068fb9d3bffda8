package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

func documentation(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(harness.Root(), name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// words are what the parser takes in a block, by what it says of an unknown one.
func words(t *testing.T, block string) []string {
	t.Helper()
	_, list, ok := strings.Cut(adapt(":80 {\n consent {\n "+fmt.Sprintf(block, "no-such-word")+"\n }\n}"), "one of ")
	if !ok {
		t.Fatalf("%s takes any word", block)
	}
	list, _, _ = strings.Cut(list, ", at ")
	return strings.Split(list, ", ")
}

// adapted turns a Caddyfile into the configuration; what `caddy fmt` would change is an error.
func adapted(t *testing.T, name, text string) (config []byte) {
	t.Helper()
	config, warnings, err := caddyfile.Adapter{ServerType: httpcaddyfile.ServerType{}}.Adapt([]byte(text), map[string]any{"filename": name})
	if err != nil {
		t.Errorf("%s: %v\n%s", name, err, text)
	}
	for _, warning := range warnings {
		t.Errorf("%s: %s\n%s", name, warning, text)
	}
	return config
}

// provisioned tells whether a whole Caddyfile would run here.
func provisioned(t *testing.T, name, text string) {
	t.Helper()
	config := adapted(t, name, text)
	if t.Failed() {
		return
	}
	var c caddy.Config
	if err := caddy.StrictUnmarshalJSON(config, &c); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	c.Admin = &caddy.AdminConfig{Disabled: true}
	c.StorageRaw = []byte(`{"module":"file_system","root":` + quote(t.TempDir()) + `}`)
	if err := caddy.Validate(&c); err != nil {
		t.Errorf("%s: %v", name, err)
	}
}

func TestTheReferenceNamesEveryWordAndNoOther(t *testing.T) {
	reference := documentation(t, "docs/reference.md")
	sections := make(map[string]string)
	for _, section := range strings.Split(reference, "\n### ")[1:] {
		word, text, _ := strings.Cut(section, "\n")
		text, _, _ = strings.Cut(text, "\n## ")
		sections[word] = text
	}
	known := words(t, "%s")
	for _, word := range known {
		if sections[word] == "" {
			t.Errorf("%s is not explained", word)
		}
	}
	for word := range sections {
		if !slices.Contains(known, word) {
			t.Errorf("%s is explained and does not exist", word)
		}
	}
	for word, block := range map[string]string{"purpose": "purpose x {\n%s\n}", "service": "service x {\n%s\n}", "style": "style {\n%s\n}"} {
		known := words(t, block)
		for _, line := range known {
			if !strings.Contains(sections[word], "\n| `"+line+"` |") {
				t.Errorf("%s: the line %s is not explained", word, line)
			}
		}
		for _, line := range regexp.MustCompile("(?m)^\\| `(\\w+)` \\|").FindAllStringSubmatch(sections[word], -1) {
			if !slices.Contains(known, line[1]) {
				t.Errorf("%s: the line %s is explained and does not exist", word, line[1])
			}
		}
	}
	// The values that a word takes are those that the parser names when it is given another.
	for _, word := range []string{"undeclared", "third_parties", "mode", "gpc", "native", "manage"} {
		_, values, _ := strings.Cut(adapt(":80 {\n consent {\n "+word+" no-such-value\n }\n}"), "is none of ")
		values, _, _ = strings.Cut(values, ", at ")
		list := strings.Split(values, ", ")
		for _, value := range list {
			if !strings.Contains(sections[word], "`"+value+"`") {
				t.Errorf("%s: the value %s is not explained", word, value)
			}
		}
		if !strings.Contains(sections[word], "Default: `"+list[0]+"`") {
			t.Errorf("%s: the default %s is not said", word, list[0])
		}
	}
}

func TestTheExamplesOfTheDocumentationRun(t *testing.T) {
	for _, name := range []string{"docs/reference.md", "docs/operating.md", "docs/scale.md"} {
		blocks := regexp.MustCompile("(?s)```caddyfile\n(.*?)```").FindAllStringSubmatch(documentation(t, name), -1)
		if len(blocks) == 0 {
			t.Errorf("%s has no example", name)
		}
		for _, block := range blocks {
			provisioned(t, name, block[1])
		}
	}
}

func TestTheReferenceNamesEveryMetricAndNoOther(t *testing.T) {
	reference := documentation(t, "docs/reference.md")
	g := guard(t, "", html("<html><body>"))
	for line := range strings.Lines(g.do(t, "GET", "/metrics", "").body) {
		if name, ok := strings.CutPrefix(line, "# TYPE caddy_consent_"); ok {
			name, _, _ = strings.Cut(name, " ")
			if !strings.Contains(reference, "| `caddy_consent_"+name+"` |") {
				t.Errorf("caddy_consent_%s is not explained", name)
			}
		}
	}
	metrics := g.do(t, "GET", "/metrics", "").body
	for _, name := range regexp.MustCompile("(?m)^\\| `(caddy_consent_\\w+)` \\|").FindAllStringSubmatch(reference, -1) {
		if !strings.Contains(metrics, "# TYPE "+name[1]+" ") {
			t.Errorf("%s is explained and does not exist", name[1])
		}
	}
}
