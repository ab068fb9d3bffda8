package npm

import (
	"encoding/json"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// swapping are libraries that put the next page in the place of this one.
var swapping = map[string]struct{ head, body string }{
	"Turbo": {`<meta name="turbo-prefetch" content="false"><script src="/npm/@hotwired/turbo/dist/turbo.es2017-umd.js"></script>`, ``},
	"htmx":  {`<script src="/npm/htmx.org/dist/htmx.js"></script>`, ` hx-boost="true"`},
	"pjax": {`<script src="/npm/jquery/dist/jquery.js"></script><script src="/npm/jquery-pjax/jquery.pjax.js"></script>
		<script>$(document).pjax('a', 'body', { fragment: 'body', timeout: 0 })</script>`, ``},
	"jQuery": {`<script src="/npm/jquery/dist/jquery.js"></script>
		<script>$(document).on('click', 'a[href]', event => { event.preventDefault(); const { href } = event.target;
			$.get(href, page => { history.pushState(0, '', href);
			$('body').html(page.replace(/^[^]*<body>|<.body>[^]*$/g, '')) }) })</script>`, ``},
}

// withoutMetadata stands before a site and takes away what tells a script's request from a
// navigation, as where a site is reached without TLS (Fetch Metadata Request Headers, section 2).
func withoutMetadata(t *testing.T, site string) string {
	t.Helper()
	target, err := url.Parse(site)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host
		for name := range r.Out.Header {
			if strings.HasPrefix(name, "Sec-Fetch-") {
				r.Out.Header.Del(name)
			}
		}
	}})
	t.Cleanup(server.Close)
	return strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
}

func TestNoticePageSwap(t *testing.T) {
	for name, library := range swapping {
		t.Run(name, func(t *testing.T) {
			page := func(id, to string) string {
				return strings.Replace(harness.Document(library.head, `<main id="`+id+`"><h1>Portail</h1><a href="`+to+`">Suite de `+id+`</a></main>`), "<body>",
					"<body"+library.body+">", 1)
			}
			s := harness.Serve(t, harness.Declared, map[string]string{"/one": page("one", "/two"), "/two": page("two", "/one")})
			for metadata, site := range map[string]string{"Sec-Fetch": s.URL, "NoSecFetch": withoutMetadata(t, s.URL)} {
				t.Run(metadata, func(t *testing.T) {
					p := harness.Browser(t, harness.Settings{}).Visit(t, harness.Visitor{})
					p.Open(site + "/one")
					p.Await(harness.Settled)
					harness.Eval[bool](p, `window.stays = true`)
					at := "one"
					follow := func(there string) {
						t.Helper()
						before := at
						at = map[string]string{"one": "two", "two": "one"}[before]
						p.Click("Suite de " + before)
						p.Await(`window.stays && !document.querySelector('html[aria-busy], html[data-turbo-preview]') && (!window.htmx || ` +
							`'htmx-internal-data' in document.querySelector('main a')) && location.pathname === '/` + at +
							`' && document.querySelector('main').id === '` + at + `' && document.body.firstElementChild.localName === 'main' &&
							document.querySelectorAll('#caddy-consent, [data-caddy-consent=manage]').length === 1 && ` + there)
					}
					follow(harness.NoticeShown)
					follow(harness.NoticeShown)
					p.OpenSettings("Personnaliser")
					p.Answer("Tout refuser")
					follow(harness.ManageShown)
					follow(harness.ManageShown)
					p.Reload()
					p.Await(harness.Settled)
					harness.Eval[bool](p, `window.stays = true`)
					follow(harness.ManageShown)
					p.OpenSettings("Gérer mes cookies")
					p.Answer("Tout accepter")
					follow(harness.ManageShown)
					for _, problem := range p.Problems() {
						t.Error(problem)
					}
				})
			}
		})
	}
}

// hydrated is a page of which React has the whole document, as it would render it on a server.
const hydrated = `<!DOCTYPE html><html lang="fr"><head><meta charSet="utf-8"/><title>Portail</title></head><body><main><button>0</button></main>`

