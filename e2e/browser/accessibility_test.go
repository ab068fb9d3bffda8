package browser

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// What docs/accessibility.md claims and a machine can check.

// focused tells what has the focus: its label or text, and where it stands.
const focused = `(e => e === document.body ? 'body' : (e.labels && e.labels[0] || e).innerText.trim().split('\n')[0])(document.activeElement)`

// awaitFocus waits until what reads text has the focus, and checks that it shows.
func awaitFocus(t *testing.T, p *harness.Page, text string) {
	t.Helper()
	p.Await(fmt.Sprintf(`%s === %q`, focused, text))
	if !harness.Eval[bool](p, `getComputedStyle(document.activeElement).outlineStyle === 'solid' && `+
		`parseFloat(getComputedStyle(document.activeElement).outlineWidth) >= 2`) {
		t.Errorf("that %q has the focus does not show", text)
	}
}

// WCAG 2.2, 2.4.11.
func TestFocusScrollPadding(t *testing.T) {
	s := harness.Serve(t, harness.Declared, map[string]string{"/": harness.Document("",
		strings.Repeat(`<p style="height: 5em"><a href="/x" style="display: block">Lien</a></p>`, 30))})
	browser := harness.Browser(t, harness.Settings{})
	const (
		room    = `getComputedStyle(document.documentElement).scrollPaddingBottom`
		bare    = `document.activeElement.getBoundingClientRect().bottom <= document.getElementById('caddy-consent').getBoundingClientRect().top`
		onALink = `document.activeElement.textContent === 'Lien'`
	)
	p := browser.Visit(t, harness.Visitor{})
	p.Open(s.URL)
	p.Await(room + ` !== 'auto'`)
	links := 0
	for range 25 {
		p.Type(kb.Tab)
		if harness.Eval[bool](p, onALink) {
			links++
			p.Await(bare)
		}
	}
	if links < 15 {
		t.Errorf("only %d links had the focus", links)
	}
	p.Answer("Tout refuser")
	p.Await(room + ` === 'auto'`)

	// Without scripts, a browser does so with what was out of the window.
	p = browser.Visit(t, harness.Visitor{NoScript: true})
	p.Open(s.URL)
	p.Await(room + ` !== 'auto'`)
}

func TestSettingsKeyboard(t *testing.T) {
	s := harness.Serve(t, harness.Declared, map[string]string{"/": harness.Document("", `<a href="/">Accueil</a>`)})
	p := harness.Browser(t, harness.Settings{}).Visit(t, harness.Visitor{})
	p.Open(s.URL)
	for range 5 {
		p.Type(kb.Tab)
	}
	awaitFocus(t, p, "Personnaliser")
	p.Type(kb.Enter)
	p.Await(harness.SettingsShown)
	awaitFocus(t, p, "Matomo (Ville d’Essai) – actif par défaut, car exempté de consentement")

	// Escape leads back, to where the settings were opened, and answers nothing.
	p.Type(kb.Escape)
	p.Await(harness.NoticeShown)
	awaitFocus(t, p, "Personnaliser")
	p.Type(kb.Enter)

	p.Type(kb.Tab)
	awaitFocus(t, p, "Google Analytics (Google)")
	p.Type(" ")
	p.Type(kb.Tab)
	awaitFocus(t, p, "Vidéos (Exemple Vidéo SARL)")
	for _, stop := range []string{"Consulter la charte des cookies", "Enregistrer mes choix"} {
		p.Type(kb.Tab)
		awaitFocus(t, p, stop)
	}
	p.Type(kb.Enter)
	p.Await(harness.NoticeGone)
	checkChoice(t, p, map[string]bool{"matomo": true, "ga": true, "video": false})

	// It is announced, and the focus is where the notice can be had back.
	p.Await(`document.querySelector('[role=status]').textContent === 'Votre choix est enregistré.'`)
	awaitFocus(t, p, "Gérer mes cookies")
	p.Type(kb.Enter)
	p.Await(harness.SettingsShown)
	p.Type(kb.Escape)
	p.Await(harness.NoticeGone)
	awaitFocus(t, p, "Gérer mes cookies")
	checkChoice(t, p, map[string]bool{"matomo": true, "ga": true, "video": false})
}

