package guard

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

const snippets = "../../internal/policy/testdata/snippets"

// embeds are services of the catalogue with the markup that their providers hand out.
type embeds struct {
	services    []string
	page, lines string
}

// parts are all of the catalogue's, as many together as a site can declare. Two are in each: one that sets a cookie,
// and one that is granted alone.
func parts(t *testing.T) (all []embeds) {
	t.Helper()
	files, err := filepath.Glob(snippets + "/*.html")
	if err != nil || len(files) < 150 {
		t.Fatalf("%d snippets, %v", len(files), err)
	}
	var others []string
	for _, file := range files {
		if id := strings.TrimSuffix(filepath.Base(file), ".html"); id != "ga" && id != "vimeo" {
			others = append(others, id)
		}
	}
	for some := range slices.Chunk(others, 50) {
		e := embeds{page: "<style>iframe { height: 1px }</style>"} // what is lazy is not far below
		for _, id := range slices.Concat([]string{"ga", "vimeo"}, some) {
			content, err := os.ReadFile(filepath.Join(snippets, id+".html"))
			if err != nil {
				t.Fatal(err)
			}
			e.services = append(e.services, id)
			e.page += fmt.Sprintf("\n<section id=%q>%s</section>", id, content)
			e.lines += "service " + id + "\n"
		}
		all = append(all, e)
	}
	return all
}

const (
	marked = `window.same = "this very document"`
	stayed = `window.same === "this very document"`
	gone   = `window.same === undefined && document.readyState !== "loading"`
	// waiting are the addresses that are held in the page, as a browser would resolve them, in the order
	// of the document; loaded are those that were loaded, in the order of their requests, where the clock tells it.
	waiting = `[...document.querySelectorAll("[data-consent-src]")].map(e => new URL(e.dataset.consentSrc, document.baseURI).href)`
	loaded  = `performance.getEntriesByType("resource").sort((a, b) => a.startTime - b.startTime || want.indexOf(a.name) - want.indexOf(b.name))` +
		`.map(e => e.name)`
)

func TestCatalogueEmbeds(t *testing.T) {
	for _, mode := range []string{"catalogue", "strict"} {
		t.Run(mode, func(t *testing.T) {
			if mode == "strict" {
				harness.LeaveToCI(t)
			}
			for _, e := range parts(t) {
				t.Run(e.services[2], func(t *testing.T) { e.heldAndReleased(t, mode) })
			}
		})
	}
}

func (e embeds) heldAndReleased(t *testing.T, mode string) {
	world := harness.Elsewhere()
	site := harness.Serve(t, e.lines+"third_parties "+mode, map[string]string{"/": harness.Document("", e.page)})
	p := harness.Browser(t, world.Settings).Visit(t, harness.Visitor{})
	p.Open(site.URL + "/")
	p.Await(harness.Settled)
	world.Silent(t, "before the choice")

	p.Answer("Tout refuser")
	p.Reload()
	p.Await(harness.Settled)
	world.Silent(t, "after refusing")

	want := harness.Eval[[]string](p, waiting)
	harness.Eval[string](p, marked)
	p.Decide("accept", "undefined")
	if mode == "strict" { // only a new page has a policy that lets them through
		p.Await(gone)
	} else {
		p.Await(`document.querySelectorAll("[data-consent-service]").length === 0`)
		if !harness.Eval[bool](p, stayed) {
			t.Error("the page was loaded anew")
		}
		p.Await(fmt.Sprintf(`%s.every(url => performance.getEntriesByName(url).length > 0)`, list(t, want))) // a frame is noted when it has come
		inOrder(t, harness.Eval[[]string](p, fmt.Sprintf(`(want => %s)(%s)`, loaded, list(t, want))), want)
	}
	for _, id := range e.services {
		awaitOneOf(t, world, id)
	}
	p.Await(`document.cookie.includes("_ga=")`)

	harness.Eval[string](p, marked)
	p.Decide("refuse", "undefined")
	p.Await(gone) // what runs only goes with the page
	p.Await(harness.Settled)
	world.Forget()
	p.Reload()
	p.Await(harness.Settled)
	world.Silent(t, "after withdrawing")
	for name := range p.Cookies() {
		if name != "cookies_preferences" {
			t.Errorf("withdrawn, but the cookie %s is still there", name)
		}
	}

	harness.Eval[string](p, marked)
	p.Decide("grant", `{vimeo: true}`)
	if mode == "strict" {
		p.Await(gone)
	} else {
		p.Await(`document.querySelectorAll('[data-consent-service="vimeo"]').length === 0`)
	}
	p.Await(`performance.getEntriesByName("https://player.vimeo.com/api/player.js").length > 0`)
	if hosts := world.Hosts(); len(hosts) == 0 || slices.ContainsFunc(hosts, func(h string) bool {
		return !strings.HasSuffix(h, "vimeo.com") && !strings.HasSuffix(h, "vimeocdn.com")
	}) {
		t.Errorf("Vimeo is allowed, and asked are %v", hosts)
	}
}

// list is a JavaScript expression.
func list(t *testing.T, texts []string) string {
	t.Helper()
	expression, err := json.Marshal(texts)
	if err != nil {
		t.Fatal(err)
	}
	return string(expression)
}

// awaitOneOf waits until a host that a service's snippet names is asked.
func awaitOneOf(t *testing.T, world *harness.World, id string) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(snippets, id+".html"))
	if err != nil {
		t.Fatal(err)
	}
	world.Await(t, func(host string) bool { return strings.Contains(string(content), host) }, "a host of "+id)
}

// inOrder fails where what was loaded is not what was held, each once, in that order.
func inOrder(t *testing.T, loaded, held []string) {
	t.Helper()
	var want, got []string
	for _, url := range held {
		if !slices.Contains(want, url) {
			want = append(want, url)
		}
	}
	for _, url := range loaded {
		if slices.Contains(want, url) && !slices.Contains(got, url) {
			got = append(got, url)
		}
	}
	for i := range min(len(want), len(got)) {
		if got[i] != want[i] {
			t.Fatalf("at place %d %s is loaded, where %s was held", i, got[i], want[i])
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d are loaded of %d that were held", len(got), len(want))
	}
}
