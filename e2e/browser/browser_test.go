// Package browser sees the demo as visitors do, in a real Chromium.
package browser

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	_ "github.com/caddy-consent/caddy-consent"
	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// What visitors of the demo see and what their browser keeps, with JavaScript and
// without. What they do, they do with mouse and keyboard.

// withAndWithoutScripts runs a test with the first page of a visitor who has
// JavaScript, and of one who has not.
func withAndWithoutScripts(t *testing.T, s harness.Settings, v harness.Visitor, test func(t *testing.T, p *harness.Page)) {
	t.Helper()
	browser := harness.Browser(t, s)
	for name, noScript := range map[string]bool{"JavaScriptOn": false, "JavaScriptOff": true} {
		v.NoScript = noScript
		t.Run(name, func(t *testing.T) { test(t, browser.Visit(t, v)) })
	}
}

func TestMain(m *testing.M) {
	harness.Main(m, harness.HasChromium)
}

func TestNoticeAfterAnswer(t *testing.T) {
	d := harness.StartDemo(t)
	for _, c := range []struct {
		name, answer string
		settings     harness.Settings
	}{
		{"Refuse", "Tout refuser", harness.Settings{}},
		{"Accept", "Tout accepter", harness.Settings{}},
		{"RefuseWithNoPageKeptInMemory", "Tout refuser", harness.Settings{NoPageCache: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.settings.NoPageCache {
				harness.LeaveToCI(t)
			}
			withAndWithoutScripts(t, c.settings, harness.Visitor{}, func(t *testing.T, p *harness.Page) {
				answerEndsTheNotice(t, d, p, c.answer)
			})
		})
	}
}

func answerEndsTheNotice(t *testing.T, d harness.Demo, p *harness.Page, text string) {
	p.Open(d.URL("/"))
	p.Await(harness.NoticeShown)
	p.Follow("Catalogue")
	p.Await(harness.NoticeShown)

	p.Answer(text)
	if got := p.URL(); got != d.URL("/explore/") {
		t.Errorf("the answer leads to %s, not back to the page", got)
	}
	redirects := map[bool]int{true: 1, false: 0}[p.Visitor.NoScript]
	if n := harness.Eval[int](p, `performance.getEntriesByType('navigation')[0].redirectCount`); n != redirects {
		t.Errorf("the way back took %d redirects, want %d", n, redirects)
	}
	p.Await(harness.ManageShown)
	p.Reload()
	p.Await(harness.NoticeGone)
	p.Follow("À propos")
	p.Await(harness.NoticeGone)

	// Back to the very first page, which had the notice, and forward again.
	visits := 0
	for ; p.URL() != d.URL("/"); visits++ {
		fromMemory := p.Back()
		t.Logf("back to %s, from memory: %t", p.URL(), fromMemory)
		p.Await(harness.NoticeGone)
	}
	for range visits {
		p.Forward()
		p.Await(harness.NoticeGone)
	}

	another := p.NewPage()
	another.Open(d.URL("/"))
	another.Await(harness.NoticeGone)
	another.Await(harness.ManageShown)
}

// A page that the browser kept in memory comes back as it was left: the script
// of the notice has to look again.
func TestBackForwardCache(t *testing.T) {
	d := harness.StartDemo(t)
	site := keepable(t, d)
	p := harness.Browser(t, harness.Settings{}).Visit(t, harness.Visitor{})
	p.Open(site + "/")
	p.Await(harness.NoticeShown)
	p.Follow("Catalogue")
	p.Answer("Tout refuser")
	fromMemory := false
	for p.URL() != site+"/" {
		fromMemory = p.Back()
	}
	if !fromMemory {
		t.Fatal("the page does not come from memory: the test proves nothing")
	}
	p.Await(harness.NoticeGone)
}

// keepable serves the demo as an operator who overrules Cache-Control would:
// browsers keep a no-store page in memory only as long as no cookie changes.
func keepable(t *testing.T, d harness.Demo) string {
	t.Helper()
	server := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(&url.URL{Scheme: "http", Host: d.Site})
			r.Out.Host = r.In.Host
		},
		ModifyResponse: func(r *http.Response) error {
			r.Header.Set("Cache-Control", "private, no-cache")
			return nil
		},
	})
	t.Cleanup(server.Close)
	return strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
}

func TestNoticeOtherTab(t *testing.T) {
	d := harness.StartDemo(t)
	withAndWithoutScripts(t, harness.Settings{}, harness.Visitor{}, func(t *testing.T, open *harness.Page) {
		open.Open(d.URL("/explore/"))
		open.Await(harness.NoticeShown)

		other := open.NewPage()
		other.Open(d.URL("/"))
		other.Answer("Tout refuser")

		open.Show()
		if open.Visitor.NoScript {
			open.Reload()
		}
		open.Await(harness.NoticeGone)
	})
}

