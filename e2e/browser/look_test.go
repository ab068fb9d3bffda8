package browser

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// computed is every computed style of what a selector finds and of what is in it, as far as it
// shows, and where it stands.
func computed(p *harness.Page, selector string) string {
	return harness.Eval[string](p, fmt.Sprintf(`[...document.querySelectorAll(%[1]q)].flatMap(root => [root, ...root.querySelectorAll('*')]).filter(e => e.checkVisibility()).map((e, i) => {
		const box = e.getBoundingClientRect();
		const style = pseudo => (style => pseudo && style.content === 'none' ? 'none' : [...style].filter(name => !/^--(?!consent-)/.test(name)).sort().map(name => name + ':' + style.getPropertyValue(name)).join(';'))(getComputedStyle(e, pseudo));
		return [i, e.tagName, e.className, [box.x, box.y, box.width, box.height].map(Math.round), style(), style('::before'), style('::after')].join('|');
	}).join('\n')`, selector))
}

// sameStyle reports the first elements and properties that differ.
func sameStyle(t *testing.T, what, got, want string) {
	t.Helper()
	gots, wants := strings.Split(got, "\n"), strings.Split(want, "\n")
	if len(gots) != len(wants) {
		t.Fatalf("%s: %d elements, want %d", what, len(gots), len(wants))
	}
	differences := 0
	for i := range gots {
		if gots[i] == wants[i] {
			continue
		}
		g, w := strings.FieldsFunc(gots[i], isEnd), strings.FieldsFunc(wants[i], isEnd)
		var differ []string
		for k := range min(len(g), len(w)) {
			if g[k] != w[k] {
				differ = append(differ, g[k]+", want "+w[k])
			}
		}
		t.Errorf("%s: %s: %s", what, strings.Join(g[:min(3, len(g))], " "), strings.Join(differ, "; "))
		if differences++; differences == 5 {
			return
		}
	}
}

func isEnd(c rune) bool { return c == '|' || c == ';' }

// TestThePortalsStylesDoNotTouchTheNotice whatever they say, and the other way round.
func TestThePortalsStylesDoNotTouchTheNotice(t *testing.T) {
	const body = `<main class="container"><h1>Portail</h1><p>Données <a href="/">ouvertes</a></p><form class="card"><label><input type="checkbox"> <span>Oui</span></label>
		<fieldset><legend>Filtres</legend><button class="btn btn-primary">Chercher</button></fieldset></form><details><summary>Aide</summary></details></main>`
	pages := map[string]string{"/plain": page("", body)}
	for _, name := range []string{"hostile", "widgets"} {
		css, err := os.ReadFile(filepath.Join("testdata", name+".css"))
		if err != nil {
			t.Fatal(err)
		}
		pages["/"+name+".css"] = string(css)
		pages["/"+name] = page(`<link rel="stylesheet" href="/`+name+`.css">`, body)
	}
	pages["/bootstrap"] = page(`<link rel="stylesheet" href="/npm/bootstrap/dist/css/bootstrap.css">`, body)
	// The last word, in an unlayered sheet at the very end.
	pages["/late"] = page("", body+`<link rel="stylesheet" href="/hostile.css">`)

	s := serve(t, declared, pages)
	browser := harness.Browser(t, harness.Settings{})
	for _, v := range []harness.Visitor{{}, {Dark: true, Width: 320, Height: 568}} {
		const parts = `#caddy-consent`
		look := func(path string) (first, settings, manage string) {
			p := browser.Visit(t, v)
			p.Open(s.URL + path)
			p.Await(settled)
			first = computed(p, parts)
			harness.Eval[json.RawMessage](p, `consent.open()`) // without a mouse, which hovers over what is there
			p.Await(settingsShown)
			settings = computed(p, parts)
			p.Click("Tout refuser")
			p.Await(noticeGone)
			p.Await(`document.querySelector('[data-caddy-consent=status]').textContent !== ''`)
			return first, settings, computed(p, `[data-caddy-consent=manage], [data-caddy-consent=status]`)
		}
		first, settings, manage := look("/plain")
		for _, path := range []string{"/hostile", "/widgets", "/bootstrap", "/late"} {
			f, set, m := look(path)
			sameStyle(t, fmt.Sprintf("%s, %d px, the notice", path, v.Width), f, first)
			sameStyle(t, fmt.Sprintf("%s, %d px, the settings", path, v.Width), set, settings)
			sameStyle(t, fmt.Sprintf("%s, %d px, what is there after the choice", path, v.Width), m, manage)
		}
	}

	// The portal's own elements, with the notice and without any of it.
	for _, path := range []string{"/plain", "/widgets", "/bootstrap"} {
		p := browser.Visit(t, harness.Visitor{})
		p.Open(s.URL + path)
		p.Await(noticeShown)
		with := computed(p, "main")
		p.Open(s.Portal.URL + path)
		if p.Has("[data-caddy-consent]") {
			t.Fatal("the portal itself has a notice: the test proves nothing")
		}
		sameStyle(t, path+", the portal", with, computed(p, "main"))
	}
}

