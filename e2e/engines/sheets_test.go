package engines

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// ownSheets are the site's: what they name of other hosts is denied. "/three.css" is nested three deep, "/inner.css" is
// imported by a <style>.
var ownSheets = map[string]string{
	"/fonts.css": `@import url("https://fonts.googleapis.test/css2?family=Inter"); h1 { color: rgb(1, 2, 3) }`,
	"/pixel.css": `p { color: rgb(4, 5, 6); background: url(https://pixel.video.test/in-link.gif) }`,
	"/one.css":   `@import "two.css"; em { color: rgb(7, 8, 9) }`,
	"/two.css":   `@import "/three.css"; i { color: rgb(7, 8, 9) }`,
	"/three.css": `b { color: rgb(7, 8, 9); background: url("https://three.video.test/three.gif") }`,
	"/inner.css": `small { color: rgb(7, 8, 9); background: url('https://inner.video.test/inner.gif') }`,
	"/plain.css": `s { color: rgb(7, 8, 9); background: url(own.gif) }`,
}

// What else of the page is CSS: a <style>, and a style="".
const (
	styleElement   = `@import "/inner.css"; u { color: rgb(7, 8, 9); background: url(https://element.video.test/p.gif) }`
	styleAttribute = `color: rgb(7, 8, 9); background: url(https://attribute.video.test/p.gif)`
)

const sheetPage = `<!doctype html><html lang="fr"><head><meta charset="utf-8"><title>Feuilles</title><link rel="icon" href="data:,">
	<link rel="stylesheet" href="/fonts.css"><link rel="stylesheet" href="/pixel.css"><link rel="stylesheet" href="/one.css">
	<link rel="stylesheet" href="/plain.css"><style id="element">` + styleElement + `</style></head>
	<body><h1>Titre</h1><p>Texte</p><em>e</em><i>i</i><b>b</b><u>u</u><s>s</s><small>s</small><q style="` + styleAttribute + `">q</q></body></html>`

// sheetSite serves them as file servers do, and counts how often each is asked for.
func sheetSite(t *testing.T) (site string, asked func(path string) int) {
	requests := make(chan string, 10_000)
	portal := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sheet, ok := ownSheets[r.URL.Path]
		if !ok {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = io.WriteString(w, sheetPage)
			return
		}
		requests <- r.URL.Path
		w.Header().Set("Content-Type", "text/css")
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		w.Header().Set("Etag", `"v1"`)
		http.ServeContent(w, r, "", time.Unix(1700000000, 0), strings.NewReader(sheet))
	}))
	t.Cleanup(portal.Close)
	site = fmt.Sprintf("http://localhost:%d", harness.FreePort(t))
	harness.Caddy(t, fmt.Sprintf("%s {\n\tconsent {\n%s\n\tservice fonts {\n\tpurpose functional\n\thosts fonts.googleapis.test\n\t}\n\t}\n\treverse_proxy %s\n}\n", site, harness.Watched, strings.TrimPrefix(portal.URL, "http://")))
	seen := make(map[string]int)
	return site, func(path string) int {
		for len(requests) > 0 {
			seen[<-requests]++
		}
		return seen[path]
	}
}

// loaded are those of the hosts that the sheets name which were asked.
func loaded(world *harness.World) (hosts []string) {
	for _, host := range world.Hosts() {
		if slices.Contains(sheetHosts, host) {
			hosts = append(hosts, host)
		}
	}
	slices.Sort(hosts)
	return hosts
}

var sheetHosts = []string{"attribute.video.test", "element.video.test", "fonts.googleapis.test", "inner.video.test", "pixel.video.test", "three.video.test"}

var (
	foreignAddress = regexp.MustCompile(`https://[^"')]+`)
	inertAddress   = regexp.MustCompile(`data:(text/css)?,(#[^"')]+)?`)
)

// inertAs tells whether got is what the site has sent, byte for byte but for the addresses of other hosts: each of them
// loads nothing.
func inertAs(got, sent string) bool {
	addresses := foreignAddress.FindAllString(sent, -1)
	if len(inertAddress.FindAllString(got, -1)) != len(addresses) {
		return false
	}
	return sent == inertAddress.ReplaceAllStringFunc(got, func(string) (address string) {
		address, addresses = addresses[0], addresses[1:]
		return address
	})
}

