package browser

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// Where the notice and the control stand: what scripts and style sheets find by place is the page's
// own, and what a page replaces does not take them away.

// found is what a page finds by place, in a few ways. Lists that querySelectorAll gives hold ours too, at
// their end, for those who look through all that there is.
const found = `(() => {
	const tell = e => e ? e.localName + '#' + e.id : String(e);
	const out = {};
	for (const selector of ['form', 'button', 'input', 'a', 'h2', 'p', 'ul', 'details', 'fieldset', 'label', 'link', 'script', 'a, button',
		'form button', '[type=hidden]', '[type=checkbox]',
		'[lang]', 'body > :first-child', ':not(html):not(head):not(head *)', 'html *']) {
		const first = document.querySelector(selector);
		out[selector] = [tell(first), first && tell(document.querySelectorAll(selector)[0])];
	}
	for (const name of ['form', 'button', 'input', 'a', 'div', 'p', 'h2', 'script', 'link', '*']) {
		out['<' + name + '>'] = [tell(document.getElementsByTagName(name)[0]), tell(document.getElementsByTagName(name).item(0)),
			name === '*' || document.getElementsByTagName(name).namedItem('own') !== null];
	}
	out.forms = [tell(document.forms[0]), document.forms.length, tell(document.forms.own), document.forms === document.forms];
	out.links = [...document.links].map(tell).concat(document.links.length, tell(document.links.item(0)),
		tell(document.links[7]), tell(document.links.namedItem('link')));
	out.named = [tell(document.getElementsByName('lang')[0]), tell(document.getElementsByName('return')[0])];
	out.kinds = [document.querySelectorAll('form'), document.forms, document.links, document.getElementsByName('lang')].
		map(list => Object.prototype.toString.call(list) + (list instanceof NodeList));
	out.body = [...document.body.childNodes].map(node => node.nodeName);
	out.head = [...document.head.childNodes].map(node => node.nodeName);
	out.around = [document.head.nextSibling, document.head.nextElementSibling, document.body.nextSibling, document.body.nextElementSibling].map(tell);
	out.looks = ['own', 'second', 'third'].
		map(id => (style => [style.color, style.marginTop, style.fontStyle])(getComputedStyle(document.getElementById(id))));
	out.functions = [document.querySelector, document.querySelectorAll, document.getElementsByTagName, document.getElementsByName].
		map(f => [f.name, f.length]);
	try { document.querySelector('??') } catch (error) { out.thrown = error.name + error.message }
	return Object.fromEntries(Object.entries(out).map(([key, value]) => [key, JSON.stringify(value)]));
})()`

func TestPositionalSelectors(t *testing.T) {
	const style = `<style>body > :first-child { color: red } body > :nth-child(2) { color: green } * + * { margin-top: 7px } :first-of-type { ` +
		`font-style: italic }</style>`
	const own = `<form id="own"><input id="input" name="lang" type="hidden"><button id="button">Chercher</button></form><div id="second">` +
		`<a id="link" href="/">Ici</a></div><p id="third"></p>`
	const early = `<script>window.early = ` + found + `</script>`
	pages := map[string]string{
		"/own":  harness.Document(style, own+early),
		"/none": harness.Document(style, `<b id="own"></b><b id="second"></b><b id="third"></b>`+early),
		// Where the body and the head are implied, and where white space stands around them.
		"/bare":  `<!DOCTYPE html><title>Portail</title>` + style + own + early,
		"/apart": "<!DOCTYPE html>\n<html>\n<head>\n" + style + "\n</head>\n<body>\n" + own + early + "\n</body>\n</html>\n",
	}
	s := harness.Serve(t, harness.Declared, pages)
	browser := harness.Browser(t, harness.Settings{})
	for _, path := range slices.Sorted(maps.Keys(pages)) {
		without := browser.Visit(t, harness.Visitor{})
		without.Open(strings.Replace(s.Portal.URL, "127.0.0.1", "localhost", 1) + path)
		p := browser.Visit(t, harness.Visitor{})
		check := func(state string) {
			t.Helper()
			p.Await(harness.Settled)
			if problems := p.Problems(); len(problems) > 0 {
				t.Errorf("%s, %s: %q", path, state, problems)
			}
			for _, when := range []string{"early", found} {
				got, want := harness.Eval[map[string]string](p, when), harness.Eval[map[string]string](without, when)
				for _, key := range slices.Sorted(maps.Keys(want)) {
					if got[key] != want[key] {
						t.Errorf("%s, %s, %.5s, %s: %s, without the module %s", path, state, when, key, got[key], want[key])
					}
				}
			}
		}
		p.Open(s.URL + path)
		check("with the notice")
		p.Answer("Tout refuser")
		check("after the answer")
		p.Reload()
		check("with the control")
		p.Await(harness.ManageShown)
		p.OpenSettings("Gérer mes cookies")
		check("with the settings")
	}
}

