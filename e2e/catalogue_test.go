package e2e

import (
	"strings"
	"testing"
)

// A service of an operator's file is blocked while nobody declares it, can be declared by its id, and is nobody's in
// another site.
func TestOwnCatalogue(t *testing.T) {
	const own = "catalogue testdata/catalogue/own.json"
	page := html(`<html><head><script src="https://x.guichet.example/a.js"></script><script>guichet.start()</script></head><body>`)
	for lines, want := range map[string]string{
		own:                       `data-consent-service="guichet" type="text/plain" data-consent-src="https://x.guichet.example/a.js"`,
		own + "\nservice guichet": `data-consent-service="guichet" type="text/plain">guichet.start()`,
		"":                        `<script src="https://x.guichet.example/a.js">`,
	} {
		t.Run(lines, func(t *testing.T) {
			if got := guard(t, lines, page).do(t, "GET", "/", "", byVisitor).body; !strings.Contains(got, want) {
				t.Errorf("%s lacks %s", got, want)
			}
		})
	}
}
