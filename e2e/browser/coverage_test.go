package browser

import (
	"testing"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// many is what a portal may well declare.
const many = `controller "Ville d’Essai" dpo@ville.example
	service matomo
	service ga
	service youtube
	service dailymotion
	service vimeo
	service facebook
	necessary VISITOR_PRIVACY_METADATA`

// TestNoticeCoverage: on a phone, and where the page is enlarged, the notice leaves the page in sight, with both answers in view
// and nothing smaller than browsers' own size of text.
func TestNoticeCoverage(t *testing.T) {
	s := harness.Serve(t, many, map[string]string{"/": harness.Document("", "<h1>Portail</h1>")})
	browser := harness.Browser(t, harness.Settings{})
	for _, c := range []struct {
		width, height int
		most          float64
	}{{320, 568, .6}, {320, 640, .6}, {360, 740, .6}, {640, 400, .75}} {
		p := browser.Visit(t, harness.Visitor{Width: c.width, Height: c.height})
		for _, language := range harness.Share(harness.Languages, "ar", "de", "fr") {
			p.Open(s.URL + "/?flg=" + language)
			covered := harness.Eval[float64](p, `(box => (Math.min(box.bottom, innerHeight) - Math.max(box.top, 0)) / innerHeight)(`+
				`document.getElementById('caddy-consent').getBoundingClientRect())`)
			if covered > c.most {
				t.Errorf("%dx%d, %s: %.0f %% of the window is covered", c.width, c.height, language, 100*covered)
			}
			if out := harness.Eval[[]string](p, `['refuse', 'accept'].filter(answer => {
				const button = document.querySelector('#caddy-consent [value=' + answer + ']'), box = button.getBoundingClientRect();
				return [box.top + 3, box.bottom - 3].some(y => document.elementFromPoint(box.x + box.width / 2, y) !== button);
			})`); len(out) > 0 {
				t.Errorf("%dx%d, %s: %q is not in view", c.width, c.height, language, out)
			}
			if room := harness.Eval[float64](p, `document.querySelector('.caddy-consent-scroll').clientHeight`); room < 72 {
				t.Errorf("%dx%d, %s: the text has %.0f px", c.width, c.height, language, room)
			}
			if small := harness.Eval[[]string](p, `[...document.querySelectorAll('#caddy-consent, #caddy-consent *')].filter(e => `+
				`parseFloat(getComputedStyle(e).fontSize) < 16).map(e => e.outerHTML.slice(0, 80))`); len(small) > 0 {
				t.Errorf("%dx%d, %s: smaller than 16 px: %q", c.width, c.height, language, small)
			}
		}
	}
}

// TestCharterTables: cells do not run into each other, no name of a cookie or host is broken within a word, and the tables
// have the width of the page.
func TestCharterTables(t *testing.T) {
	s := harness.Serve(t, many, map[string]string{"/": harness.Document("", "")})
	browser := harness.Browser(t, harness.Settings{})
	for _, size := range [][2]int{{320, 640}, {768, 1024}, {1280, 800}} {
		p := browser.Visit(t, harness.Visitor{Width: size[0], Height: size[1]})
		for _, language := range []string{"fr", "de", "ar"} {
			p.Open(s.URL + "/_consent/charter?lang=" + language)
			harness.Eval[bool](p, `document.querySelectorAll('details').forEach(d => d.open = true) === undefined`)
			if wide := harness.Eval[int](p, `document.documentElement.scrollWidth`); wide > size[0] {
				t.Errorf("%v, %s: the page is %d px wide", size, language, wide)
			}
			if over := harness.Eval[[]string](p, `[...document.querySelectorAll('th, td')].filter(e => e.checkVisibility() && `+
				`e.scrollWidth > e.clientWidth + 1).map(e => e.outerHTML.slice(0, 120))`); len(over) > 0 {
				t.Errorf("%v, %s: runs into its neighbour: %q", size, language, over)
			}
			if scrolls := harness.Eval[int](p, `[...document.querySelectorAll('.caddy-consent-table')].filter(e => e.scrollWidth > e.clientWidth + 1).length`); scrolls > 0 {
				t.Errorf("%v, %s: %d tables are wider than the page", size, language, scrolls)
			}
			// A name stands in one line.
			if broken := harness.Eval[[]string](p, `[...document.querySelectorAll('table code')].filter(code => {
				const range = document.createRange(), text = [...code.childNodes].filter(n => n.nodeType === 3);
				return text.some(n => { range.selectNodeContents(n); return new Set([...range.getClientRects()].map(r => r.top)).size > 1; });
			}).map(e => e.textContent)`); len(broken) > 0 {
				t.Errorf("%v, %s: broken: %q", size, language, broken)
			}
			if share := harness.Eval[float64](p, `Math.min(...[...document.querySelectorAll('table')].map(e => e.getBoundingClientRect().width)) / innerWidth`); share < .85 {
				t.Errorf("%v, %s: a table has %.0f %% of the page", size, language, 100*share)
			}
		}
	}
}