// hydrating renders it again, in the page.
const hydrating = `
	const h = React.createElement, errors = window.errors = [];
	const say = console.error;
	console.error = (...args) => { errors.push(args.join(' ')); say(...args) };
	function Page() {
		const [n, set] = React.useState(0);
		React.useEffect(() => { window.hydrated = true }, []);
		return h('html', { lang: 'fr' }, h('head', null, h('meta', { charSet: 'utf-8' }), h('title', null, 'Portail')),
			h('body', null, h('main', null, h('button', { onClick: () => set(n + 1) }, n))));
	}
	window.main = document.querySelector('main');
	hydrateRoot(document, h(Page), { onRecoverableError: error => errors.push(error.message) });`

func TestReactHydration(t *testing.T) {
	source := filepath.Join(t.TempDir(), "19.mjs")
	if err := os.WriteFile(source, []byte("import * as React from 'react';\nimport { hydrateRoot } from 'react-dom/client';\n"+hydrating),
		0o644); err != nil {
		t.Fatal(err)
	}
	build := exec.Command(filepath.Join(harness.NPM(t), ".bin", "esbuild"), source, "--bundle", "--format=iife",
		`--define:process.env.NODE_ENV="development"`)
	build.Env = append(os.Environ(), "NODE_PATH="+harness.NPM(t))
	bundle, err := build.Output()
	if err != nil {
		t.Fatalf("esbuild: %v", err)
	}
	pages := map[string]string{
		"/18": hydrated + `<script src="/npm/react18/umd/react.development.js"></script><script src="/npm/react-dom18/umd/react-dom.development.js">` +
			`</script><script src="/18.js"></script></body></html>`,
		"/18.js": "const { hydrateRoot } = ReactDOM;" + hydrating,
		"/19":    hydrated + `<script src="/19.js"></script></body></html>`,
		"/19.js": string(bundle),
		// One that React renders anew, as what came differs from what it makes.
		"/new": strings.Replace(hydrated, "<main>", `<main><p>Autre</p>`, 1) +
			`<script src="/npm/react18/umd/react.production.min.js"></script><script src="/npm/react-dom18/umd/react-dom.production.min.js"></script>` +
			`<script src="/18.js"></script></body></html>`,
	}
	s := harness.Serve(t, harness.Declared, pages)
	for _, path := range []string{"/18", "/19", "/new"} {
		t.Run(path, func(t *testing.T) {
			p := harness.Browser(t, harness.Settings{}).Visit(t, harness.Visitor{})
			works := func(there string) {
				t.Helper()
				p.Await(harness.Settled + ` && hydrated && ` + there)
				p.Click("0")
				p.Await(`document.querySelector('main button').innerText === '1' && ` + there)
				kept := harness.Eval[bool](p, `main.isConnected && errors.length === 0`)
				if kept != (path != "/new") {
					t.Errorf("React has kept the page: %t, errors: %s", kept, harness.Eval[json.RawMessage](p, `errors`))
				}
			}
			p.Open(s.URL + path)
			works(harness.NoticeShown)
			p.Answer("Tout refuser")
			p.Await(harness.ManageShown)
			p.Reload()
			works(harness.ManageShown)
		})
	}
}

func TestJQuerySelectors(t *testing.T) {
	const own = `<form id="own"><input id="input" name="lang"><button id="button">Chercher</button></form><p>Portail</p>`
	const found = `['form', 'button', 'input', 'form input', 'body > :first-child', 'html form', ':input', 'a', 'h2', 'fieldset'].map(selector => ` +
		`selector + ' ' + $(selector).attr('id')).concat($('head').next().prop('localName'), $(document).find('form').attr('id'), $('html')` +
		`.find('form').attr('id'))`
	s := harness.Serve(t, harness.Declared, map[string]string{"/": harness.Document(`<script src="/npm/jquery/dist/jquery.js"></script>`, own)})
	without := harness.Browser(t, harness.Settings{}).Visit(t, harness.Visitor{})
	without.Open(strings.Replace(s.Portal.URL, "127.0.0.1", "localhost", 1))
	want := harness.Eval[[]string](without, found)
	p := harness.Browser(t, harness.Settings{}).Visit(t, harness.Visitor{})
	p.Open(s.URL)
	p.Await(harness.Settled)
	for _, state := range []string{"the notice", "the control"} {
		if got := harness.Eval[[]string](p, found); !slices.Equal(got, want) {
			t.Errorf("with %s: %q, without the module: %q", state, got, want)
		}
		if state == "the notice" {
			p.Answer("Tout refuser")
		}
	}
}
