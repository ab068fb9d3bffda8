package guard

import (
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
