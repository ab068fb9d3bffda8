package engines

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// ownSheets are the site's: what they name of other hosts is denied. "/deep.css" is imported three deep, "/inner.css" by
// a <style>.
var ownSheets = map[string]string{
	"/fonts.css": `@import url("https://fonts.googleapis.test/css2?family=Inter"); h1 { color: rgb(1, 2, 3) }`,
	"/pixel.css": `p { color: rgb(4, 5, 6); background: url(https://pixel.video.test/in-link.gif) }`,
	"/one.css":   `@import "two.css"; em { color: rgb(7, 8, 9) }`,
	"/two.css":   `@import "/deep.css"; i { color: rgb(7, 8, 9) }`,
	"/deep.css":  `b { color: rgb(7, 8, 9); background: url("https://deep.video.test/deep.gif") }`,
	"/inner.css": `u { background: url('https://inner.video.test/inner.gif') }`,
	"/plain.css": `s { color: rgb(7, 8, 9); background: url(own.gif) }`,
}

const sheetPage = `<!doctype html><html lang="fr"><head><meta charset="utf-8"><title>Feuilles</title><link rel="icon" href="data:,">
	<link rel="stylesheet" href="/fonts.css"><link rel="stylesheet" href="/pixel.css"><link rel="stylesheet" href="/one.css">
	<link rel="stylesheet" href="/plain.css"><style>@import "/inner.css"; u { color: rgb(7, 8, 9) }</style></head>
	<body><h1>Titre</h1><p>Texte</p><em>e</em><i>i</i><b>b</b><u>u</u><s>s</s></body></html>`

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

var sheetHosts = []string{"deep.video.test", "fonts.googleapis.test", "inner.video.test", "pixel.video.test"}

// TestSheetFiles: what the site's own style sheets name of a denied host is not loaded before a choice and after a
// refusal, and is after a grant, without a reload, while the rest of the sheets holds all along.
func TestSheetFiles(t *testing.T) {
	site, asked := sheetSite(t)
	inEach(t, func(t *testing.T, engine *harness.Engine) {
		world := harness.Elsewhere()
		tab := engine.Visit(t)
		silent := func(when string) {
			t.Helper()
			settle(tab)
			if hosts := loaded(world); len(hosts) > 0 {
				t.Errorf("%s: %v are asked", when, hosts)
			}
		}
		open := func() {
			tab.Open(site)
			_ = harness.Ask[bool](tab, settled)
		}
		const colours = `[...document.body.querySelectorAll('h1,p,em,i,b,u,s')].map(el => getComputedStyle(el).color).join()`
		const want = "rgb(1, 2, 3),rgb(4, 5, 6),rgb(7, 8, 9),rgb(7, 8, 9),rgb(7, 8, 9),rgb(7, 8, 9),rgb(7, 8, 9)"
		open()
		silent("before a choice")
		if got := harness.Ask[string](tab, colours); got != want {
			t.Errorf("the rest of the sheets does not hold: %s", got)
		}
		if err := choose(tab, "refuse", false, nil); err != nil {
			t.Fatal(err)
		}
		silent("refused")
		tab.Reload()
		_ = harness.Ask[bool](tab, settled)
		silent("refused and loaded again")

		plain := asked("/plain.css")
		_ = harness.Ask[bool](tab, `(window.stays = document.querySelector('link[href="/one.css"]'), window.flashes = [], (function look() {
			const now = `+colours+`; if (now !== '`+want+`') flashes.push(now);
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
		if !harness.Ask[bool](tab, `stays.isConnected && stays === document.querySelector('link[href="/one.css"]') && document.styleSheets.length > 4`) {
			t.Error("the elements are others")
		}
		if got := asked("/plain.css"); got != plain {
			t.Errorf("a sheet that names nobody is asked for %d times more", got-plain)
		}
	})
}
