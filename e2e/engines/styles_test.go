package engines

import (
	"slices"
	"strings"
	"testing"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// Pages that name what is denied in styles whose text is markup: by references, in SVG, in XHTML. TestStyleSheets has the
// places where HTML keeps it as it is.
var styledPages = map[string]struct{ page, kind string }{
	"HTML": {`<!DOCTYPE html><html lang="fr"><head><meta charset="utf-8"><title>Styles</title><link rel="icon" href="data:,"></head><body>
		<p id="b" style="color: rgb(1, 2, 3); background: url(&quot;//video.test/references.gif?a&amp;b&quot;)">b</p><p id="d">d</p><p id="e">e</p>
		<svg width="9" height="9" style="background: url(https://video.test/svg.gif)"><style>@import "https://video.test/drawing.css";
			p#d { background: url(https://video.test/drawing.gif) }</style>
		<style><![CDATA[p>b, #e { background: url("https://video.test/cdata.gif") }]]></style></svg></body></html>`, "text/html; charset=utf-8"},
	"XHTML": {`<html xmlns="http://www.w3.org/1999/xhtml" lang="fr"><head><title>Styles</title><link rel="icon" href="data:,"/>
		<style>/*<![CDATA[*/ @import "https://video.test/import.css"; #a { background: url(https://video.test/sheet.gif) } /*]]>*/</style></head><body>
		<p id="a">a</p><p id="b" style="color: rgb(1, 2, 3); background: url(&#34;//video.test/references.gif?a&amp;b&#34;)">b</p></body></html>`, "application/xhtml+xml; charset=utf-8"},
}

// TestStyles: what such styles name is not loaded before there is a choice and after a refusal, and is after a grant, on
// the same page, while the rest of each style holds all along.
func TestStyles(t *testing.T) {
	inEach(t, func(t *testing.T, engine *harness.Engine) {
		for name, styled := range styledPages {
			t.Run(name, func(t *testing.T) {
				world := harness.Elsewhere()
				site := harness.Serve(t, harness.Watched, map[string]string{"/": styled.page}, "Content-Type: "+styled.kind).URL
				tab := engine.Visit(t)
				var paths []string
				for _, part := range strings.Split(styled.page, "video.test")[1:] {
					paths = append(paths, part[:strings.IndexAny(part, `")&?`)])
				}
				waiting := func() []string {
					return slices.DeleteFunc(slices.Clone(paths), func(path string) bool {
						return slices.ContainsFunc(world.Requests(), func(r harness.Request) bool { return r.Path == path })
					})
				}
				const colour = `getComputedStyle(document.getElementById('b')).color`
				none := func(when string) {
					t.Helper()
					settle(tab)
					if left := waiting(); len(left) < len(paths) {
						t.Errorf("%s, only %v are not asked for", when, left)
					}
					if got := harness.Ask[string](tab, colour); got != "rgb(1, 2, 3)" {
						t.Errorf("%s, the rest of a style does not hold: %s", when, got)
					}
				}
				tab.Open(site)
				tab.Await(harness.Settled)
				none("before there is a choice")
				if err := choose(tab, "refuse", false, nil); err != nil {
					t.Fatal(err)
				}
				none("after a refusal")
				tab.Open(site)
				tab.Await(harness.Settled)
				none("on the next page")
				harness.Ask[string](tab, `window.same = "this very document"`)
				if err := choose(tab, "custom", true, nil); err != nil {
					t.Fatal(err)
				}
				for _, path := range paths {
					world.Await(t, func(string) bool { return !slices.Contains(waiting(), path) }, path)
				}
				if harness.Ask[string](tab, `window.same || ''`) == "" {
					t.Error("the page was loaded anew")
				}
				const original = `color: rgb(1, 2, 3); background: url("//video.test/references.gif?a&b")`
				if got := harness.Ask[string](tab, `document.getElementById('b').getAttribute('style')`); got != original {
					t.Errorf("the attribute is not as its author wrote it: %s", got)
				}
			})
		}
	})
}