// TestPressOpensSettings: who holds a key or clicks twice (WCAG 2.2, 2.5.2) opens the settings, and answers nothing in
// them, for there they have pressed nothing.
func TestPressOpensSettings(t *testing.T) {
	s := harness.Serve(t, harness.Declared, map[string]string{"/": harness.Document("", `<a href="/">Accueil</a>`)})
	const untouched = `![...document.querySelectorAll('#caddy-consent [role=switch]')].some(e => e.checked !== e.defaultChecked)`
	presses := map[string]func(p *harness.Page, text string){
		"double click":                func(p *harness.Page, text string) { p.DoubleClick(text, 0.5, harness.SettingsShown) },
		"double click near its end":   func(p *harness.Page, text string) { p.DoubleClick(text, 0.9, harness.SettingsShown) },
		"double click near its start": func(p *harness.Page, text string) { p.DoubleClick(text, 0.1, harness.SettingsShown) },
		"held key": func(p *harness.Page, text string) {
			harness.Eval[bool](p, fmt.Sprintf(`([...document.querySelectorAll('#caddy-consent button, [data-caddy-consent=manage]')].
				find(e => e.innerText === %q).focus(), true)`, text))
			typing := harness.SettingsShown // a link is followed before the key has typed anything
			if text == "Personnaliser" {
				typing = "true"
			}
			p.Hold('\r', typing, harness.SettingsShown)
		},
	}
	for name, press := range presses {
		for _, width := range []int{320, 1280} {
			t.Run(fmt.Sprint(name, " at ", width), func(t *testing.T) {
				p := harness.Browser(t, harness.Settings{}).Visit(t, harness.Visitor{Width: width, Height: 700})
				p.Open(s.URL)
				p.Await(harness.Settled)
				press(p, "Personnaliser")
				p.Await(harness.SettingsShown + ` && ` + untouched)
				if p.Cookies()["cookies_preferences"] != "" {
					t.Error("to open the settings is an answer")
				}

				// What is pressed there counts, once: the control has the focus then.
				harness.Eval[bool](p, `(window.again = 0, window.addEventListener('click', e => { again += e.target.matches('[data-caddy-consent=manage]') }, true), true)`)
				p.Click("Google Analytics (Google)")
				p.Hold('\r', "true", harness.NoticeGone)
				checkChoice(t, p, map[string]bool{"matomo": true, "ga": true, "video": false})
				if harness.Eval[int](p, `again`) != 0 {
					t.Error("a held key opens the settings that it has closed")
				}

				press(p, "Gérer mes cookies")
				p.Await(harness.SettingsShown + ` && ` + untouched)
				checkChoice(t, p, map[string]bool{"matomo": true, "ga": true, "video": false})
				p.Click("Google Analytics (Google)")
				p.Type(kb.Enter)
				p.Await(harness.NoticeGone)
				checkChoice(t, p, map[string]bool{"matomo": true, "ga": false, "video": false})
			})
		}
	}
}

// TestDoubleClickAnswers: its second click is not the page's, which is under the notice.
func TestDoubleClickAnswers(t *testing.T) {
	s := harness.Serve(t, harness.Declared, map[string]string{"/": harness.Document("", `<a href="/away" style="position: fixed; inset: 0">Accueil</a>`)})
	p := harness.Browser(t, harness.Settings{}).Visit(t, harness.Visitor{})
	p.Open(s.URL)
	p.Await(harness.Settled)
	harness.Eval[bool](p, `(window.clicks = [], addEventListener('click', e => clicks.push(e.detail, e.defaultPrevented)), true)`)
	p.DoubleClick("Tout refuser", 0.5, harness.NoticeGone)
	checkChoice(t, p, map[string]bool{"ga": false, "video": false})
	if clicks := harness.Eval[[]any](p, `clicks`); len(clicks) != 2 {
		t.Errorf("the page hears of the clicks %v", clicks)
	}
	p.Follow("Accueil")
}