// TestEverythingFits at each width that the issue of reflow is judged by (WCAG 1.4.10), down to
// a window of 1280 px at 400 %, in the languages with the longest words too.
func TestEverythingFits(t *testing.T) {
	s := serve(t, declared+"\ncharter /cookies", map[string]string{"/": page("", "<h1>Portail</h1>")})
	const sticksOut = `[...document.querySelectorAll('#caddy-consent, #caddy-consent *, [data-caddy-consent=manage]')].filter(e => e.checkVisibility()).
		filter(e => { const box = e.getBoundingClientRect(); return box.left < -0.5 || box.right > innerWidth + 0.5 || e.scrollWidth > e.clientWidth + 1 && !['inline', 'contents'].includes(getComputedStyle(e).display) }).
		map(e => e.outerHTML.slice(0, 120))`
	const answerable = `[...document.querySelectorAll('#caddy-consent .caddy-consent-choices button')].filter(e => e.checkVisibility()).every(e => {
		e.scrollIntoView({ block: 'nearest' });
		const box = e.getBoundingClientRect();
		return [box.top + 3, box.bottom - 3].every(y => document.elementFromPoint(box.x + box.width / 2, y) === e);
	})`
	browser := harness.Browser(t, harness.Settings{})
	for _, size := range [][2]int{{320, 256}, {320, 568}, {640, 400}, {768, 1024}, {1280, 800}} {
		for _, language := range []string{"ar", "de", "eu", "fr"} {
			text := texts(t, language)
			p := browser.Visit(t, harness.Visitor{Width: size[0], Height: size[1]})
			check := func(what string) {
				t.Helper()
				for _, element := range harness.Eval[[]string](p, sticksOut) {
					t.Errorf("%v, %s, %s: sticks out: %s", size, language, what, element)
				}
				if wide := harness.Eval[int](p, `document.documentElement.scrollWidth`); wide > size[0] {
					t.Errorf("%v, %s, %s: the page is %d px wide", size, language, what, wide)
				}
				if p.Has("#caddy-consent") && !harness.Eval[bool](p, answerable) {
					t.Errorf("%v, %s, %s: an answer cannot be reached", size, language, what)
				}
			}
			p.Open(s.URL + "/?flg=" + language)
			check("the notice")
			p.Click(text["choice.settings"])
			p.Await(settingsShown)
			check("the settings")
			p.Click(text["choice.refuse"])
			p.Await(noticeGone)
			check("the control")
			p.Open(s.URL + "/cookies?lang=" + language)
			check("the charter")
		}
	}
}

