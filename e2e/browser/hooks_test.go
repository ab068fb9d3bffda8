package browser

import (
	"encoding/json"
	"testing"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// What docs/notice.md promises to a portal's developers.

func TestPortalControls(t *testing.T) {
	s := harness.Serve(t, harness.Declared, map[string]string{
		"/": harness.Document("", `
			<button data-consent-open><b>Cookies</b> du site</button>
			<a href="#cookies">Mes cookies</a>
			<a href="/other#cookies">Ailleurs</a>
			<ods-manage-cookies-preferences>`+
			`<button class="ods-manage-cookies-preferences__show-button">Bannière du portail</button></ods-manage-cookies-preferences>
			<footer class="ods-front-footer"><p>Mentions – ##manage-cookies## – Contact</p></footer>
			<script>document.querySelector('ods-manage-cookies-preferences').addEventListener('click', () => { document.title = 'two banners' })</script>`),
		"/other": harness.Document("", `<div class="ods-front-footer"></div>
			<script>addEventListener('DOMContentLoaded', () => { document.querySelector('.ods-front-footer').textContent = '##manage-cookies##' })</script>`),
	})
	p := harness.Browser(t, harness.Settings{}).Visit(t, harness.Visitor{})
	controls := []string{"Cookies du site", "Mes cookies", "Bannière du portail", "Gérer mes cookies"}
	p.Open(s.URL)
	p.Await(harness.Settled)
	if got := harness.Eval[string](p, `document.querySelector('footer').innerText`); got != "Mentions – Gérer mes cookies – Contact" {
		t.Errorf("the footer reads %q", got)
	}
	for _, text := range controls { // with the notice there
		p.OpenSettings(text)
		p.Reload()
	}
	p.Answer("Tout refuser")
	p.Await(`document.querySelector('[data-caddy-consent=manage]') !== null`)
	for _, reload := range []bool{false, true} { // without it
		if reload {
			p.Reload()
			p.Await(harness.Settled)
		}
		for _, text := range controls {
			p.OpenSettings(text)
			if got := ticked(p); len(got) > 0 {
				t.Errorf("after refusing, %q is ticked", got)
			}
			p.Click("Fermer")
			p.Await(harness.NoticeGone)
		}
	}
	if got := harness.Eval[string](p, `document.title`); got == "two banners" {
		t.Error("the portal's own banner opens as well")
	}

	// A link to the settings of another page leads there.
	p.Follow("Ailleurs")
	p.Await(harness.SettingsShown)
	// The footer may come late.
	if got := harness.Eval[string](p, `document.querySelector('.ods-front-footer button').innerText`); got != "Gérer mes cookies" {
		t.Errorf("the late footer reads %q", got)
	}
}

func TestSettingsLinkNoScript(t *testing.T) {
	s := harness.Serve(t, harness.Declared+"\ncharter /cookies\nmanage off",
		map[string]string{"/": harness.Document("", `<a href="/cookies" data-consent-open>Mes cookies</a>`)})
	p := harness.Browser(t, harness.Settings{}).Visit(t, harness.Visitor{NoScript: true})
	p.Open(s.URL)
	p.OpenSettings("Mes cookies")
	p.Answer("Tout refuser")
	p.OpenSettings("Mes cookies")
}

func TestScriptAPI(t *testing.T) {
	s := harness.Serve(t, harness.Declared, map[string]string{"/": harness.Document("", `<script>
		window.told = [];
		document.addEventListener('consentchange', event => told.push(event.detail));
	</script>`)})
	p := harness.Browser(t, harness.Settings{}).Visit(t, harness.Visitor{})
	p.Open(s.URL)
	p.Await(harness.Settled)
	type state struct {
		State    string
		Receipt  string
		Services map[string]bool
	}
	check := func(what string, got state, state string, ga bool) {
		t.Helper()
		if got.State != state || got.Services["ga"] != ga || got.Services["video"] {
			t.Errorf("%s: %+v", what, got)
		}
	}
	check("get before the choice", harness.Resolve[state](p, `consent.get()`), "none", false)
	check("set", harness.Resolve[state](p, `consent.set('custom', { ga: true })`), "given", true)
	check("get after the choice", harness.Resolve[state](p, `consent.get()`), "given", true)
	checkChoice(t, p, map[string]bool{"ga": true, "matomo": false, "video": false})
	told := harness.Eval[[]state](p, `told`)
	if len(told) != 1 {
		t.Fatalf("the event came %d times: %+v", len(told), told)
	}
	check("the event", told[0], "given", true)
	if told[0].Receipt == "" {
		t.Error("the event tells no receipt")
	}
	if got := harness.Resolve[string](p,
		`consent.set('nonsense').then(() => 'taken', error => error.message)`); got != "The choice was answered with status 400" {
		t.Errorf("a malformed choice: %s", got)
	}
	harness.Eval[json.RawMessage](p, `consent.open()`)
	p.Await(harness.SettingsShown)

	// The notice's buttons tell it too, and so does what was answered in another tab.
	another := p.Browser.Visit(t, p.Visitor)
	another.Open(s.URL)
	other := another.NewPage()
	other.Open(s.URL)
	other.Answer("Tout accepter")
	if n := harness.Eval[int](other, `told.length`); n != 1 {
		t.Errorf("after the notice's answer the event came %d times", n)
	}
	another.Show()
	another.Await(harness.NoticeGone)
	another.Await(`told.length === 1 && told[0].services.video`)

	// Withdrawn in one tab, it is told in the other when that is looked at again.
	other.Show()
	other.OpenSettings("Gérer mes cookies")
	other.Answer("Tout refuser")
	another.Show()
	another.Await(`told.length === 2 && !told[1].services.video`)
}

// TestAnswerRepeated however often the button is pressed, and what happens to the notice in
// the meantime does no harm.
func TestAnswerRepeated(t *testing.T) {
	s := harness.Serve(t, harness.Declared, map[string]string{"/": harness.Document("", `<script>
		window.sent = 0;
		const ask = window.fetch;
		window.fetch = (...request) => { sent++; return ask(...request) };
		addEventListener('unhandledrejection', event => { document.title = event.reason });
	</script>`)})
	p := harness.Browser(t, harness.Settings{}).Visit(t, harness.Visitor{})
	p.Open(s.URL)
	harness.Eval[json.RawMessage](p, `(button => { button.click(); button.click(); document.querySelector('#caddy-consent button[value=accept]')`+
		`.click() })(document.querySelector('#caddy-consent button[value=refuse]'))`)
	p.Await(harness.NoticeGone)
	p.Await(`document.querySelector('[role=status]').textContent !== ''`)
	if n := harness.Eval[int](p, `sent`); n != 2 { // the other answer is another
		t.Errorf("%d answers were sent", n)
	}
	checkChoice(t, p, map[string]bool{"ga": true, "matomo": true, "video": true})

	// Dismissed while the answer is on its way.
	p.ForgetCookies()
	p.Open(s.URL)
	harness.Eval[json.RawMessage](p, `document.querySelector('#caddy-consent button[value=accept]').focus()`)
	harness.Eval[json.RawMessage](p, `(button => { button.click(); button.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', `+
		`bubbles: true })) })(document.querySelector('#caddy-consent button[value=accept]'))`)
	p.Await(`document.querySelector('[role=status]').textContent === 'Votre choix est enregistré.'`)
	checkChoice(t, p, map[string]bool{"ga": true, "matomo": true, "video": true})
	for _, problem := range p.Problems() {
		t.Error(problem)
	}
}

// TestCookiesFragment: only where a page has none is #cookies the settings.
func TestCookiesFragment(t *testing.T) {
	s := harness.Serve(t, harness.Declared, map[string]string{
		"/own":  harness.Document("", `<a href="#cookies">Cookies</a><section id="cookies">Ce que nous gardons</section>`),
		"/none": harness.Document("", `<p>Portail</p>`),
	})
	p := harness.Browser(t, harness.Settings{}).Visit(t, harness.Visitor{})
	p.Open(s.URL + "/own")
	p.Await(harness.Settled)
	p.Click("Cookies")
	p.Await(`location.hash === '#cookies'`)
	if harness.Eval[bool](p, harness.SettingsShown) {
		t.Error("the settings open over the page's own section")
	}
	p.Open(s.URL + "/none")
	p.Await(harness.Settled)
	harness.Eval[string](p, `location.hash = 'cookies'`)
	p.Await(harness.SettingsShown)
}
