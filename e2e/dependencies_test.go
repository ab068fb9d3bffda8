package e2e

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// TestDependencies: what tests and tools alone need is not linked into anybody's Caddy.
func TestDependencies(t *testing.T) {
	list := exec.Command("go", "list", "-deps", ".")
	list.Dir = harness.Root()
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(out), "github.com/andybalholm/brotli\n") {
		t.Fatalf("this is not what the module depends on: %.200s", out)
	}
	for _, module := range []string{"github.com/tdewolff/", "github.com/chromedp/", "github.com/caddy-consent/caddy-consent/e2e"} {
		if strings.Contains(string(out), module) {
			t.Errorf("the module depends on %s", module)
		}
	}
}