func TestBrowserCookiesRefused(t *testing.T) {
	d := harness.StartDemo(t)
	paths := slices.Concat(harness.DemoPages, []string{harness.DemoMap, harness.DemoAPI, "/static/ods/map.svg"})
	withAndWithoutScripts(t, harness.Settings{}, harness.Visitor{}, func(t *testing.T, p *harness.Page) {
		for _, path := range paths {
			p.Open(d.URL(path))
			if names := cookieNames(p); len(harness.Without(names, []string{"csrftoken", "django_language"})) > 0 {
				t.Errorf("before the choice, %s leaves the cookies %q", path, names)
			}
		}
		holds(t, p, "csrftoken", "django_language")

		p.Open(d.URL("/"))
		p.Answer("Tout refuser")
		checkChoice(t, p, map[string]bool{"ga": false, "matomo": false})
		for _, path := range paths {
			p.Open(d.URL(path))
			holds(t, p, "cookies_preferences", "csrftoken", "django_language")
		}
	})
}

func TestBrowserCookiesAccepted(t *testing.T) {
	d := harness.StartDemo(t)
	accepted := []string{
		"_ga", "_ga_ABC123", "_gid", "_pk_id.1.1fff", "_pk_ses.1.1fff", "cookies_preferences", "csrftoken", "django_language",
	}
	withAndWithoutScripts(t, harness.Settings{}, harness.Visitor{}, func(t *testing.T, p *harness.Page) {
		p.Open(d.URL("/"))
		p.Answer("Tout accepter")
		checkChoice(t, p, map[string]bool{"ga": true, "matomo": true})
		for _, path := range harness.DemoPages {
			p.Open(d.URL(path))
			holds(t, p, accepted...)
		}
	})
}

func TestCustomChoice(t *testing.T) {
	d := harness.StartDemo(t)
	withAndWithoutScripts(t, harness.Settings{}, harness.Visitor{}, func(t *testing.T, p *harness.Page) {
		p.Open(d.URL("/explore/"))
		p.OpenSettings("Personnaliser")
		if got := ticked(p); len(got) > 0 {
			t.Errorf("before the choice, %q is ticked", got)
		}
		p.Click("Matomo (Ville de Démonstration)")
		p.Answer("Enregistrer mes choix")
		if got := p.URL(); got != d.URL("/explore/") {
			t.Errorf("saving leads to %s, not back to the page", got)
		}
		p.Await(harness.NoticeGone)
		checkChoice(t, p, map[string]bool{"ga": false, "matomo": true})
		for _, path := range []string{"/", harness.DemoDataset, "/login/"} {
			p.Open(d.URL(path))
			holds(t, p, "_pk_id.1.1fff", "_pk_ses.1.1fff", "cookies_preferences", "csrftoken", "django_language")
		}
	})
}

func TestManageControlWithdrawal(t *testing.T) {
	d := harness.StartDemo(t)
	withAndWithoutScripts(t, harness.Settings{}, harness.Visitor{}, func(t *testing.T, p *harness.Page) {
		p.Open(d.URL("/explore/"))
		p.Answer("Tout accepter")
		p.Reload() // now the portal sets what was accepted
		p.Await(harness.ManageShown)

		p.OpenSettings("Gérer mes cookies")
		if got := ticked(p); !slices.Equal(got, []string{"matomo", "ga", "youtube"}) {
			t.Errorf("after accepting all, %q is ticked", got)
		}
		p.Click("Google Analytics (Google Ireland Limited)")
		p.Answer("Enregistrer mes choix")
		checkChoice(t, p, map[string]bool{"ga": false, "matomo": true})
		holds(t, p, "_pk_id.1.1fff", "_pk_ses.1.1fff", "cookies_preferences", "csrftoken", "django_language")
		p.Reload()
		if got := received(p); slices.Contains(got, "_ga") || !slices.Contains(got, "_pk_id.1.1fff") {
			t.Errorf("after withdrawing one, the portal receives %q", got)
		}

		p.OpenSettings("Gérer mes cookies")
		if got := ticked(p); !slices.Equal(got, []string{"matomo", "youtube"}) {
			t.Errorf("after withdrawing one, %q is ticked", got)
		}
		p.Answer("Tout refuser")
		if got := p.URL(); got != d.URL("/explore/") {
			t.Errorf("refusing leads to %s, not back to the page", got)
		}
		checkChoice(t, p, map[string]bool{"ga": false, "matomo": false})
		holds(t, p, "cookies_preferences", "csrftoken", "django_language")
		p.Reload()
		if got := harness.Without(received(p), harness.Necessary); len(got) > 0 {
			t.Errorf("after refusing, the portal receives %q", got)
		}
		p.Await(harness.ManageShown)
	})
}