func TestEscapeKey(t *testing.T) {
	s := harness.Serve(t, harness.Declared, map[string]string{"/": harness.Document("", `<a href="/">Accueil</a>`)})
	p := harness.Browser(t, harness.Settings{}).Visit(t, harness.Visitor{})
	p.Open(s.URL)
	p.Type(kb.Escape) // outside of it, it is the portal's
	p.Await(harness.NoticeShown)
	p.Type(kb.Tab)
	p.Type(kb.Escape)
	p.Await(harness.NoticeGone)
	holds(t, p)
	p.Reload()
	p.Await(harness.NoticeShown)
}

// TestFocusNotObscured (WCAG 2.2, 2.4.11), as far as the page can be scrolled.
func TestFocusNotObscured(t *testing.T) {
	links := ""
	for i := range 60 {
		links += fmt.Sprintf(`<p><a href="/%d">Lien %d</a></p>`, i, i)
	}
	s := harness.Serve(t, harness.Declared, map[string]string{"/": harness.Document("", links+`<div style="height: 60vh"></div>`)})
	for _, v := range []harness.Visitor{{}, {NoScript: true}, {Width: 768, Height: 1024}} {
		p := harness.Browser(t, harness.Settings{}).Visit(t, v)
		p.Open(s.URL)
		for range 5 {
			p.Type(kb.Tab)
		}
		for i := range 60 {
			p.Type(kb.Tab)
			if !harness.Eval[bool](p, `(e => { const box = e.getBoundingClientRect(); `+
				`return document.elementFromPoint(box.x + 2, box.y + box.height / 2) === e })(document.activeElement)`) {
				t.Fatalf("%+v: link %d has the focus and is not in sight", v, i)
			}
		}
	}
}

func TestTargetSize(t *testing.T) {
	s := harness.Serve(t, harness.Declared, map[string]string{"/": harness.Document("", "")})
	const tooSmall = `[...document.querySelectorAll('#caddy-consent :is(button, summary, label, [role=switch]), [data-caddy-consent=manage]')].
		filter(e => e.checkVisibility()).map(e => [e, e.getBoundingClientRect()]).
		filter(([e, box]) => box.width < 24 || box.height < 24).map(([e]) => e.outerHTML)`
	p := harness.Browser(t, harness.Settings{}).Visit(t, harness.Visitor{Width: 320, Height: 568})
	check := func(what string) {
		for _, target := range harness.Eval[[]string](p, tooSmall) {
			t.Errorf("%s: smaller than 24 px (WCAG 2.2, 2.5.8): %s", what, target)
		}
	}
	p.Open(s.URL)
	check("the notice")
	p.OpenSettings("Personnaliser")
	check("the settings")
	p.Answer("Tout refuser")
	check("the control to come back")
}

func TestAccessibilityTree(t *testing.T) {
	s := harness.Serve(t, harness.Declared, map[string]string{"/": harness.Document("", "<h1>Portail</h1>")})
	p := harness.Browser(t, harness.Settings{}).Visit(t, harness.Visitor{})
	p.Open(s.URL)
	tree := p.Accessible()
	for _, want := range []string{
		`dialog "Cookies : votre choix"`, `heading "Cookies : votre choix"`, `button "Tout refuser"`, `button "Tout accepter"`, `button "Personnaliser"`,
		`link "Consulter la charte des cookies"`, `DisclosureTriangle "Services et fournisseurs concernés"`,
	} {
		if strings.Count(tree, want) != 1 {
			t.Errorf("%s is not there once:\n%s", want, tree)
		}
	}
	p.OpenSettings("Personnaliser")
	tree = p.Accessible()
	for _, want := range []string{
		`group "Mesure d’audience"`, `group "Contenus d’autres sites"`, `switch "Google Analytics (Google)`, `button "Enregistrer mes choix"`,
		`button "Fermer"`,
	} {
		if !strings.Contains(tree, want) {
			t.Errorf("%s is missing:\n%s", want, tree)
		}
	}
}