// TestThePositionIsTheOneConfigured for each that there is.
func TestThePositionIsTheOneConfigured(t *testing.T) {
	for position, at := range map[string]string{
		"bottom": `Math.abs(box.left + box.right - innerWidth) < 2 && box.bottom <= innerHeight && box.top > innerHeight / 3`,
		"top":    `Math.abs(box.left + box.right - innerWidth) < 2 && box.top >= 0 && box.bottom < innerHeight * 2 / 3`,
		"corner": `box.right > innerWidth - 40 && box.left > innerWidth / 2 && box.bottom <= innerHeight`,
	} {
		s := serve(t, declared+"\nstyle {\nposition "+position+"\nradius 3px\naccent 800020\nfont serif\n}", map[string]string{"/": page("", "")})
		p := harness.Browser(t, harness.Settings{}).Visit(t, harness.Visitor{})
		p.Open(s.URL)
		if !harness.Eval[bool](p, `(box => `+at+`)(document.querySelector('#caddy-consent').getBoundingClientRect())`) {
			t.Errorf("%s: the notice stands elsewhere", position)
		}
		got := harness.Eval[[]string](p, `(style => [style.backgroundColor, style.color, style.fontFamily])(getComputedStyle(document.querySelector('#caddy-consent button')))`)
		if want := []string{"rgb(128, 0, 32)", "rgb(255, 255, 255)", "serif"}; !slices.Equal(got, want) {
			t.Errorf("the buttons look %q, want %q", got, want)
		}
		p.Open(s.URL + "/_consent/charter")
		if got := harness.Eval[string](p, `getComputedStyle(document.querySelector('.caddy-consent-choices button')).backgroundColor`); got != "rgb(128, 0, 32)" {
			t.Errorf("the charter's buttons are %s", got)
		}
	}
}

// TestForcedColoursKeepWhatTellsThingsApart: borders, and whether a switch is on.
func TestForcedColoursKeepWhatTellsThingsApart(t *testing.T) {
	s := serve(t, declared, map[string]string{"/": page("", "")})
	p := harness.Browser(t, harness.Settings{}).Visit(t, harness.Visitor{ForcedColours: true})
	p.Open(s.URL)
	openSettings(p, "Personnaliser")
	const look = `(e => [getComputedStyle(e).backgroundColor, getComputedStyle(e, '::before').backgroundColor, getComputedStyle(e, '::before').marginInlineStart].join(' '))(document.querySelector('[role=switch]%s'))`
	if on, off := harness.Eval[string](p, fmt.Sprintf(look, ":checked")), harness.Eval[string](p, fmt.Sprintf(look, ":not(:checked)")); on == off {
		t.Errorf("a switch that is on looks as one that is off: %s", on)
	}
	if !harness.Eval[bool](p, `[...document.querySelectorAll('#caddy-consent, #caddy-consent .caddy-consent-choices button, #caddy-consent [role=switch]')].filter(e => e.checkVisibility()).
		every(e => parseFloat(getComputedStyle(e).borderTopWidth) >= 1 && getComputedStyle(e).borderTopColor !== getComputedStyle(document.querySelector('#caddy-consent')).backgroundColor)`) {
		t.Error("a border is missing")
	}
}

func TestThePaperHasTheCharterAndNoNotice(t *testing.T) {
	s := serve(t, declared, map[string]string{"/": page("", "<p>Données</p>")})
	p := harness.Browser(t, harness.Settings{}).Visit(t, harness.Visitor{Print: true})
	p.Open(s.URL)
	if harness.Eval[bool](p, `document.querySelector('#caddy-consent').checkVisibility()`) {
		t.Error("the notice is printed")
	}
	p.Open(s.URL + "/_consent/charter")
	if harness.Eval[bool](p, `document.querySelector('form').checkVisibility()`) || !harness.Eval[bool](p, `document.querySelector('table').checkVisibility()`) {
		t.Error("the charter is printed with its form, or without its tables")
	}
}

// TestNothingMovesByItself: there is no transition or animation that reduced motion would have
// to end.
func TestNothingMovesByItself(t *testing.T) {
	s := serve(t, declared, map[string]string{"/": page("", "")})
	p := harness.Browser(t, harness.Settings{}).Visit(t, harness.Visitor{})
	p.Open(s.URL)
	openSettings(p, "Personnaliser")
	if moving := harness.Eval[json.RawMessage](p, `[...document.querySelectorAll('#caddy-consent, #caddy-consent *')].filter(e => parseFloat(getComputedStyle(e).transitionDuration) > 0 || getComputedStyle(e).animationName !== 'none').length`); string(moving) != "0" {
		t.Errorf("%s elements move", moving)
	}
}
