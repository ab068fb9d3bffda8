package npm

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// violations runs axe-core on part of a page, a CSS selector, or on all of it. Nothing in it
// may go against WCAG 2.2 AA or axe's best practices.
func violations(t *testing.T, p *harness.Page, part string) []string {
	t.Helper()
	axe, err := os.ReadFile(filepath.Join(harness.NPM(t), "axe-core", "axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	if !harness.Eval[bool](p, `typeof window.axe === 'object'`) {
		harness.Eval[json.RawMessage](p, string(axe)+"\n;null")
	}
	context := "document"
	if part != "" {
		context = fmt.Sprintf("{ include: [%q] }", part)
	}
	return harness.Resolve[[]string](p, `axe.run(`+context+
		`, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice', 'RGAAv4'] }).then(result => {
		if (!result.passes.length) throw new Error('nothing was checked');
		return result.violations.flatMap(v => v.nodes.map(n => v.id + ': ' + n.target.join(' ') + ': ' + n.failureSummary));
	})`)
}

func TestAxeViolations(t *testing.T) {
	s := harness.Serve(t, harness.Declared+"\ncharter /cookies",
		map[string]string{"/": harness.Document("", "<header><h1>Portail</h1></header><main><p>Données</p></main>")})
	browser := harness.Browser(t, harness.Settings{})
	for _, v := range []harness.Visitor{{}, {Dark: true}, {Width: 320, Height: 568}} {
		checked := harness.Languages
		if v != (harness.Visitor{}) || !harness.IsWhole() {
			checked = []string{"fr", "ar"} // what differs is the look
		}
		p := browser.Visit(t, v)
		for _, language := range checked {
			text := harness.Texts(t, language)
			check := func(p *harness.Page, what, part string) {
				t.Helper()
				for _, violation := range violations(t, p, part) {
					t.Errorf("%+v, %s, %s: %s", v, language, what, violation)
				}
			}
			p.ForgetCookies()
			p.Open(s.URL + "/?flg=" + language)
			check(p, "the notice", "#caddy-consent")
			p.Click(text["notice.services"])
			check(p, "the notice with its services", "#caddy-consent")
			p.OpenSettings(text["choice.settings"])
			check(p, "the settings", "#caddy-consent")
			p.Open(s.URL + "/cookies?lang=" + language)
			check(p, "the charter", "")
			for _, service := range []string{"ga", "youtube"} { // one that is declared, one that is not
				p.Open(s.URL + "/_consent/placeholder?service=" + service + "&url=https://www.googletagmanager.com/x&lang=" + language)
				check(p, "what stands in place of a frame of "+service, "")
			}

			p.Open(s.URL + "/?flg=" + language)
			p.Answer(text["choice.refuse"])
			check(p, "the control to come back", "[data-caddy-consent=manage]")
			p.OpenSettings(text["manage"])
			check(p, "the settings of a visitor who comes back", "#caddy-consent")
			p.Open(s.URL + "/cookies?lang=" + language)
			check(p, "the charter after the answer", "")
		}
	}
}

func TestAxeViolationsNoServices(t *testing.T) {
	s := harness.Serve(t, "", map[string]string{"/": harness.Document("", "<main><h1>Portail</h1></main>")})
	p := harness.Browser(t, harness.Settings{}).Visit(t, harness.Visitor{})
	for _, path := range []string{"/", "/_consent/charter"} {
		p.Open(s.URL + path)
		for _, violation := range violations(t, p, "") {
			t.Errorf("%s: %s", path, violation)
		}
	}
}
