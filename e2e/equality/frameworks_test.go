package equality

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// fragment is what the applications ask the server for.
const fragment = `<p id="fragment">f<img src="/f.svg" alt=""><a href="https://elsewhere.test/" title="<img src=https://stats.test/>">g</a></p>` +
	`<script>ran('fragment')</script>`

// react is the application, built as its developers would.
func react(t *testing.T) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "react.js")
	build := exec.Command(filepath.Join(harness.NPM(t), ".bin", "esbuild"), "testdata/frameworks/react.js", "--bundle", "--format=iife",
		`--define:process.env.NODE_ENV="production"`, "--outfile="+out)
	build.Env = append(os.Environ(), "NODE_PATH="+harness.NPM(t))
	if complaints, err := build.CombinedOutput(); err != nil {
		t.Fatalf("esbuild: %v\n%s", err, complaints)
	}
	built, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return string(built)
}

// Small applications do what applications do, and nothing of it is denied: what they show, what happens and what is said in
// the console must be the same.
func TestFrameworkApplications(t *testing.T) {
	p := serve(t, map[string]string{
		"/fragment": fragment, "/empty": harness.Document("", ""), "/react.js": react(t), "/said.js": "ran('said')",
		"/turbo-frame": `<!DOCTYPE html><html><head><title>f</title></head><body><turbo-frame id="frame">` +
			strings.ReplaceAll(fragment, "<script>", "<script>window.inFrame = 1;") + `</turbo-frame></body></html>`,
		"/turbo-second": strings.Replace(strings.Replace(file(t, "frameworks/turbo.html"), `<div id="app">`,
			`<div id="second"><img src="/second.svg"><b title="<img src=https://stats.test/>">x</b>`, 1),
			`<turbo-frame id="frame" src="/turbo-frame"></turbo-frame>`, "", 1),
	})
	inEach(t, p, "/empty", func(t *testing.T, tabs tabs) {
		for _, name := range []string{"angular", "react", "vue", "htmx", "jquery", "turbo"} {
			t.Run(name, func(t *testing.T) {
				told := func(tab *harness.Tab, origin string) (string, []string) {
					tab.Problems()
					tab.Open(origin + "/testdata/frameworks/" + name + ".html")
					tab.Await(`typeof window.done === 'string'`)
					problems, _ := tab.Problems()
					return strings.ReplaceAll(harness.Ask[string](tab, `window.done`), `\"`, `"`), problems
				}
				without, complaints := told(tabs.plain, p.plain)
				with, more := told(tabs.guarded, p.guarded)
				if strings.Contains(without, "fails: ") || len(without) < 1000 {
					t.Fatalf("without the module it does not work: %.3000s", without[max(0, len(without)-3000):])
				}
				if with != without {
					t.Errorf("it differs:%s", difference(without, with))
				}
				if strings.Join(complaints, "\n") != strings.Join(more, "\n") {
					t.Errorf("the console without the module: %q\nwith it: %q", complaints, more)
				}
			})
		}
	})
}
