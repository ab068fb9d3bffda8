package engines

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// Paths of the site itself at which a service answers that is denied: what would ask for them is held as for other hosts.

// pathRows are ways to ask for /m/ and then the name. Those that come do after a grant, without a reload.
var pathRows = []struct {
	name, markup, script string
	comes                bool
}{
	{name: "script", markup: `<script src="/m/NAME"></script>`, comes: true},
	{name: "relative", markup: `<img src="m/NAME">`, comes: true},
	{name: "absolute", markup: `<img src="//SITE/m/NAME">`, comes: true},
	{name: "escaped", markup: `<img src="/%6d/NAME">`, comes: true},
	{name: "iframe", markup: `<iframe src="/m/NAME"></iframe>`, comes: true},
	{name: "preload", markup: `<link rel="preload" as="script" href="/m/NAME">`, comes: true},
	{name: "style-text", markup: `<style>#styled { background: url(/m/NAME) }</style><p id="styled">x</p>`, comes: true},
	{name: "made-script", script: `const e = document.createElement('script'); e.src = '/m/NAME'; document.body.append(e)`, comes: true},
	{name: "made-image", script: `keep(new Image).src = 'm/NAME'`, comes: true},
	{name: "set-attribute", script: `const e = document.createElement('img'); e.setAttribute('src', '/m/NAME'); document.body.append(e)`, comes: true},
	{name: "inner-html", script: `const e = document.createElement('p'); document.body.append(e); e.innerHTML = '<img src="/m/NAME">'`, comes: true},
	{name: "style", script: `const e = document.createElement('p'); e.textContent = 'x'; document.body.append(e); e.style.backgroundImage = 'url(/m/NAME)'`, comes: true},
	{name: "based", script: `keep(new Image).src = location.origin + '//m/./NAME'`, comes: true},
	{name: "fetch", script: `await fetch('/m/NAME').then(() => tell('fetch answered'), () => 0)`},
	{name: "xhr", script: `const x = new XMLHttpRequest; x.open('GET', '/m/NAME'); x.onload = () => tell('xhr loaded'); x.send()`},
	{name: "beacon", script: `navigator.sendBeacon('/m/NAME', 'x')`},
	{name: "event-source", script: `keep(new EventSource('/m/NAME'))`},
	{name: "socket", script: `keep(new WebSocket(location.origin.replace('http', 'ws') + '/m/NAME'))`},
	{name: "worker", script: `keep(new Worker('/m/NAME'))`},
	{name: "in-worker", script: `keep(new Worker(URL.createObjectURL(new Blob(['fetch("' + location.origin + '/m/NAME").catch(() => 0)'], { type: 'text/javascript' }))))`},
}

// pathPage has all rows, and a style sheet of the site.
func pathPage(site string) string {
	var page, scripts strings.Builder
	for _, row := range pathRows {
		page.WriteString(strings.ReplaceAll(row.markup, "NAME", row.name))
		if row.script != "" {
			fmt.Fprintf(&scripts, "await (async () => { %s })().catch(e => tell(%q + e));\n", strings.ReplaceAll(row.script, "NAME", row.name), row.name)
		}
	}
	return harness.Document(`<link rel="stylesheet" href="/own.css">`, strings.ReplaceAll(page.String(), "SITE", strings.TrimPrefix(site, "http://"))+
		`<img src="/own.gif"><p id="sheet">x</p><script>
		const kept = [], keep = e => (kept.push(e), e), told = window.told = [], tell = what => { told.push(what) };
		onload = async () => { `+scripts.String()+` window.done = true };</script>`)
}

// seenPaths are those below /m/, by what they end with.
type seenPaths struct {
	sync.Mutex
	names []string
}

func (s *seenPaths) note(path string) {
	if i := strings.Index(path, "/m/"); i >= 0 {
		s.Lock()
		defer s.Unlock()
		s.names = append(s.names, path[strings.LastIndexByte(path, '/')+1:])
	}
}

func (s *seenPaths) all() []string {
	s.Lock()
	defer s.Unlock()
	return slices.Clone(s.names)
}

func (s *seenPaths) has(name string) bool { return slices.Contains(s.all(), name) }

// pathSite serves the page. asked is what comes to the module, reached what comes to the portal behind it.
func pathSite(t *testing.T) (site string, asked, reached *seenPaths) {
	t.Helper()
	asked, reached = new(seenPaths), new(seenPaths)
	portal := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reached.note(r.URL.Path)
		switch {
		case r.URL.Path == "/":
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = io.WriteString(w, pathPage("http://"+r.Host))
		case r.URL.Path == "/own.css":
			w.Header().Set("Content-Type", "text/css")
			_, _ = io.WriteString(w, "#sheet { background: url(/m/sheet) }")
		default:
			w.Header().Set("Content-Type", "text/javascript")
		}
	}))
	t.Cleanup(portal.Close)
	module := fmt.Sprintf("http://127.0.0.1:%d", harness.FreePort(t))
	harness.Caddy(t, fmt.Sprintf("http://:%s {\n\tconsent {\n%s\n\tservice measure {\n\t\tpurpose statistics\n\t\tpaths /m/*\n\t}\n\t}\n\treverse_proxy %s\n}\n",
		module[strings.LastIndexByte(module, ':')+1:], harness.Watched, strings.TrimPrefix(portal.URL, "http://")))
	to, err := url.Parse(module)
	if err != nil {
		t.Fatal(err)
	}
	front := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		asked.note(r.In.URL.Path)
		r.Out.URL.Scheme, r.Out.URL.Host = to.Scheme, to.Host
	}})
	t.Cleanup(front.Close)
	return strings.Replace(front.URL, "127.0.0.1", "localhost", 1), asked, reached
}

func TestPathsOfTheSite(t *testing.T) {
	inEach(t, func(t *testing.T, engine *harness.Engine) {
		site, asked, reached := pathSite(t)
		tab := engine.Visit(t)
		tab.Open(site)
		tab.Await(`window.done === true`)
		tab.Await(harness.NoticeShown)
		settle(tab)
		for _, name := range asked.all() {
			t.Errorf("%s is asked for before there is a choice", name)
		}
		if got := reached.all(); len(got) > 0 {
			t.Errorf("%q reach the portal before there is a choice", got)
		}
		if told := harness.Ask[[]string](tab, `told`); len(told) > 0 {
			t.Errorf("the page is told %q", told)
		}
		tab.Await(`performance.getEntriesByType('resource').some(e => e.name.endsWith('/own.gif'))`)

		// A grant loads what is held, without a reload.
		harness.Ask[bool](tab, `window.same = true, consent.set('accept').then(() => true)`)
		for _, row := range pathRows {
			if row.comes {
				awaitPath(t, tab, engine, reached, row.name)
			}
		}
		awaitPath(t, tab, engine, reached, "sheet")
		if !harness.Ask[bool](tab, `window.same === true`) {
			t.Error("the page was loaded anew")
		}
		for _, row := range pathRows {
			if !row.comes && reached.has(row.name) {
				t.Errorf("%s is asked for again", row.name)
			}
		}

		// Granted when the page comes, everything passes.
		tab.Open(site)
		tab.Await(`window.done === true`)
		for _, row := range pathRows {
			awaitPath(t, tab, engine, reached, row.name)
		}
	})
}

// awaitPath waits until the portal was asked for it.
func awaitPath(t *testing.T, tab *harness.Tab, engine *harness.Engine, reached *seenPaths, name string) {
	t.Helper()
	for range 100 {
		if reached.has(name) {
			return
		}
		settle(tab)
	}
	t.Errorf("%s: %s is not loaded where it is granted", engine.Name, name)
}
