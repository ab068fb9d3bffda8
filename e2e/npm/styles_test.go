package npm

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// computed is every computed style of what a selector finds and of what is in it, as far as it
// shows, and where it stands.
func computed(p *harness.Page, selector string) string {
	return harness.Eval[string](p,
		fmt.Sprintf(
			`[...document.querySelectorAll(%[1]q)].flatMap(root => [root, ...root.querySelectorAll('*')]).filter(e => e.checkVisibility()).map((e, i) => {
		const box = e.getBoundingClientRect();
		const style = pseudo => (style => pseudo && style.content === 'none' ? 'none' :
			[...style].filter(name => !/^--(?!consent-)/.test(name)).sort().
			map(name => name + ':' + style.getPropertyValue(name)).join(';'))(getComputedStyle(e, pseudo));
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

// TestStyleIsolation: the site's style sheets leave the notice alone, whatever they say, and the other way round.
func TestStyleIsolation(t *testing.T) {
	const body = `<main class="container"><h1>Portail</h1><p>Données <a href="/">ouvertes</a></p><form class="card">` +
		`<label><input type="checkbox"> <span>Oui</span></label>
		<fieldset><legend>Filtres</legend><button class="btn btn-primary">Chercher</button></fieldset></form>` +
		`<details><summary>Aide</summary></details></main>`
	pages := map[string]string{"/plain": harness.Document("", body)}
	for _, name := range []string{"hostile", "widgets"} {
		css, err := os.ReadFile(filepath.Join("testdata", name+".css"))
		if err != nil {
			t.Fatal(err)
		}
		pages["/"+name+".css"] = string(css)
		pages["/"+name] = harness.Document(`<link rel="stylesheet" href="/`+name+`.css">`, body)
	}
	pages["/bootstrap"] = harness.Document(`<link rel="stylesheet" href="/npm/bootstrap/dist/css/bootstrap.css">`, body)
	// The last word, in an unlayered sheet at the very end.
	pages["/late"] = harness.Document("", body+`<link rel="stylesheet" href="/hostile.css">`)

	s := harness.Serve(t, harness.Declared, pages)
	browser := harness.Browser(t, harness.Settings{})
	for _, v := range []harness.Visitor{{}, {Dark: true, Width: 320, Height: 568}} {
		const parts = `#caddy-consent`
		look := func(path string) (first, settings, manage string) {
			p := browser.Visit(t, v)
			p.Open(s.URL + path)
			p.Await(harness.Settled)
			first = computed(p, parts)
			harness.Eval[json.RawMessage](p, `consent.open()`) // without a mouse, which hovers over what is there
			p.Await(harness.SettingsShown)
			settings = computed(p, parts)
			p.Click("Tout refuser")
			p.Await(harness.NoticeGone)
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
		p.Await(harness.NoticeShown)
		with := computed(p, "main")
		p.Open(s.Portal.URL + path)
		if p.Has("[data-caddy-consent]") {
			t.Fatal("the portal itself has a notice: the test proves nothing")
		}
		sameStyle(t, path+", the portal", with, computed(p, "main"))
	}
}
