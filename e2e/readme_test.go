package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"

	consent "github.com/caddy-consent/caddy-consent"
	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// TestReadmeExamples adapts its Caddyfile, reads its JSON, and
// compares the words of its grammar with those that the module takes.
func TestReadmeExamples(t *testing.T) {
	content, err := os.ReadFile(filepath.Join(harness.Root(), "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	blocks := make(map[string][]string)
	for _, block := range regexp.MustCompile("(?s)```(\\w+)\n(.*?)```").FindAllStringSubmatch(string(content), -1) {
		blocks[block[1]] = append(blocks[block[1]], block[2])
	}
	if len(blocks["caddyfile"]) != 5 || len(blocks["json"]) != 1 || !strings.HasPrefix(blocks["caddyfile"][0], "consent [<matcher>]") {
		t.Fatalf("the README's examples have moved: %d Caddyfiles, %d JSON", len(blocks["caddyfile"]), len(blocks["json"]))
	}
	for _, example := range blocks["caddyfile"][1:] {
		provisioned(t, "README.md", example)
	}
	if words := len(strings.Fields(string(content))); words > 900 {
		t.Errorf("the README has %d words: it is to be read in one go, so at most 900", words)
	}

	var h consent.Handler
	if err := caddy.StrictUnmarshalJSON([]byte(strings.Replace(blocks["json"][0], `"handler": "consent",`, "", 1)), &h); err != nil {
		t.Error(err)
	}
	if err := validate(t, blocks["json"][0], t.TempDir()); err != nil {
		t.Error(err)
	}

	unknown := adapt(":80 {\n consent {\n no-such-word\n }\n}")
	_, list, _ := strings.Cut(unknown, "one of ")
	list, _, _ = strings.Cut(list, ", at ")
	grammar := blocks["caddyfile"][0]
	for word := range strings.SplitSeq(list, ", ") {
		if !regexp.MustCompile(`(?m)(^|\s)` + word + `\s`).MatchString(grammar) {
			t.Errorf("the grammar lacks %s", word)
		}
	}
}

func quote(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}