func TestLoginAnyChoice(t *testing.T) {
	d := harness.StartDemo(t)
	withAndWithoutScripts(t, harness.Settings{}, harness.Visitor{}, func(t *testing.T, p *harness.Page) {
		for _, text := range []string{"", "Tout refuser", "Tout accepter"} {
			p.Open(d.URL("/login/"))
			if text != "" {
				if p.Has("[data-caddy-consent=manage]") {
					p.OpenSettings("Gérer mes cookies")
				}
				p.Answer(text)
			}
			p.Click("Nom d’utilisateur")
			p.Type("visiteur")
			p.TypeAndLoad(kb.Enter)
			if got := p.URL(); got != d.URL("/account/") {
				t.Fatalf("after %q, logging in leads to %s", text, got)
			}
			if p.Cookies()["sessionid"] == "" {
				t.Errorf("after %q, logging in sets no session", text)
			}
			p.Follow("Se déconnecter")
			if p.Cookies()["sessionid"] != "" {
				t.Errorf("after %q, logging out leaves the session", text)
			}
		}
	})
}

func TestNoticeInFrame(t *testing.T) {
	d := harness.StartDemo(t)
	const frame = `document.querySelector('iframe').contentDocument`
	withAndWithoutScripts(t, harness.Settings{}, harness.Visitor{}, func(t *testing.T, p *harness.Page) {
		p.Open(d.URL(harness.DemoDataset))
		for _, there := range []string{harness.NoticeShown, harness.ManageShown} {
			p.Await(there)
			p.Await(frame + `.querySelector('img') !== null`)
			if n := harness.Eval[int](p, frame+`.querySelectorAll('[data-caddy-consent]:not(script)').length`); n > 0 {
				t.Errorf("the map in the frame holds %d elements of the notice", n)
			}
			if there == harness.NoticeShown {
				p.Answer("Tout refuser")
			}
		}
	})
}

func TestNoticeKeyboardOrder(t *testing.T) {
	d := harness.StartDemo(t)
	const focused = `document.activeElement.closest('#caddy-consent') ? document.activeElement.innerText.trim() : ''`
	withAndWithoutScripts(t, harness.Settings{}, harness.Visitor{}, func(t *testing.T, p *harness.Page) {
		p.Open(d.URL("/"))
		var stops []string
		want := []string{"Services et fournisseurs concernés", "Consulter la charte des cookies", "Tout refuser", "Tout accepter", "Personnaliser"}
		for range want {
			p.Type(kb.Tab)
			stops = append(stops, harness.Eval[string](p, focused))
			if !harness.Eval[bool](p, `getComputedStyle(document.activeElement).outlineStyle !== 'none'`) {
				t.Errorf("%q shows no focus", stops[len(stops)-1])
			}
		}
		if !slices.Equal(stops, want) {
			t.Errorf("the first tab stops are %q, want %q", stops, want)
		}
		p.Type(kb.Tab)
		if harness.Eval[bool](p, `document.activeElement.closest('#caddy-consent') !== null`) {
			t.Error("the notice holds the focus")
		}
		for _, answer := range []string{"refuse", "accept"} {
			another := p.Browser.Visit(t, p.Visitor)
			another.Open(d.URL("/"))
			for range map[string]int{"refuse": 3, "accept": 4}[answer] {
				another.Type(kb.Tab)
			}
			if another.Visitor.NoScript {
				another.TypeAndLoad(kb.Enter)
			} else {
				another.Type(kb.Enter)
			}
			another.Await(harness.NoticeGone)
			checkChoice(t, another, map[string]bool{"ga": answer == "accept", "matomo": answer == "accept"})
		}
	})
}

func TestBrowserConsoleErrors(t *testing.T) {
	d := harness.StartDemo(t)
	pages := append(harness.Without(harness.DemoPages, []string{"/nowhere"}), "/_consent/charter")
	withAndWithoutScripts(t, harness.Settings{}, harness.Visitor{}, func(t *testing.T, p *harness.Page) {
		check := func(state string) {
			t.Helper()
			for _, path := range pages {
				if path == "/pages/videos/" && state == "after accepting" {
					continue // which then loads from YouTube
				}
				p.Open(d.URL(path))
				for _, problem := range p.Problems() {
					t.Errorf("%s, %s: %s", state, path, problem)
				}
			}
		}
		check("before the choice")
		p.Open(d.URL("/"))
		p.Answer("Tout refuser")
		check("after refusing")
		p.Open(d.URL("/"))
		p.OpenSettings("Gérer mes cookies")
		p.Answer("Tout accepter")
		check("after accepting")
	})
}