// styleTexts are the CSS that the site sends the visitor, by where it is from.
func styleTexts(t *testing.T, site string, tab *harness.Tab) map[string]string {
	t.Helper()
	get := func(path, destination string) string {
		r, _ := http.NewRequestWithContext(t.Context(), "GET", site+path, nil)
		r.Header.Set("Sec-Fetch-Dest", destination)
		for name, value := range tab.Cookies() {
			r.AddCookie(&http.Cookie{Name: name, Value: value})
		}
		res, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	texts := make(map[string]string)
	for path := range ownSheets {
		texts[path] = get(path, "style")
	}
	styles := regexp.MustCompile(`(?s)<style[^>]* id="element">(.*?)</style>.*<q[^>]* style="(.*?)"`).FindStringSubmatch(get("/", "document"))
	if styles == nil {
		t.Fatal("the page has other styles")
	}
	texts["<style>"], texts[`style=""`] = styles[1], styles[2]
	return texts
}

// TestStyleSheets: of a page that imports Google Fonts by CSS, has a pixel in the url() of a sheet, of a <style> and of a
// style="", and a sheet nested three deep, no denied host is asked before a choice and after a refusal, and all are after
// a grant, without a reload. Every other byte of its CSS is as the site has sent it, and holds all along.
func TestStyleSheets(t *testing.T) {
	site, asked := sheetSite(t)
	inEach(t, func(t *testing.T, engine *harness.Engine) {
		world := harness.Elsewhere()
		tab := engine.Visit(t)
		texts := func(when string, holds func(got, sent string) bool) {
			t.Helper()
			got := styleTexts(t, site, tab)
			for from, text := range ownSheets {
				if !holds(got[from], text) {
					t.Errorf("%s, %s is %s", when, from, got[from])
				}
			}
			for from, text := range map[string]string{"<style>": styleElement, `style=""`: styleAttribute} {
				if !holds(got[from], text) {
					t.Errorf("%s, the text of %s is %s", when, from, got[from])
				}
			}
		}
		const colours = `[...document.body.querySelectorAll('h1,p,em,i,b,u,s,small,q')].map(el => getComputedStyle(el).color).join()`
		// <u> and <small> have theirs from a <style> that imports, which browsers apply when what it imports has come.
		const drawn = `[...document.body.querySelectorAll('h1,p,em,i,b,s,q')].map(el => getComputedStyle(el).color).join()`
		const want = "rgb(1, 2, 3),rgb(4, 5, 6),rgb(7, 8, 9),rgb(7, 8, 9),rgb(7, 8, 9),rgb(7, 8, 9),rgb(7, 8, 9),rgb(7, 8, 9),rgb(7, 8, 9)"
		denied := func(when string) {
			t.Helper()
			texts(when, inertAs)
			settle(tab)
			if hosts := loaded(world); len(hosts) > 0 {
				t.Errorf("%s: %v are asked", when, hosts)
			}
			if got := harness.Ask[string](tab, colours); got != want {
				t.Errorf("%s, the rest of the sheets does not hold: %s", when, got)
			}
		}
		tab.Open(site)
		_ = harness.Ask[bool](tab, settled)
		denied("before a choice")
		if err := choose(tab, "refuse", false, nil); err != nil {
			t.Fatal(err)
		}
		denied("refused")
		tab.Reload()
		_ = harness.Ask[bool](tab, settled)
		denied("refused and loaded again")

		plain := asked("/plain.css")
		_ = harness.Ask[bool](tab, `(window.stays = document.querySelector('link[href="/one.css"]'), window.flashes = [], (function look() {
			const now = `+drawn+`; if (now !== (window.first = window.first || now)) flashes.push(now);
			if (!window.over) requestAnimationFrame(look);
		})(), true)`)
		_ = harness.Ask[bool](tab, `consent.set('grant', { video: true, fonts: true }).then(() => true)`)
		for deadline := time.Now().Add(45 * time.Second); len(loaded(world)) < len(sheetHosts) && time.Now().Before(deadline); {
			settle(tab)
		}
		if hosts := loaded(world); !slices.Equal(hosts, sheetHosts) {
			t.Errorf("a grant loads from %v", hosts)
		}
		if flashes := harness.Ask[[]string](tab, `(window.over = true, flashes)`); len(flashes) > 0 {
			t.Errorf("the page is drawn without its sheets: %v", flashes)
		}
		if got := harness.Ask[string](tab, colours); got != want {
			t.Errorf("granted, the rest of the sheets does not hold: %s", got)
		}
		if !harness.Ask[bool](tab, `stays.isConnected && stays === document.querySelector('link[href="/one.css"]') && document.styleSheets.length > 4`) {
			t.Error("the elements are others")
		}
		if got := asked("/plain.css"); got != plain {
			t.Errorf("a sheet that names nobody is asked for %d times more", got-plain)
		}
		texts("granted", func(got, sent string) bool { return got == sent })
	})
}

// TestStyleSheetOnItsWay: what a sheet names that was asked for before a grant and comes after it is loaded too.
func TestStyleSheetOnItsWay(t *testing.T) {
	asked, granted := make(chan struct{}, 10), make(chan struct{}, 10)
	portal := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/late.css" {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = io.WriteString(w, harness.Document(`<link rel="icon" href="data:,">`, `<p>Texte</p>`))
			return
		}
		asked <- struct{}{}
		select {
		case <-granted:
		case <-r.Context().Done():
		}
		w.Header().Set("Content-Type", "text/css")
		_, _ = io.WriteString(w, `p { color: rgb(1, 2, 3); background: url(https://late.video.test/p.gif) }`)
	}))
	t.Cleanup(portal.Close)
	site := fmt.Sprintf("http://localhost:%d", harness.FreePort(t))
	harness.Caddy(t, fmt.Sprintf("%s {\n\tconsent {\n%s\n\t}\n\treverse_proxy %s\n}\n", site, harness.Watched, strings.TrimPrefix(portal.URL, "http://")))
	inEach(t, func(t *testing.T, engine *harness.Engine) {
		world := harness.Elsewhere()
		tab := engine.Visit(t)
		tab.Open(site)
		_ = harness.Ask[bool](tab, settled)
		_ = harness.Ask[bool](tab, `(document.head.append(Object.assign(document.createElement('link'), { rel: 'stylesheet', href: '/late.css' })), true)`)
		<-asked
		send := func() {
			granted <- struct{}{}
			granted <- struct{}{} // also where it is asked for anew
		}
		if engine.Name == "firefox" {
			send() // it sends nothing else before a sheet has come
		}
		err := choose(tab, "custom", true, nil)
		if engine.Name != "firefox" {
			send()
		}
		if err != nil {
			t.Fatal(err)
		}
		world.Await(t, func(host string) bool { return host == "late.video.test" }, "what the sheet names")
		tab.Await(`getComputedStyle(document.querySelector('p')).color === 'rgb(1, 2, 3)'`)
		for len(granted) > 0 {
			<-granted
		}
		for len(asked) > 0 {
			<-asked
		}
	})
}

