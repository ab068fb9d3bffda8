package harness

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Demo holds the addresses (host:port) of Caddyfile.example while a test runs it.
type Demo struct {
	Site   string // the portal through the proxy
	Portal string // the demo portal itself
}

// StartDemo runs Caddyfile.example as it is, on free ports.
func StartDemo(t testing.TB) Demo {
	t.Helper()
	example, err := os.ReadFile(filepath.Join(Root(), "Caddyfile.example"))
	if err != nil {
		t.Fatal(err)
	}
	// Without PORTAL, so that the built-in portal is served; Setenv puts it back.
	t.Setenv("PORTAL", "")
	if err := os.Unsetenv("PORTAL"); err != nil {
		t.Fatal(err)
	}
	d := Demo{
		Site:   fmt.Sprintf("localhost:%d", FreePort(t)),
		Portal: fmt.Sprintf("localhost:%d", FreePort(t)),
	}
	Caddy(t, strings.NewReplacer(
		"8080", strings.TrimPrefix(d.Site, "localhost:"),
		"8081", strings.TrimPrefix(d.Portal, "localhost:"),
		"examples/portal", filepath.Join(Root(), "examples", "portal"),
	).Replace(string(example)))
	return d
}

// URL is the address of a path on the site.
func (d Demo) URL(path string) string { return "http://" + d.Site + path }

// What the demo has at its addresses.
const (
	DemoDataset = "/explore/dataset/arbres-remarquables/information/"
	DemoMap     = "/explore/embed/dataset/arbres-remarquables/map/" // a frame
	DemoAPI     = "/api/explore/v2.1/catalog/datasets"
	DemoCSV     = "/api/explore/v2.1/catalog/datasets/arbres-remarquables/exports/csv"
)

// DemoPages are the documents of the demo that visitors navigate to; the last is
// an error page.
var DemoPages = []string{
	"/", "/explore/", DemoDataset, "/login/", "/pages/a-propos/", "/pages/videos/", "/terms/cookies-policy/", "/nowhere",
}

// Necessary are the cookies of the charter.
var Necessary = []string{"sessionid", "django_language", "csrftoken", "cookies_preferences"}

// Without returns what of all is not in some, each as often as it is left over.
func Without(all, some []string) []string {
	var left []string
	for _, s := range all {
		if !slices.Contains(some, s) {
			left = append(left, s)
		}
	}
	return left
}