func TestFirstFormSubmit(t *testing.T) {
	const form = `<form action="/signed"><input type="hidden" name="SAMLResponse" value="x"><noscript><button>Continuer</button></noscript></form>`
	s := harness.Serve(t, harness.Declared, map[string]string{
		"/onload": strings.Replace(harness.Document("", form), "<body>", `<body onload="document.forms[0].submit()">`, 1),
		"/inline": harness.Document("", form+`<script>document.forms[0].submit()</script>`),
		"/query":  harness.Document("", form+`<script>document.querySelector('form').submit()</script>`),
		"/signed": harness.Document("", "<p>Vous êtes connecté</p>"),
	})
	p := harness.Browser(t, harness.Settings{}).Visit(t, harness.Visitor{})
	for _, state := range []string{"before the choice", "after it"} {
		for _, path := range []string{"/onload", "/inline", "/query"} {
			p.Open(s.URL + path)
			p.Await(`location.pathname + location.search === '/signed?SAMLResponse=x' && document.readyState === 'complete'`)
		}
		p.Await(harness.Settled)
		if state == "before the choice" {
			p.Answer("Tout refuser")
		}
	}
	if problems := p.Problems(); len(problems) > 0 {
		t.Errorf("%q", problems)
	}
}

// swaps are what pages replace.
var swaps = map[string]string{
	"body.innerHTML": `document.body.innerHTML = '<main id="new">Nouveau</main>'`,
	"document.body":  `document.body = Object.assign(document.createElement('body'), { innerHTML: '<main id="new">Nouveau</main>' })`,
	"body.replaceWith": `document.body.replaceWith(Object.assign(document.createElement('body'), { ` +
		`innerHTML: '<main id="new">Nouveau</main>' }))`,
	"documentElement.innerHTML": `document.documentElement.innerHTML = '<head><title>Nouveau</title></head><body><main id="new">Nouveau</main></body>'`,
	"documentElement": `document.replaceChild(Object.assign(document.createElement('html'), { innerHTML: '<body>` +
		`<main id="new">Nouveau</main></body>' }), document.documentElement)`,
	"document.open": `document.open(); document.write('<!DOCTYPE html><html><head><title>Nouveau</title></head><body>` +
		`<main id="new">Nouveau</main>'); document.close()`,
	"document.open, in pieces": `document.open(); setTimeout(() => { document.write('<!DOCTYPE html><head><title>Nouveau</title>'); ` +
		`setTimeout(() => { document.write('<body><main id="new">Nouveau</main>'); document.close() }) })`,
	"document.write late": `document.write('<main id="new">Nouveau</main>'); document.close()`,
	"a notice of its own": `document.body.innerHTML = again + '<main id="new">Nouveau</main>'`,
}

func TestNoticeBodyReplaced(t *testing.T) {
	s := harness.Serve(t, harness.Declared,
		map[string]string{"/": harness.Document(`<style>main { min-height: 150vh }</style>`, "<main>Portail</main>")})
	browser := harness.Browser(t, harness.Settings{})
	const alone = `document.querySelector('#new') !== null && document.querySelectorAll('#caddy-consent, [data-caddy-consent=manage]')` +
		`.length === 1 && document.body.firstElementChild.id === 'new' && `
	for _, name := range slices.Sorted(maps.Keys(swaps)) {
		t.Run(name, func(t *testing.T) {
			swap := func(p *harness.Page) {
				p.Await(harness.Settled)
				harness.Eval[json.RawMessage](p, `{ const again = document.querySelector('#caddy-consent, [data-caddy-consent=manage]').outerHTML; `+
					swaps[name]+`; 1 }`)
			}
			p := browser.Visit(t, harness.Visitor{})
			p.Open(s.URL)
			swap(p)
			p.Await(alone + harness.NoticeShown)
			swap(p) // and once more
			p.Await(alone + harness.NoticeShown)
			p.OpenSettings("Personnaliser")
			p.Answer("Tout refuser")
			p.Await(alone + harness.ManageShown)
			if look := harness.Eval[string](p, `getComputedStyle(document.querySelector('[data-caddy-consent=manage]')).position`); look != "fixed" {
				t.Errorf("the control is %s", look)
			}
			swap(p)
			p.Await(alone + harness.ManageShown)
			p.Reload()
			swap(p)
			p.Await(alone + harness.ManageShown)
			p.OpenSettings("Gérer mes cookies")
			p.Answer("Tout accepter")
			checkChoice(t, p, map[string]bool{"ga": true})
			for _, problem := range p.Problems() {
				if !strings.Contains(problem, "document.write") {
					t.Error(problem)
				}
			}
		})
	}
}

