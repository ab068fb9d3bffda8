package browser

import (
	"encoding/json"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// What visitors do while what they have asked for is on its way, and where it does not arrive.

// held serves a site by a road on which requests wait, each until it may go on.
func held(t *testing.T, site string, waits func(r *http.Request) bool) (url string, goOn chan<- bool) {
	t.Helper()
	wait := make(chan bool, 9)
	url = harness.Between(t, site, func(_ http.ResponseWriter, r *http.Request) bool {
		if waits(r) {
			<-wait
		}
		return false
	})
	t.Cleanup(func() { close(wait) })
	return url, wait
}

func isChoice(r *http.Request) bool {
	return r.Method == http.MethodPost && r.URL.Path == "/_consent/choice"
}

func isSettings(r *http.Request) bool { return r.URL.Path == "/_consent/settings" }

// TestAnswerChanged: who takes the other answer while the first is on its way has changed their mind.
func TestAnswerChanged(t *testing.T) {
	s := harness.Serve(t, harness.Declared, map[string]string{"/": harness.Document("", "")})
	site, goOn := held(t, s.URL, isChoice)
	p := harness.Browser(t, harness.Settings{}).Visit(t, harness.Visitor{})
	p.Open(site)
	p.Await(harness.Settled)
	harness.Eval[bool](p, `(window.told = [], document.addEventListener('consentchange', e => told.push(e.detail.services.ga)), true)`)
	p.Click("Tout accepter")
	p.Click("Tout refuser")
	goOn <- true
	goOn <- true
	p.Await(harness.NoticeGone)
	checkChoice(t, p, map[string]bool{"ga": false, "video": false})
	if told := harness.Eval[string](p, `told.join()`); told != "false" {
		t.Errorf("the page is told %s", told)
	}
}

// TestSettingsLate: what is typed elsewhere while the settings are on their way is not typed into them.
func TestSettingsLate(t *testing.T) {
	s := harness.Serve(t, harness.Declared, map[string]string{"/": harness.Document("", `<label>Chercher <input id="search"></label>`)})
	site, goOn := held(t, s.URL, isSettings)
	p := harness.Browser(t, harness.Settings{}).Visit(t, harness.Visitor{})
	p.Open(site)
	p.Answer("Tout refuser")
	p.Click("Gérer mes cookies")
	p.Click("Chercher")
	p.Type("bud")
	goOn <- true
	p.Await(harness.SettingsShown)
	p.Type("get 2024" + kb.Enter)
	if got := harness.Eval[string](p, `search.value`); got != "budget 2024" {
		t.Errorf("the field holds %q", got)
	}
	if ticks := ticked(p); len(ticks) > 0 || !harness.Eval[bool](p, harness.SettingsShown) {
		t.Errorf("the settings are gone, or changed: %q", ticks)
	}
}

// TestPlaceholderDoubleClick: the second click of a double one, or of one who waits, does not leave the page.
func TestPlaceholderDoubleClick(t *testing.T) {
	s := harness.Serve(t, harness.Watched, map[string]string{"/": harness.Document("", `<iframe src="https://video.test/embed"></iframe>`)})
	site, goOn := held(t, s.URL, isChoice)
	p := harness.Browser(t, harness.Settings{}).Visit(t, harness.Visitor{})
	p.Open(site)
	p.Await(harness.Settled)
	p.Await(`document.querySelector('iframe').contentDocument.querySelector('button') !== null`)
	harness.Eval[json.RawMessage](p, `{ window.same = true; const button = document.querySelector('iframe').contentDocument.querySelector('button');
		button.click(); button.click(); 1 }`)
	goOn <- true
	goOn <- true
	p.Await(harness.NoticeGone)
	if !harness.Eval[bool](p, `window.same === true`) {
		t.Error("the page is loaded anew")
	}
}

// TestAnswerFails: the page stays, with what was typed in it, and the notice says so. Pressed again, it is sent plainly, as
// a script's request may be refused where a form is not.
func TestAnswerFails(t *testing.T) {
	s := harness.Serve(t, harness.Declared, map[string]string{"/": harness.Document("", `<label>Nom <input id="name"></label>`)})
	for _, status := range []int{0, http.StatusForbidden, http.StatusTooManyRequests, http.StatusServiceUnavailable} {
		site := harness.Between(t, s.URL, func(w http.ResponseWriter, r *http.Request) bool {
			if !isChoice(r) || r.Header.Get("Content-Type") != "application/json" {
				return false
			}
			if status == 0 {
				panic(http.ErrAbortHandler)
			}
			w.WriteHeader(status)
			return true
		})
		p := harness.Browser(t, harness.Settings{}).Visit(t, harness.Visitor{})
		p.Open(site)
		p.Await(harness.Settled)
		p.Click("Nom")
		p.Type("Dupont")
		p.Click("Tout refuser")
		p.Await(`document.querySelector('#caddy-consent [role=status]').textContent.startsWith('Votre choix n’a pas pu être enregistré.')`)
		if got := harness.Eval[string](p, `document.getElementById('name').value`); got != "Dupont" {
			t.Errorf("%d: the field holds %q", status, got)
		}
		p.Follow("Tout refuser")
		p.Await(harness.NoticeGone)
		checkChoice(t, p, map[string]bool{"ga": false})
	}
}

// lost serves a site by a road on which requests get lost while the second result says so.
func lost(t *testing.T, site string, isLost func(r *http.Request) bool) (url string, is *atomic.Bool) {
	t.Helper()
	is = new(atomic.Bool)
	is.Store(true)
	return harness.Between(t, site, func(_ http.ResponseWriter, r *http.Request) bool {
		if isLost(r) && is.Load() {
			panic(http.ErrAbortHandler)
		}
		return false
	}), is
}

// TestSettingsUnreached: without a connection the control leads to no page of the browser's own.
func TestSettingsUnreached(t *testing.T) {
	s := harness.Serve(t, harness.Declared, map[string]string{"/": harness.Document("", "")})
	site, isLost := lost(t, s.URL, isSettings)
	p := harness.Browser(t, harness.Settings{}).Visit(t, harness.Visitor{})
	p.Open(site)
	p.Answer("Tout refuser")
	harness.Eval[bool](p, `(window.same = true)`)
	p.Click("Gérer mes cookies")
	p.Await(`performance.getEntriesByType('resource').some(e => e.name.includes('/settings'))`)
	isLost.Store(false)
	p.OpenSettings("Gérer mes cookies")
	if !harness.Eval[bool](p, `window.same === true`) {
		t.Error("the page is left")
	}
}

// TestOtherTabUnreached: what was answered in another tab is asked for again where there was no connection.
func TestOtherTabUnreached(t *testing.T) {
	s := harness.Serve(t, harness.Declared, map[string]string{"/": harness.Document("", "")})
	asks := func(r *http.Request) bool { return r.Method == http.MethodGet && r.URL.Path == "/_consent/choice" }
	site, isLost := lost(t, s.URL, asks)
	p := harness.Browser(t, harness.Settings{}).Visit(t, harness.Visitor{})
	p.Open(site)
	p.Await(harness.Settled)
	other := p.NewPage()
	other.Open(site)
	other.Answer("Tout refuser")
	p.Show()
	p.Await(`performance.getEntriesByType('resource').some(e => e.name.endsWith('/choice'))`)
	isLost.Store(false)
	other.Show()
	p.Await(`document.visibilityState === 'hidden'`)
	p.Show()
	p.Await(harness.NoticeGone)
}

// TestOtherWindow: a window beside another is never hidden; it is looked at again where it gets the focus.
func TestOtherWindow(t *testing.T) {
	s := harness.Serve(t, harness.Declared, map[string]string{"/": harness.Document("", "")})
	p := harness.Browser(t, harness.Settings{}).Visit(t, harness.Visitor{})
	p.Open(s.URL)
	p.Await(harness.Settled)
	harness.Eval[json.RawMessage](p, `fetch('/_consent/choice', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"choice":"refuse"}' }).then(() => { window.done = true })`)
	p.Await(`window.done === true`)
	if harness.Eval[bool](p, harness.NoticeGone) {
		t.Fatal("the notice is gone: the test proves nothing")
	}
	harness.Eval[bool](p, `dispatchEvent(new Event('focus'))`) // as a driver has no windows side by side
	p.Await(harness.NoticeGone)
}
