package npm

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// Who writes for the portal opens an article with embeds, edits it and saves it, whatever he allows his own browser:
// what is saved is what it would be without the module.

// editors are those of testdata/editors, with their tags in the head, and where the article stands in the page.
// another is one that differs little from the one before it, and is tried in CI alone.
var editors = []struct {
	name, script, head, source string
	another                    bool
}{
	{name: "contenteditable", script: "contenteditable", source: "div"},
	{name: "Quill", script: "quill", source: "div",
		head: `<link rel="stylesheet" href="/npm/quill/dist/quill.snow.css"><script src="/npm/quill/dist/quill.js"></script>`},
	{name: "TinyMCE", script: "tinymce", source: "textarea", head: tinyMCE},
	{name: "TinyMCE inline", script: "tinymce", source: "div", head: tinyMCE, another: true},
	{name: "TipTap", script: "tiptap", source: "div"},
	{name: "CKEditor", script: "ckeditor", source: "div"},
	{name: "CKEditor for a textarea", script: "ckeditor", source: "textarea", another: true},
}

const tinyMCE = `<script src="/npm/tinymce/tinymce.min.js"></script>`

// bundle builds a script with the packages that it imports, as its developers would.
func bundle(t *testing.T, script string) string {
	t.Helper()
	build := exec.Command(filepath.Join(harness.NPM(t), ".bin", "esbuild"), "--bundle", "--minify", "--format=iife",
		`--define:process.env.NODE_ENV="production"`)
	build.Stdin = strings.NewReader(script)
	build.Env = append(os.Environ(), "NODE_PATH="+harness.NPM(t))
	var complaints strings.Builder
	build.Stderr = &complaints
	out, err := build.Output()
	if err != nil {
		t.Fatalf("esbuild: %v\n%s", err, &complaints)
	}
	return string(out)
}

func readEditors(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "editors", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// work is what someone does with an article: what would be saved after each step, and what the clipboard held.
func work(t *testing.T, p *harness.Page) map[string]string {
	t.Helper()
	saved := make(map[string]string)
	harness.Resolve[bool](p, `editing.ready.then(() => editing.listen() === undefined)`)
	for _, way := range []string{"markup", "set", "paste", "insert"} {
		note := func(step, done string) {
			t.Helper()
			p.Await(done)
			harness.Resolve[bool](p, `new Promise(idle => requestIdleCallback(() => idle(true), { timeout: 5000 }))`)
			saved[way+", "+step] = harness.Eval[string](p, `editing.all()`)
		}
		do := func(code string) {
			t.Helper()
			harness.Eval[bool](p, code+`, true`)
		}
		switch way {
		case "set":
			do(`editing.set(content)`)
		case "paste", "insert":
			do(`editing.clear(), editing.focus(), editing.end()`)
			p.Control(kb.End)
			do(`editing.` + way + `(content)`)
		}
		note("opened", `editing.count('Fin.') > 0`)
		do(`editing.apart(), editing.focus(), editing.home()`)
		p.Control(kb.Home)
		p.Type("Mot ")
		note("typed", `editing.count('Mot') > 0`)
		p.Control("z")
		note("undone", `editing.count('Mot') === 0`)
		p.ControlShift("z")
		note("redone", `editing.count('Mot') > 0`)
		do(`editing.apart(), window.before = editing.count('Fin.')`)
		p.Control("a")
		p.Control("c")
		p.Control(kb.End)
		do(`editing.end()`)
		p.Control("v")
		note("copied and pasted", `editing.count('Fin.') > before`)
		do(`editing.apart()`)
		p.Control("a")
		p.Type(kb.Delete)
		note("deleted", `editing.count('Fin.') === 0`)
		p.Control("z")
		note("deleted and undone", `editing.count('Fin.') > 0`)
		saved[way+", the clipboard"] = strings.Join(harness.Eval[[]string](p,
			`editing.pasted.splice(0).map(html => html.replaceAll(location.origin, 'ORIGIN'))`), "\n")
	}
	return saved
}

func TestEditorContent(t *testing.T) {
	content := strings.ReplaceAll(readEditors(t, "content.html"), "\n", "")
	literal, err := json.Marshal(content)
	if err != nil {
		t.Fatal(err)
	}
	for _, editor := range editors {
		t.Run(editor.name, func(t *testing.T) {
			if editor.another {
				harness.LeaveToCI(t)
			}
			script := readEditors(t, editor.script+".js")
			if strings.HasPrefix(script, "import ") {
				script = bundle(t, script)
			}
			world := harness.Elsewhere()
			site := harness.Serve(t, "service youtube\nservice flickr\n", map[string]string{
				"/": harness.Document(editor.head+`<script src="/editing.js"></script>`,
					fmt.Sprintf(`<main><%s id="editor">%s</%[1]s></main><script src="/editor.js"></script>`, editor.source, content)),
				"/editing.js": "const content = " + string(literal) + ";\n" + readEditors(t, "editing.js"),
				"/editor.js":  script,
				"/own.gif":    "",
			})
			open := func(t *testing.T, address, answer string) *harness.Page {
				p := harness.Browser(t, world.Settings).Visit(t, harness.Visitor{})
				p.Open(address)
				if answer != "" {
					p.Answer(answer)
					p.Reload()
				}
				return p
			}
			want := work(t, open(t, site.Portal.URL, ""))
			if saved := want["markup, typed"]; !strings.Contains(saved, "staticflickr.com/1/a.jpg") || !strings.Contains(saved, "youtube.com") {
				t.Fatalf("without the module, embeds are not saved: %s", saved)
			}
			if editor.name == "contenteditable" { // what the browser itself copies has the attributes that stand there
				maps.DeleteFunc(want, func(step, _ string) bool { return strings.HasSuffix(step, "the clipboard") })
			}
			for _, state := range []struct{ name, before string }{{"before the choice", ""}, {"refused", "Tout refuser"}} {
				t.Run(state.name, func(t *testing.T) {
					if state.before != "" {
						harness.LeaveToCI(t)
					}
					p := open(t, site.URL, state.before)
					p.Await(harness.Settled)
					world.Forget()
					same(t, work(t, p), want)
					world.Silent(t, state.name)
				})
			}
		})
	}
}

// same reports where what is saved differs from what it should be, each difference once, with the steps that have it.
func same(t *testing.T, got, want map[string]string) {
	t.Helper()
	steps := make(map[string][]string)
	for _, step := range slices.Sorted(maps.Keys(got)) {
		if wanted, compared := want[step]; compared && got[step] != wanted {
			difference := apart(got[step], wanted)
			steps[difference] = append(steps[difference], step)
		}
	}
	for difference, steps := range steps {
		t.Errorf("%s: saved is %s", strings.Join(steps, "; "), difference)
	}
}

// apart are the parts in which two texts differ, with a little of what is before.
func apart(a, b string) string {
	start, end := 0, 0
	for start < min(len(a), len(b)) && a[start] == b[start] {
		start++
	}
	for end < min(len(a), len(b))-start && a[len(a)-1-end] == b[len(b)-1-end] {
		end++
	}
	part := func(s string) string { return fmt.Sprintf("…%.200q", s[max(0, start-40):len(s)-end]) }
	return part(a) + "\nwant " + part(b)
}
