// Package equality holds the first rule of the guard: where a page does nothing that is denied, all that its
// scripts can see is what it would be without the module. Each test asks the same of a page without it and of one
// with it, in every browser.
package equality

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	_ "github.com/caddy-consent/caddy-consent"
	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

func TestMain(m *testing.M) { harness.Main(m, harness.HasEngine) }

// declared is what the sites declare. No page of these tests does anything for it.
const declared = `
	service ga
	service youtube
	service matomo {
		hosts stats.test
	}
`

// pair are the site without the module and with it.
type pair struct{ plain, guarded string }

// serve starts both. Pages are paths and contents; files of testdata and of npm packages are under /testdata/ and
// /npm/, what begins with /missing is not there, and every
// other path is a style sheet or an image.
func serve(t *testing.T, pages map[string]string) pair {
	t.Helper()
	mux := http.NewServeMux()
	for path, content := range pages {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			if strings.HasSuffix(path, ".js") {
				w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
			}
			_, _ = io.WriteString(w, content)
		})
	}
	mux.Handle("/testdata/", http.StripPrefix("/testdata/", http.FileServer(http.Dir("testdata"))))
	if harness.HasNPM() {
		mux.Handle("/npm/", http.StripPrefix("/npm/", http.FileServer(http.Dir(harness.NPM(t)))))
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/missing") {
			http.NotFound(w, r)
			return
		}
		if strings.HasSuffix(r.URL.Path, ".css") {
			w.Header().Set("Content-Type", "text/css")
			return
		}
		w.Header().Set("Content-Type", "image/svg+xml")
		w.Header().Set("Cache-Control", "max-age=600")
		_, _ = io.WriteString(w, `<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><symbol id="tree"/></svg>`)
	})
	upstream := httptest.NewServer(mux)
	t.Cleanup(upstream.Close)
	to := strings.TrimPrefix(upstream.URL, "http://")
	p := pair{fmt.Sprintf("http://localhost:%d", harness.FreePort(t)), fmt.Sprintf("http://localhost:%d", harness.FreePort(t))}
	harness.Caddy(t, fmt.Sprintf("%s {\n\treverse_proxy %s\n}\n%s {\n\tconsent {\n%s\n\t}\n\treverse_proxy %s\n}\n", p.plain, to,
		p.guarded, declared, to))
	return p
}

// all tells whether everything is to be compared, which takes more than an hour; else parts of it are.
var all = os.Getenv("CONSENT_EQUALITY") == "all"

// tabs are a page of each site, side by side.
type tabs struct {
	plain, guarded *harness.Tab
	refused        bool
}

// inherent are what engines tell differently, whatever stands in for their functions: by engine and case, which part of
// a text that is, and why.
var inherent = map[string]map[string]struct {
	part *regexp.Regexp
	why  string
}{
	"firefox": {"a script that throws": {regexp.MustCompile(`line \d+ > injectedScript`),
		"an inline script is named after the line that has inserted it, which is the guard's"}},
}

// same tells whether a case is the same in both pages, but for what the engine makes different.
func (tabs tabs) same(t *testing.T, name, without, with string) bool {
	t.Helper()
	known, is := inherent[tabs.plain.Engine.Name][name]
	if without == with || !is || known.part.ReplaceAllString(without, "") != known.part.ReplaceAllString(with, "") {
		return without == with
	}
	t.Logf("%s differs in a part: %s", name, known.why)
	return true
}

// inEach runs a test in every engine, with the notice open and after a refusal.
func inEach(t *testing.T, p pair, path string, test func(t *testing.T, tabs tabs)) {
	for _, e := range harness.Engines {
		for _, refused := range []bool{false, true} {
			name := e.Name + ", notice open"
			if refused {
				name = e.Name + ", refused"
			}
			t.Run(name, func(t *testing.T) {
				if refused && !all {
					harness.LeaveToCI(t)
				}
				engine := harness.StartEngine(t, e.Name)
				both := tabs{engine.Visit(t), engine.Visit(t), refused}
				both.plain.Open(p.plain + path)
				if refused {
					both.guarded.Open(p.guarded + "/empty")
					refuse(t, both.guarded)
				}
				both.guarded.Open(p.guarded + path)
				if got := harness.Ask[bool](both.guarded, `!!document.getElementById('caddy-consent')`); got == refused {
					t.Fatalf("the notice is shown: %t", got)
				}
				if !harness.Ask[bool](both.guarded, `!!document.querySelector('script[data-caddy-consent]')`) {
					t.Fatal("there is no guard")
				}
				test(t, both)
			})
		}
	}
}

func refuse(t *testing.T, tab *harness.Tab) {
	t.Helper()
	if status := harness.Ask[int](tab,
		`fetch('/_consent/choice', { method: 'POST', headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
		body: '{"choice":"refuse"}' }).then(r => r.status)`); status >= 300 {
		t.Fatalf("refusing: %d", status)
	}
}

// file reads one of testdata.
func file(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// difference shows where two texts part.
func difference(plain, guarded string) string {
	at := 0
	for at < min(len(plain), len(guarded)) && plain[at] == guarded[at] {
		at++
	}
	from := max(0, at-60)
	return fmt.Sprintf("\n\twithout: …%.200q\n\twith:    …%.200q", plain[from:], guarded[from:])
}
