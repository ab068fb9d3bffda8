package browser

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// What the server leaves to browsers, and they to the guard: types of scripts, documents in frames, frames that nobody
// has told apart.

func TestReleasedScriptType(t *testing.T) {
	s := harness.Serve(t, harness.Watched, map[string]string{
		"/module.js": `import.meta.url; window.module = (window.module || 0) + 1`,
		"/": harness.Document("", `<script type="module" data-consent-service="video" data-consent-src="/module.js"></script>`+
			`<script id="template" type="x-template" data-consent-service="video"><p></p></script>`+
			`<script id="gated" type="text/plain" data-consent-service="video">window.gate = (window.gate || 0) + 1</script>`),
	})
	p := harness.Browser(t, harness.Settings{}).Visit(t, harness.Visitor{})
	p.Open(s.URL + "/")
	p.Await(harness.NoticeShown)
	for _, when := range []string{"in place", "by the server"} {
		if when == "in place" {
			p.Answer("Tout accepter")
		} else {
			p.Reload()
		}
		p.Await(`window.module === 1 && window.gate === 1`)
		got := harness.Eval[string](p, `document.querySelector('#template').type + ', ' + document.querySelector('#gated')`+
			`.type + ', ' + document.querySelector('script[src$="module.js"]').type`)
		if got != "x-template, , module" {
			t.Errorf("%s: %s", when, got)
		}
	}
}

func TestSrcdocGuard(t *testing.T) {
	const document = `<!doctype html><script src="https://video.test/a.js"></script><script>new Image().src = "https://img.video.test/x"; ` +
		`fetch("https://video.test/f").catch(() => parent.held = true)</script>`
	page := `<iframe id="plain" srcdoc="` + strings.NewReplacer(`&`, `&amp;`, `"`, `&quot;`).Replace(document) + `"></iframe>`
	s := harness.Serve(t, harness.Watched, map[string]string{"/": harness.Document("", page)})
	world := harness.Elsewhere()
	p := harness.Browser(t, world.Settings).Visit(t, harness.Visitor{})
	p.Open(s.URL + "/")
	p.Await(`window.held === true`)
	world.Silent(t, "before the choice")
	for what, expression := range map[string]string{
		"getAttribute": `document.querySelector('#plain').getAttribute('srcdoc')`, "srcdoc": `document.querySelector('#plain').srcdoc`,
		"cloneNode": `document.querySelector('#plain').cloneNode().getAttribute('srcdoc')`,
	} {
		if got := harness.Eval[string](p, expression); got != document {
			t.Errorf("%s: %s", what, got)
		}
	}
	parsed := `new DOMParser().parseFromString(document.querySelector('#plain').outerHTML, 'text/html').querySelector('iframe')`
	if got := harness.Eval[string](p, parsed+`.getAttribute('srcdoc') + `+parsed+`.attributes.length`); got != document+"2" {
		t.Errorf("outerHTML: %s", got)
	}
	p.Answer("Tout accepter")
	world.Await(t, func(host string) bool { return host == "video.test" }, "the script")
}

// TestDataAttributeConflict: an element may have attributes of those names, and load what is denied.
func TestDataAttributeConflict(t *testing.T) {
	const image = `<img data-consent-service="other" src="https://img.video.test/NAME" data-consent-src="/own.png">`
	s := harness.Serve(t, harness.Watched, map[string]string{"/": harness.Document("", strings.Replace(image, "NAME", "parsed", 1)+
		`<script>document.body.insertAdjacentHTML('beforeend', '`+strings.Replace(image, "NAME", "made", 1)+`')</script>`)})
	world := harness.Elsewhere()
	p := harness.Browser(t, world.Settings).Visit(t, harness.Visitor{})
	const attributes = `[...document.images].map(e => [...e.attributes].map(a => a.name + '=' + a.value).sort().join(' ')).join('\n')`
	const want = "data-consent-service=other data-consent-src=/own.png src=https://img.video.test/parsed\n" +
		"data-consent-service=other data-consent-src=/own.png src=https://img.video.test/made"
	p.Open(s.URL + "/")
	p.Await(harness.NoticeShown)
	world.Silent(t, "before the choice")
	if got := harness.Eval[string](p, attributes); got != want {
		t.Errorf("while it is held:\n%s", got)
	}
	p.Answer("Tout accepter")
	p.Await(`[...document.images].every(e => e.complete && e.naturalWidth)`)
	if got := harness.Eval[string](p, attributes); got != want {
		t.Errorf("after a grant:\n%s", got)
	}
}

func TestNoticeNoFetchMetadata(t *testing.T) {
	portal := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		content := harness.Document("", `<h1>Page</h1><iframe src="/inner" onload="window.inner = true"></iframe>`)
		if r.URL.Path == "/inner" {
			content = harness.Document("", `<p>Cadre</p>`)
		}
		_, _ = w.Write([]byte(content))
	}))
	t.Cleanup(portal.Close)
	url := fmt.Sprintf("http://localhost:%d", harness.FreePort(t))
	harness.Caddy(t, fmt.Sprintf("%s {\n\trequest_header -Sec-Fetch-*\n\tconsent {\n%s\n\t}\n\treverse_proxy %s\n}\n", url, harness.Watched,
		strings.TrimPrefix(portal.URL, "http://")))
	p := harness.Browser(t, harness.Settings{}).Visit(t, harness.Visitor{})
	const ours = `frames[0].document.querySelectorAll('#caddy-consent, [data-caddy-consent=manage]').length`
	p.Open(url + "/")
	p.Await(harness.NoticeShown)
	p.Await(`window.inner && ` + ours + ` === 0`)
	p.Answer("Tout refuser")
	p.Await(harness.ManageShown)
	p.Reload()
	p.Await(harness.ManageShown)
	p.Await(`window.inner && ` + ours + ` === 0`)
}