func TestNoticeNarrowWindow(t *testing.T) {
	d := harness.StartDemo(t)
	withAndWithoutScripts(t, harness.Settings{}, harness.Visitor{Width: 320, Height: 568}, func(t *testing.T, p *harness.Page) {
		p.Open(d.URL("/"))
		p.Await(harness.NoticeShown)
		const fits = `(e => { const box = e.getBoundingClientRect(); return e.scrollWidth <= e.clientWidth && box.left >= 0 && ` +
			`box.right <= innerWidth && box.top >= 0 && box.bottom <= innerHeight })`
		if !harness.Eval[bool](p, fits+`(document.querySelector('#caddy-consent'))`) {
			t.Error("the notice does not fit, or scrolls sideways")
		}
		if !harness.Eval[bool](p, `document.documentElement.scrollWidth <= innerWidth`) {
			t.Error("the page scrolls sideways")
		}
		for _, answer := range []string{"refuse", "accept"} {
			const inSight = `(e => { const box = e.getBoundingClientRect(); ` +
				`return [box.top + 2, box.bottom - 2].every(y => document.elementFromPoint(box.x + box.width / 2, y) === e) })`
			if !harness.Eval[bool](p, inSight+`(document.querySelector('#caddy-consent button[value=`+answer+`]'))`) {
				t.Errorf("the button to %s is out of sight until one scrolls", answer)
			}
		}
		p.OpenSettings("Personnaliser")
		if !harness.Eval[bool](p, `document.documentElement.scrollWidth <= innerWidth`) {
			t.Error("the charter scrolls sideways")
		}
		p.Answer("Tout refuser")
		if !harness.Eval[bool](p, fits+`(document.querySelector('[data-caddy-consent=manage]'))`) {
			t.Error("the control to come back does not fit")
		}
	})
}

func TestRefuseButtonStyle(t *testing.T) {
	d := harness.StartDemo(t)
	const look = `(value => {
		const button = document.querySelector('#caddy-consent button[value=' + value + ']');
		const style = getComputedStyle(button), box = button.getBoundingClientRect();
		return [Math.round(box.width), Math.round(box.height), ...['color', 'backgroundColor', 'borderColor', 'borderWidth', 'borderRadius',
			'fontSize', 'fontWeight', 'fontFamily', 'textDecorationLine', 'opacity', 'boxShadow', 'cursor'].map(name => style[name])].join(' ');
	})`
	browser := harness.Browser(t, harness.Settings{})
	for _, v := range []harness.Visitor{{}, {Dark: true}, {Width: 320, Height: 568}} {
		p := browser.Visit(t, v)
		p.Open(d.URL("/"))
		refuse, accept := harness.Eval[string](p, look+`('refuse')`), harness.Eval[string](p, look+`('accept')`)
		if refuse != accept {
			t.Errorf("in %+v, the button to refuse is %s, the one to accept %s", v, refuse, accept)
		}
	}
}

// cookieNames lists the cookies that the browser holds.
func cookieNames(p *harness.Page) []string { return slices.Sorted(maps.Keys(p.Cookies())) }

// holds checks that the browser holds these cookies, in order, and no other.
func holds(t *testing.T, p *harness.Page, want ...string) {
	t.Helper()
	if got := cookieNames(p); !slices.Equal(got, want) {
		t.Errorf("on %s, the browser holds the cookies %q, want %q", p.URL(), got, want)
	}
}

// checkChoice reads the choice as the portal's own front end does.
func checkChoice(t *testing.T, p *harness.Page, want map[string]bool) {
	t.Helper()
	text := harness.Eval[string](p, `JSON.stringify(JSON.parse(decodeURIComponent(
		document.cookie.split('; ').find(pair => pair.startsWith('cookies_preferences=')).split('=')[1])))`)
	var read map[string]any
	if err := json.Unmarshal([]byte(text), &read); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	for service, granted := range want {
		if read[service] != granted {
			t.Errorf("the choice says %v of %s, want %t: %s", read[service], service, granted, text)
		}
	}
	if timestamp, ok := read["timestamp"].(float64); !ok || timestamp <= 0 {
		t.Errorf("the choice has the timestamp %v: %s", read["timestamp"], text)
	}
}

// ticked lists the services whose boxes are ticked on the charter.
func ticked(p *harness.Page) []string {
	return harness.Eval[[]string](p, `[...document.querySelectorAll('input[name=service]:checked')].map(box => box.value)`)
}

// received lists the cookies that came to the portal with the request for the page.
func received(p *harness.Page) []string {
	return harness.Eval[[]string](p, `[...document.querySelectorAll('#cookies-received li:not(.none)')].map(item => item.innerText)`)
}