// TestNoticeRemovedRepeatedly and no page hangs in a quarrel.
// A page that is swapped in on a plain connection brings the guard's tag too.
func TestGuardSingleRun(t *testing.T) {
	s := harness.Serve(t, harness.Declared, map[string]string{"/": harness.Document("", "<main>Portail</main>")})
	p := harness.Browser(t, harness.Settings{}).Visit(t, harness.Visitor{})
	p.Open(s.URL)
	p.Await(harness.Settled)
	harness.Eval[json.RawMessage](p, `{
		const functions = () => [document.querySelector, fetch, Node.prototype.appendChild], before = functions();
		const again = document.createElement('script');
		again.dataset.caddyConsent = '?0';
		again.onload = () => { window.once = functions().every((f, i) => f === before[i]); };
		again.src = document.querySelector('script[src$="/guard.js"]').src;
		document.head.append(again);
		1 }`)
	p.Await(`'once' in window`)
	if !harness.Eval[bool](p, `once`) {
		t.Error("it guards what is guarded")
	}
	p.Answer("Tout accepter")
	checkChoice(t, p, map[string]bool{"ga": true})
	if problems := p.Problems(); len(problems) > 0 {
		t.Errorf("%q", problems)
	}
}

func TestNoticeRemovedRepeatedly(t *testing.T) {
	s := harness.Serve(t, harness.Declared, map[string]string{"/": harness.Document("", "<main>Portail</main>")})
	p := harness.Browser(t, harness.Settings{}).Visit(t, harness.Visitor{})
	p.Open(s.URL)
	p.Await(harness.Settled)
	harness.Eval[json.RawMessage](p, `{ const away = () => { const notice = document.querySelector('#caddy-consent'); if (notice) notice.remove() };
		new MutationObserver(away).observe(document.documentElement, { childList: true, subtree: true }); away(); 1 }`)
	p.Await(harness.NoticeGone)
}

func TestNoticeModalDialog(t *testing.T) {
	s := harness.Serve(t, harness.Declared,
		map[string]string{"/": harness.Document(`<style>dialog { margin-top: 0; transform: translateX(1px); overflow: hidden; width: 90px; `+
			`height: 60px }</style>`, `<main>Portail</main>
		<dialog id="one"><form method="dialog"><button>Fermer la boîte</button></form></dialog><dialog id="two"><p>Encore</p></dialog>`)})
	const in = `document.querySelector('#caddy-consent').parentNode === `
	browser := harness.Browser(t, harness.Settings{})
	do := func(p *harness.Page, script string) { t.Helper(); harness.Eval[json.RawMessage](p, script+`, 1`) }
	p := browser.Visit(t, harness.Visitor{})
	p.Open(s.URL)
	p.Await(harness.Settled)
	do(p, `one.showModal()`)
	p.Await(in + `one`)
	do(p, `two.showModal()`)
	p.Await(in + `two`)
	p.OpenSettings("Personnaliser") // a click, which nothing covers
	p.Type(kb.Escape)               // which is the notice's
	p.Await(in + `two && two.open && !document.querySelector('#caddy-consent-settings').checkVisibility()`)
	do(p, `two.close()`)
	p.Await(in + `one`)
	p.Click("Fermer la boîte")
	p.Await(in + `document.documentElement`)
	do(p, `one.showModal()`)
	p.Await(in + `one`)
	do(p, `one.remove()`)
	p.Await(in + `document.documentElement`)
	do(p, `document.body.inert = true`)
	p.Click("Personnaliser")
	do(p, `two.showModal()`)
	p.Await(in + `two`)
	p.Answer("Tout refuser")
	p.Await(harness.ManageShown)
	do(p, `two.close()`)
	checkChoice(t, p, map[string]bool{"ga": false})
	for _, problem := range p.Problems() {
		t.Error(problem)
	}

	// One that was open before the notice's script ran.
	s = harness.Serve(t, harness.Declared,
		map[string]string{"/": harness.Document("", `<dialog id="one"><p>Bienvenue</p></dialog><script>one.showModal()</script>`)})
	p = browser.Visit(t, harness.Visitor{})
	p.Open(s.URL)
	p.Await(in + `one`)
	p.Answer("Tout refuser")
	p.Await(`document.querySelector('[data-caddy-consent=manage]').parentNode === document.documentElement && one.open`)
}
