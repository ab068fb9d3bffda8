package guard

import (
	"testing"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// WordPress looks at all rules of the frame in which it shows a block of HTML.
func TestStyleSheetRules(t *testing.T) {
	_, site, p := guarded(t, harness.Watched, map[string]string{
		"/": harness.Document(`<style>p { color: rgb(1, 2, 3) }</style>`, `<p>Texte</p>`),
	})
	p.Open(site.URL)
	p.Await(harness.Settled)
	if got := harness.Eval[string](p, `document.styleSheets[0].cssRules[0].style.color`); got != "rgb(1, 2, 3)" {
		t.Errorf("the rule's colour is %s", got)
	}
	p.Await(`document.readyState === 'complete'`)
}

func TestIntegrityPolicyManageControl(t *testing.T) {
	site := harness.Serve(t, harness.Declared, map[string]string{"/": harness.Document("", "<p>Texte</p>")},
		"Integrity-Policy: blocked-destinations=(script)")
	p := harness.Browser(t, harness.Settings{}).Visit(t, harness.Visitor{})
	p.Open(site.URL)
	p.Answer("Tout refuser")
	p.Reload()
	p.Await(harness.ManageShown)
	p.Await(`window.consent !== undefined`)
	for _, problem := range p.Problems() {
		t.Error(problem)
	}
}
