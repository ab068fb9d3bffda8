package browser

import (
	"slices"
	"strings"
	"testing"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// Where things are against the visitor: no cookies, no upstream, a strict page.

func TestCookiesDisabled(t *testing.T) {
	s := harness.Serve(t, harness.Declared, map[string]string{"/": harness.Document("", "")})
	withAndWithoutScripts(t, harness.Settings{NoCookies: true}, harness.Visitor{}, func(t *testing.T, p *harness.Page) {
		p.Open(s.URL)
		sentence, shown := "votre choix ne peut pas être retenu", `document.querySelector('#caddy-consent').innerText`
		if p.Visitor.NoScript {
			if got := harness.Eval[string](p, shown); strings.Contains(got, sentence) {
				t.Errorf("the notice says so before it can know:\n%s", got)
			}
			p.Follow("Tout refuser") // there and back
			p.Await(harness.NoticeShown)
		} else {
			p.Click("Tout refuser")
			p.Await(`document.querySelector('#caddy-consent [role=status]').textContent !== ''`)
		}
		if got := harness.Eval[string](p, shown); !strings.Contains(got, sentence) {
			t.Errorf("the notice does not say so:\n%s", got)
		}
		if len(p.Cookies()) > 0 {
			t.Fatal("the browser keeps cookies: the test proves nothing")
		}
		if !p.Visitor.NoScript { // It has been said: the next answer ends it, on this page.
			p.Click("Tout refuser")
			p.Await(harness.NoticeGone)
			p.Reload()
			p.Await(harness.NoticeShown)
		}
	})
}

func TestUpstreamDown(t *testing.T) {
	s := harness.Serve(t, harness.Declared, map[string]string{"/": harness.Document("", "")})
	p := harness.Browser(t, harness.Settings{}).Visit(t, harness.Visitor{})
	p.Open(s.URL)
	s.Portal.Close()
	p.Click("Personnaliser")
	p.Click("Google Analytics (Google)")
	p.Answer("Enregistrer mes choix")
	checkChoice(t, p, map[string]bool{"matomo": true, "ga": true, "video": false})
	p.OpenSettings("Gérer mes cookies")
	if got := ticked(p); !slices.Equal(got, []string{"matomo", "ga"}) {
		t.Errorf("%q is ticked", got)
	}
	p.Answer("Tout refuser")
	p.Open(s.URL + "/_consent/charter")
	p.Answer("Tout accepter")
	checkChoice(t, p, map[string]bool{"matomo": true, "ga": true, "video": true})
}

// TestCSPSelfOnly: a page that allows files of its own site alone, and no strings as
// code or markup.
func TestCSPSelfOnly(t *testing.T) {
	const policy = "default-src 'self'; base-uri 'none'; object-src 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
	s := harness.Serve(t, harness.Declared, map[string]string{"/": harness.Document("", "<p>##manage-cookies##</p><footer>##manage-cookies##</footer>")},
		"Content-Security-Policy: "+policy)
	withAndWithoutScripts(t, harness.Settings{}, harness.Visitor{}, func(t *testing.T, p *harness.Page) {
		for _, text := range []string{"Tout refuser", "Enregistrer mes choix"} {
			p.Open(s.URL)
			if text == "Tout refuser" {
				p.Await(harness.NoticeShown)
			} else {
				p.OpenSettings("Gérer mes cookies")
			}
			if !harness.Eval[bool](p, `getComputedStyle(document.querySelector('#caddy-consent, #caddy-consent-settings')).borderTopStyle === 'solid'`) {
				t.Error("the style sheet is not there")
			}
			p.Answer(text)
		}
		for _, problem := range p.Problems() {
			t.Error(problem)
		}
	})
}

// TestCSPConnectNone: a policy that a script adds is not seen on the way. By it a
// script may not ask, a form may.
func TestCSPConnectNone(t *testing.T) {
	const late = `<script>document.head.insertAdjacentHTML('beforeend', ` +
		`'<meta http-equiv="Content-Security-Policy" content="connect-src \'none\'">')</script>`
	s := harness.Serve(t, harness.Declared, map[string]string{"/": harness.Document(late, "")})
	p := harness.Browser(t, harness.Settings{}).Visit(t, harness.Visitor{})
	p.Open(s.URL)
	p.Follow("Tout refuser") // the page is loaded anew
	p.Await(harness.NoticeGone)
	checkChoice(t, p, map[string]bool{"matomo": false, "ga": false})
	p.Follow("Gérer mes cookies")
	p.Await(harness.SettingsShown)
}

func TestAssetRequests(t *testing.T) {
	s := harness.Serve(t, harness.Declared, map[string]string{"/": harness.Document("", "<h1>Portail</h1>")})
	const loaded = `performance.getEntriesByType('resource').filter(e => !e.name.endsWith('/favicon.ico')).map(e => e.name.replace(location.origin, ` +
		`'').replace(/[0-9a-f]{8}/, '<hash>'))`
	want := []string{"/_consent/assets/<hash>/guard.js", "/_consent/assets/<hash>/notice.js", "/_consent/assets/<hash>/style.css"}
	p := harness.Browser(t, harness.Settings{}).Visit(t, harness.Visitor{})
	for _, state := range []string{"with the notice", "after the choice"} {
		p.Open(s.URL)
		p.Await(harness.Settled)
		got := harness.Eval[[]string](p, loaded)
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("%s: the page loads %q", state, got)
		}
		if state == "with the notice" {
			p.Answer("Tout refuser")
		}
	}
}

// TestLayoutShift: nothing moves when the notice comes, the settings open, the notice goes.
func TestLayoutShift(t *testing.T) {
	s := harness.Serve(t, harness.Declared,
		map[string]string{"/": harness.Document("", `<h1>Portail</h1><p>Données</p><div style="height:2000px"></div>`)})
	p := harness.Browser(t, harness.Settings{}).Visit(t, harness.Visitor{})
	const shifted = `new Promise(resolve => {
		let moved = '';
		const place = r => [r.x, r.y, r.width, r.height].map(Math.round).join(' ');
		const seen = list => list.forEach(e => { if (!e.hadRecentInput) moved += e.sources.map(s => // as Cumulative Layout Shift
			(s.node ? s.node.outerHTML || s.node.textContent : 'something').slice(0, 60) +
			' from ' + place(s.previousRect) + ' to ' + place(s.currentRect)) + '; ' });
		const observer = new PerformanceObserver(list => seen(list.getEntries()));
		observer.observe({ type: 'layout-shift', buffered: true });
		requestAnimationFrame(() => requestAnimationFrame(() => { seen(observer.takeRecords()); resolve(moved) }));
	})`
	check := func(what string) {
		t.Helper()
		if moved := harness.Resolve[string](p, shifted); moved != "" {
			t.Errorf("%s moves %s", what, moved)
		}
	}
	p.Open(s.URL)
	p.Await(harness.NoticeShown)
	check("the notice")
	p.OpenSettings("Personnaliser")
	p.Answer("Tout refuser")
	if top := harness.Eval[float64](p, `document.querySelector('h1').getBoundingClientRect().top`); top < 0 || harness.Eval[float64](p, `scrollY`) != 0 {
		t.Errorf("the page was scrolled: its heading is at %f", top)
	}
	check("its answer")
	p.Reload()
	check("the page after it")
}