// TestSheetGivenBack: after a grant, without a reload, the page's styles are those of a page that is loaded anew. CSSOM
// writes nothing for what stands behind a shorthand with var(), and custom properties as they were written.
func TestSheetGivenBack(t *testing.T) {
	sheets := map[string]string{
		"/imports.css": `@import url("own.css"); @import url("https://fonts.video.test/f.css");`,
		"/own.css":     `h1 { color: rgb(4, 5, 6) }`,
		"/alike.css":   `em { background: url(own.gif) } em { background: url(https://pixel.video.test/p.gif) }`,
		"/var.css": `:root { --c: rgb(9, 8, 7) }
			p { border: 3px solid var(--c); border-width: 3px 3px 0; background: url(https://a.video.test/p.gif) }`,
		"/media.css":    `@media all { i { background: url(https://b.video.test/p.gif) } b { border: 3px solid var(--c); border-width: 3px 3px 0 } }`,
		"/written.css":  `@media all { s { background-image: URL(https://d.video.test/p.gif); --y: URL(https://d.video.test/q.gif); --z: image-set("https://d.video.test/z.gif" 1x) } }`,
		"/supports.css": `@supports (color: red) { q { background-image: image-set("https://e.video.test/p.gif" 1x); font: 20px/2 var(--f, serif); font-weight: bold } }`,
		"/custom.css": `u { --x: url( https://f.video.test/p.gif ); background: var(--x) }
			small { --x: url(https://g.video.test/p.gif); background: var(--x) }`,
	}
	var head string
	for _, name := range slices.Sorted(maps.Keys(sheets)) {
		if name != "/own.css" {
			head += `<link rel="stylesheet" href="` + name + `">`
		}
	}
	portal := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if sheet, ok := sheets[r.URL.Path]; ok {
			w.Header().Set("Content-Type", "text/css")
			_, _ = io.WriteString(w, sheet)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, harness.Document(`<link rel="icon" href="data:,">`+head, `<p>p</p><b>b</b><i>i</i><u>u</u><s>s</s><q>q</q><em>e</em><small>m</small>`))
	}))
	t.Cleanup(portal.Close)
	site := fmt.Sprintf("http://localhost:%d", harness.FreePort(t))
	harness.Caddy(t, fmt.Sprintf("%s {\n\tconsent {\n%s\n\t}\n\treverse_proxy %s\n}\n", site, harness.Watched, strings.TrimPrefix(portal.URL, "http://")))
	const styles = `[...document.body.querySelectorAll('p,b,i,u,s,q,em,small')].map(el => {
			const style = getComputedStyle(el);
			return [el.localName, style.borderTopStyle, style.borderTopWidth, style.backgroundSize, style.fontSize, style.backgroundImage,
				style.getPropertyValue('--y'), style.getPropertyValue('--z')].join(' ');
		}).join('\n') + [...document.styleSheets].filter(sheet => /imports.css$/.test(sheet.href)).map(sheet => [...sheet.cssRules].map(rule => rule.cssText).join(' '))`
	inEach(t, func(t *testing.T, engine *harness.Engine) {
		tab := engine.Visit(t)
		tab.Open(site)
		_ = harness.Ask[bool](tab, settled)
		_ = harness.Ask[bool](tab, `consent.set('grant', { video: true }).then(() => true)`)
		granted := harness.Ask[string](tab, `new Promise(done => {
			let left = 400; // of 20 s
			const look = () => {
				const now = `+styles+`;
				if (left-- && (/data:/.test(now) || document.querySelector('link[href*="#consent-"]'))) setTimeout(look, 50);
				else done(now);
			};
			look();
		})`)
		tab.Reload()
		_ = harness.Ask[bool](tab, settled)
		if anew := harness.Ask[string](tab, styles); anew != granted || !strings.Contains(anew, "e.video.test") {
			t.Errorf("after the grant:\n%s\nloaded anew:\n%s", granted, anew)
		}
	})
}
