package browser

import (
	"slices"
	"strings"
	"testing"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

func TestVisitorLanguage(t *testing.T) {
	const settings = `document.querySelector('#caddy-consent-settings').closest('form, section').innerText`
	s := harness.Serve(t, harness.Declared, map[string]string{"/": harness.Document("", "<h1>Portail</h1>")})
	withAndWithoutScripts(t, harness.Settings{}, harness.Visitor{}, func(t *testing.T, p *harness.Page) {
		spoken := harness.Share(harness.Languages, "ar", "fr")
		if p.Visitor.NoScript {
			spoken = []string{"ar", "fr", "nl"} // the texts are the same as with scripts
		}
		for _, language := range spoken {
			p.ForgetCookies()
			text := harness.Texts(t, language)
			p.Open(s.URL + "/?flg=" + language)
			got := harness.Eval[[]string](p, `(e => [e.lang, e.dir, getComputedStyle(e).direction])(document.querySelector('#caddy-consent'))`)
			if !slices.Equal(got, []string{language, text["direction"], text["direction"]}) {
				t.Errorf("%s: the notice is in %q", language, got)
			}
			for _, key := range []string{"notice.title", "purpose.statistics", "notice.services", "choice.refuse", "choice.accept", "choice.settings"} {
				if shown := harness.Eval[string](p, `document.querySelector('#caddy-consent').innerText`); !strings.Contains(shown, text[key]) {
					t.Errorf("%s: the notice does not say %q:\n%s", language, text[key], shown)
				}
			}
			if direction := harness.Eval[string](p, `getComputedStyle(document.querySelector('#caddy-consent bdi')).direction`); direction != "ltr" {
				t.Errorf("%s: a name in Latin letters is written %s", language, direction)
			}
			p.OpenSettings(text["choice.settings"])
			for _, key := range []string{"purpose.embeds", "charter.exempt", "choice.save", "choice.refuse"} {
				if shown := harness.Eval[string](p, settings); !strings.Contains(shown, text[key]) {
					t.Errorf("%s: the settings do not say %q:\n%s", language, text[key], shown)
				}
			}
			p.Answer(text["choice.save"])
			p.Open(s.URL + "/?flg=" + language)
			p.OpenSettings(text["manage"])
			if shown := harness.Eval[string](p, settings); !strings.Contains(shown, text["choice.save"]) {
				t.Errorf("%s: the settings of a visitor who comes back do not say %q:\n%s", language, text["choice.save"], shown)
			}
		}
	})
}

// TestPageLanguagePrecedence: the page's goes before the browser's, unless the visitor chose one on the portal.
func TestPageLanguagePrecedence(t *testing.T) {
	german := strings.Replace(harness.Document("", "<p>Hallo"), `lang="fr"`, `lang="de-DE"`, 1)
	s := harness.Serve(t, harness.Declared, map[string]string{"/de": german, "/none": "<!doctype html><title>x</title><p>x"})
	p := harness.Browser(t, harness.Settings{Language: "en-GB,en"}).Visit(t, harness.Visitor{})
	for path, want := range map[string]string{"/de": "de", "/none": "en", "/de?flg=nl-nl": "nl"} {
		p.Open(s.URL + path)
		if got := harness.Eval[string](p, `document.querySelector('#caddy-consent').lang`); got != want {
			t.Errorf("%s: the notice is in %s, want %s", path, got, want)
		}
	}
}

func TestCharterLanguages(t *testing.T) {
	s := harness.Serve(t, harness.Declared+"\ncharter /cookies", map[string]string{"/": harness.Document("", "")})
	p := harness.Browser(t, harness.Settings{}).Visit(t, harness.Visitor{})
	p.Open(s.URL + "/cookies")
	for _, language := range harness.Languages {
		text := harness.Texts(t, language)
		p.Follow(text["language"]) // in its navigation
		got := harness.Eval[[]string](p, `[document.documentElement.lang, document.documentElement.dir]`)
		if !slices.Equal(got, []string{language, text["direction"]}) {
			t.Errorf("%s: the charter is in %q", language, got)
		}
		shown := harness.Eval[string](p, `document.documentElement.innerText`)
		for _, key := range []string{"charter.title", "kind.third", "cookie.sessionid.purpose", "consent.exempt", "charter.clear.browsers", "status.none"} {
			if !strings.Contains(shown, text[key]) {
				t.Errorf("%s: the charter does not say %q:\n%s", language, text[key], shown)
			}
		}
	}
}
