package browser

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// TestReflowWidths at each width that the issue of reflow is judged by (WCAG 1.4.10), down to
// a window of 1280 px at 400 %, in the languages with the longest words too.
func TestReflowWidths(t *testing.T) {
	s := harness.Serve(t, harness.Declared+"\ncharter /cookies", map[string]string{"/": harness.Document("", "<h1>Portail</h1>")})
	const sticksOut = `[...document.querySelectorAll('#caddy-consent, #caddy-consent *, [data-caddy-consent=manage]')].filter(e => e.checkVisibility()).
		filter(e => { const box = e.getBoundingClientRect(); return box.left < -0.5 || box.right > innerWidth + 0.5 ||
			e.scrollWidth > e.clientWidth + 1 && !['inline', 'contents'].includes(getComputedStyle(e).display) }).
		map(e => e.outerHTML.slice(0, 120))`
	const answerable = `[...document.querySelectorAll('#caddy-consent .caddy-consent-choices button')].filter(e => e.checkVisibility()).every(e => {
		e.scrollIntoView({ block: 'nearest' });
		const box = e.getBoundingClientRect();
		return [box.top + 3, box.bottom - 3].every(y => document.elementFromPoint(box.x + box.width / 2, y) === e);
	})`
	browser := harness.Browser(t, harness.Settings{})
	for _, size := range [][2]int{{320, 256}, {320, 568}, {640, 400}, {768, 1024}, {1280, 800}} {
		p := browser.Visit(t, harness.Visitor{Width: size[0], Height: size[1]})
		for _, language := range fitted(size) {
			text := harness.Texts(t, language)
			p.ForgetCookies()
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
			p.Await(harness.SettingsShown)
			check("the settings")
			p.Click(text["choice.refuse"])
			p.Await(harness.NoticeGone)
			check("the control")
			p.Open(s.URL + "/cookies?lang=" + language)
			check("the charter")
		}
	}
}

// fitted are the languages tried in a window of that size: all in the narrowest and the widest.
func fitted(size [2]int) []string {
	if size == [2]int{320, 568} || size == [2]int{1280, 800} {
		return harness.Share(harness.Languages, "ar", "de")
	}
	return harness.Share([]string{"ar", "de", "eu", "fr"}, "eu")
}

// TestNoticePosition looks at each that there is.
func TestNoticePosition(t *testing.T) {
	for position, at := range map[string]string{
		"bottom": `Math.abs(box.left + box.right - innerWidth) < 2 && box.bottom <= innerHeight && box.top > innerHeight / 3`,
		"top":    `Math.abs(box.left + box.right - innerWidth) < 2 && box.top >= 0 && box.bottom < innerHeight * 2 / 3`,
		"corner": `box.right > innerWidth - 40 && box.left > innerWidth / 2 && box.bottom <= innerHeight`,
	} {
		s := harness.Serve(t, harness.Declared+"\nstyle {\nposition "+position+"\nradius 3px\naccent 800020\nfont serif\n}",
			map[string]string{"/": harness.Document("", "")})
		p := harness.Browser(t, harness.Settings{}).Visit(t, harness.Visitor{})
		p.Open(s.URL)
		if !harness.Eval[bool](p, `(box => `+at+`)(document.querySelector('#caddy-consent').getBoundingClientRect())`) {
			t.Errorf("%s: the notice stands elsewhere", position)
		}
		got := harness.Eval[[]string](p, `(style => [style.backgroundColor, style.color, `+
			`style.fontFamily])(getComputedStyle(document.querySelector('#caddy-consent button')))`)
		if want := []string{"rgb(128, 0, 32)", "rgb(255, 255, 255)", "serif"}; !slices.Equal(got, want) {
			t.Errorf("the buttons look %q, want %q", got, want)
		}
		p.Open(s.URL + "/_consent/charter")
		if got := harness.Eval[string](p,
			`getComputedStyle(document.querySelector('.caddy-consent-choices button')).backgroundColor`); got != "rgb(128, 0, 32)" {
			t.Errorf("the charter's buttons are %s", got)
		}
	}
}

