package guard

import (
	"crypto/sha256"
	"encoding/base64"
	"html"
	"strings"
	"testing"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// TestStyleOfPage: what a <style> of the page's markup names is not loaded before it is granted, and is then, while the
// rest of the sheet holds all along.
func TestStyleOfPage(t *testing.T) {
	world, site, p := guarded(t, harness.Watched, map[string]string{
		"/": harness.Document(`<style>@import "https://video.test/sheet.css";
			p { color: rgb(1, 2, 3); background: url(https://video.test/pixel.gif) } p::after { content: "<&'" }</style>`, `<p>Texte</p>`),
	})
	p.Open(site.URL)
	p.Await(harness.Settled)
	settle(p)
	if seen(world, "/sheet.css") || seen(world, "/pixel.gif") {
		t.Error("what is denied is loaded")
	}
	const colour = `getComputedStyle(document.querySelector('p')).color`
	if got := harness.Eval[string](p, colour); got != "rgb(1, 2, 3)" {
		t.Errorf("the rest of the sheet does not hold: %s", got)
	}
	if got := harness.Eval[string](p, `document.head.innerHTML + document.querySelector('style').textContent`); strings.Contains(got, "data") ||
		strings.Count(got, "url(https://video.test/pixel.gif)") != 2 {
		t.Errorf("scripts do not read what its author wrote: %s", got)
	}
	p.Decide("grant", "{ video: true }")
	if missing := await(world, "/sheet.css", "/pixel.gif"); len(missing) > 0 {
		t.Errorf("the grant does not load %v", missing)
	}
	if got := harness.Eval[string](p, colour+` + getComputedStyle(document.querySelector('p'), '::after').content`); got != `rgb(1, 2, 3)"<&'"` {
		t.Errorf("the sheet is not what its author wrote: %s", got)
	}
}

// TestStyleOfTwoServices: of a style that names two services, each is loaded when it is granted, and not before.
func TestStyleOfTwoServices(t *testing.T) {
	const other = `
	service plan {
		provider "Exemple Plan SARL" https://plan.example/vie-privee
		purpose  embeds
		hosts    plan.test
	}
`
	page := harness.Document(`<style>@import "https://video.test/sheet.css"; @import "https://plan.test/sheet2.css"; #a { background: url(https://plan.test/a.gif) }</style>`,
		`<p id="a">a</p><p style="background: url(https://video.test/b.gif), url(https://plan.test/b2.gif)">b</p>
		<p style="background: url(https://plan.test/c2.gif), url(https://video.test/c.gif)">c</p>
		<img src="https://video.test/d.gif" style="background: url(https://plan.test/d2.gif)">`)
	paths := map[string][]string{"video": {"/sheet.css", "/b.gif", "/c.gif", "/d.gif"}, "plan": {"/sheet2.css", "/a.gif", "/b2.gif", "/c2.gif", "/d2.gif"}}
	for first, second := range map[string]string{"video": "plan", "plan": "video"} {
		t.Run(first, func(t *testing.T) {
			world, site, p := guarded(t, harness.Watched+other, map[string]string{"/": page})
			p.Open(site.URL)
			p.Await(harness.Settled)
			p.Decide("grant", "{ "+first+": true }")
			if missing := await(world, paths[first]...); len(missing) > 0 {
				t.Errorf("the grant of %s does not load %v", first, missing)
			}
			settle(p)
			for _, path := range paths[second] {
				if seen(world, path) {
					t.Errorf("%s is loaded when only %s is granted", path, first)
				}
			}
			p.Decide("grant", "{ "+second+": true, "+first+": true }")
			if missing := await(world, paths[second]...); len(missing) > 0 {
				t.Errorf("the grant of both does not load %v", missing)
			}
			const both = `[...document.querySelectorAll('p, img')].map(e => e.getAttribute('style')).slice(1, 4).join(' and ')`
			if got := harness.Eval[string](p, both); got != `background: url(https://video.test/b.gif), url(https://plan.test/b2.gif) and `+
				`background: url(https://plan.test/c2.gif), url(https://video.test/c.gif) and background: url(https://plan.test/d2.gif)` {
				t.Errorf("the styles are not what their author wrote: %s", got)
			}
		})
	}
}

// TestStyleByHash: a style that a policy of the page allows by the hash of its text holds, as it is left alone: it could not be
// changed; one that it allows by a nonce is.
func TestStyleByHash(t *testing.T) {
	const sheet, attribute = `#a { color: rgb(1, 2, 3); background: url(https://video.test/a.gif) }`, `color: rgb(1, 2, 3); background: url(https://video.test/b.gif)`
	hash := func(text string) string {
		sum := sha256.Sum256([]byte(text))
		return ` 'sha256-` + base64.StdEncoding.EncodeToString(sum[:]) + `'`
	}
	policy := `style-src 'nonce-abc' 'unsafe-hashes'` + hash(sheet) + hash(attribute)
	markup := `<style>` + sheet + `</style><style nonce="abc">#c { color: rgb(1, 2, 3); background: url(https://video.test/c.gif) }</style>`
	const body = `<p id="a">a</p><p id="b" style="` + attribute + `">b</p><p id="c">c</p>`
	for name, c := range map[string]struct{ head, field string }{
		"header": {markup, "Content-Security-Policy: " + policy},
		"meta":   {`<meta http-equiv="Content-Security-Policy" content="` + policy + `">` + markup, "X-Test: 1"},
	} {
		t.Run(name, func(t *testing.T) {
			world := harness.Elsewhere()
			site := harness.Serve(t, harness.Watched, map[string]string{"/": harness.Document(c.head, body)}, c.field)
			p := harness.Browser(t, world.Settings).Visit(t, harness.Visitor{})
			p.Open(site.URL)
			p.Await(harness.Settled)
			settle(p)
			for _, id := range []string{"a", "b", "c"} {
				if got := harness.Eval[string](p, `getComputedStyle(document.getElementById('`+id+`')).color`); got != "rgb(1, 2, 3)" {
					t.Errorf("the style of #%s does not hold: %s", id, got)
				}
			}
			if seen(world, "/c.gif") {
				t.Error("what is allowed by a nonce is not held")
			}
			p.Decide("grant", "{ video: true }")
			if missing := await(world, "/c.gif"); len(missing) > 0 {
				t.Errorf("the grant does not load %v", missing)
			}
		})
	}
}

// TestStyleAttributeRead: scripts read of a style that is held what its author wrote, where they read its markup, and may
// change it; what they keep of it comes back.
func TestStyleAttributeRead(t *testing.T) {
	const attribute = `background: url(&quot;https://video.test/p.gif?a=1&amp;b='(é)&quot;) no-repeat`
	world, site, p := guarded(t, harness.Watched, map[string]string{
		"/": harness.Document("", `<div id="box"><p id="p" style="`+attribute+`">x</p></div><img id="img" alt="" style="`+attribute+`"><iframe srcdoc="<p style='background:url(https://video.test/f.gif)'>x"></iframe>`),
	})
	p.Open(site.URL)
	p.Await(harness.Settled)
	const authored = `<p id="p" style="` + attribute + `">x</p>`
	if got := harness.Eval[string](p, `document.getElementById('box').innerHTML`); got != authored {
		t.Errorf("innerHTML is %s", got)
	}
	if got := harness.Eval[string](p, `new XMLSerializer().serializeToString(document.getElementById('p')).replace(/ xmlns="[^"]*"/, '')`); got != authored {
		t.Errorf("the serializer gives %s", got)
	}
	if got := harness.Eval[string](p, `document.getElementById('img').getAttribute('style') + document.querySelector('iframe').getAttribute('srcdoc')`); got !=
		html.UnescapeString(attribute)+`<p style='background:url(https://video.test/f.gif)'>x` {
		t.Errorf("attributes are %s", got)
	}
	harness.Eval[string](p, `document.getElementById('p').style.color = 'rgb(1, 2, 3)'`)
	settle(p)
	if seen(world, "/p.gif") || seen(world, "/f.gif") {
		t.Error("what is denied is loaded")
	}
	p.Decide("grant", "{ video: true }")
	if missing := await(world, "/p.gif", "/f.gif"); len(missing) > 0 {
		t.Errorf("the grant does not load %v", missing)
	}
	if got := harness.Eval[string](p, `document.getElementById('p').style.cssText`); got != `background: url("https://video.test/p.gif?a=1&b='(é)") no-repeat; color: rgb(1, 2, 3);` {
		t.Errorf("cssText is %s", got)
	}
}