// TestManageControlPosition looks at each, also where a text is read from right to left.
func TestManageControlPosition(t *testing.T) {
	for control, at := range map[string]string{
		"bottom-start": `box.left < 20 && box.bottom === innerHeight`,
		"bottom-end":   `box.right > innerWidth - 20 && box.bottom === innerHeight`,
		"top-start":    `box.left < 20 && box.top === 0`,
		"top-end":      `box.right > innerWidth - 20 && box.top === 0`,
	} {
		t.Run(control, func(t *testing.T) {
			if control != "top-end" {
				harness.LeaveToCI(t)
			}
			s := harness.Serve(t, harness.Declared+"\nstyle {\ncontrol "+control+"\n}", map[string]string{"/": harness.Document("", "")})
			p := harness.Browser(t, harness.Settings{}).Visit(t, harness.Visitor{})
			for language, mirrored := range map[string]string{"fr": "box", "ar": "{ ...box.toJSON(), left: innerWidth - box.right, right: innerWidth - box.left }"} {
				p.ForgetCookies()
				p.Open(s.URL + "/?flg=" + language)
				p.Answer(harness.Texts(t, language)["choice.refuse"])
				p.Reload()
				if !harness.Eval[bool](p, `(box => (box => `+at+`)(`+mirrored+`))(document.querySelector('[data-caddy-consent=manage]').getBoundingClientRect())`) {
					t.Errorf("%s: it stands elsewhere", language)
				}
			}
		})
	}
}

// TestForcedColours: what colours tell is told without them, borders and whether a switch is on.
func TestForcedColours(t *testing.T) {
	s := harness.Serve(t, harness.Declared, map[string]string{"/": harness.Document("", "")})
	p := harness.Browser(t, harness.Settings{}).Visit(t, harness.Visitor{ForcedColours: true})
	p.Open(s.URL)
	p.OpenSettings("Personnaliser")
	for _, state := range []string{":checked", ":not(:checked)"} {
		colours := harness.Eval[[]string](p, fmt.Sprintf(`(e => [e === null ? '' : getComputedStyle(e).backgroundColor, getComputedStyle(e, '::before')`+
			`.backgroundColor])(document.querySelector('#caddy-consent [role=switch]%s'))`, state))
		if behind := strings.Replace(colours[0], "rgba(0, 0, 0, 0)", "the notice's own", 1); behind == colours[1] {
			t.Errorf("%s: the knob of a switch is as what is behind it: %s", state, colours)
		}
	}
	places := harness.Eval[[]string](p, `[':checked', ':not(:checked)'].map(state => getComputedStyle(document.querySelector('[role=switch]' + `+
		`state), '::before').marginInlineStart)`)
	if places[0] == places[1] {
		t.Errorf("the knob of a switch stands at the same place, on or off: %s", places)
	}
	if !harness.Eval[bool](p,
		`[...document.querySelectorAll('#caddy-consent, #caddy-consent .caddy-consent-choices button, #caddy-consent [role=switch]')].
		filter(e => e.checkVisibility()).
		every(e => parseFloat(getComputedStyle(e).borderTopWidth) >= 1 && getComputedStyle(e).borderTopColor !==
			getComputedStyle(document.querySelector('#caddy-consent')).backgroundColor)`) {
		t.Error("a border is missing")
	}
}

func TestPrintMedia(t *testing.T) {
	s := harness.Serve(t, harness.Declared, map[string]string{"/": harness.Document("", "<p>Données</p>")})
	p := harness.Browser(t, harness.Settings{}).Visit(t, harness.Visitor{Print: true})
	p.Open(s.URL)
	if harness.Eval[bool](p, `document.querySelector('#caddy-consent').checkVisibility()`) {
		t.Error("the notice is printed")
	}
	p.ForgetCookies()
	p.Open(s.URL)
	harness.Resolve[json.RawMessage](p, `consent.set('refuse')`)
	p.Reload()
	if harness.Eval[bool](p, `document.querySelector('[data-caddy-consent=manage]').checkVisibility()`) {
		t.Error("the control to come back is printed")
	}
	p.Open(s.URL + "/_consent/charter")
	if harness.Eval[bool](p, `document.querySelector('form').checkVisibility()`) ||
		!harness.Eval[bool](p, `document.querySelector('table').checkVisibility()`) {
		t.Error("the charter is printed with its form, or without its tables")
	}
}

// TestNoticeAnimations: there is no transition or animation that reduced motion would have
// to end.
func TestNoticeAnimations(t *testing.T) {
	s := harness.Serve(t, harness.Declared, map[string]string{"/": harness.Document("", "")})
	p := harness.Browser(t, harness.Settings{}).Visit(t, harness.Visitor{})
	p.Open(s.URL)
	p.OpenSettings("Personnaliser")
	if moving := harness.Eval[json.RawMessage](p, `[...document.querySelectorAll('#caddy-consent, #caddy-consent *')].filter(e => `+
		`parseFloat(getComputedStyle(e).transitionDuration) > 0 || getComputedStyle(e).animationName !== 'none').length`); string(moving) != "0" {
		t.Errorf("%s elements move", moving)
	}
}
