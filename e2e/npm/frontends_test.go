package npm

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// frontEnds is a portal of applications in testdata that are made with others' frameworks, and with a
// small API. It notes what is asked of it.
type frontEnds struct {
	address string
	mu      sync.Mutex
	asked   []string
	another *sync.Cond // something is asked
}

func serveFrontEnds(t *testing.T) *frontEnds {
	t.Helper()
	f := new(frontEnds)
	f.another = sync.NewCond(&f.mu)
	mux := http.NewServeMux()
	mux.Handle("GET /npm/", http.StripPrefix("/npm/", http.FileServer(http.Dir(harness.NPM(t)))))
	mux.Handle("GET /react/", http.StripPrefix("/react/", http.FileServer(http.Dir(buildReact(t)))))
	mux.Handle("GET /", http.FileServer(http.Dir("testdata/frontends")))
	mux.HandleFunc("GET /static/{name}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "image/svg+xml")
		_, _ = io.WriteString(w, `<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><symbol id="tree"/></svg>`)
	})
	mux.HandleFunc("GET /favicon.ico", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /api/datasets", func(w http.ResponseWriter, r *http.Request) {
		type dataset struct {
			ID   string `json:"id"`
			HTML string `json:"html"`
		}
		all := []dataset{{"arbres", `<b>Arbres</b> <img src="/static/inside.svg" alt="">`}, {"bancs", `Bancs <a href="/bancs">ici</a>`}}
		q := r.URL.Query().Get("q")
		if q == "a" || q == "ar" {
			<-r.Context().Done() // who types on takes back what was asked, and is not faster than the answer by chance
			return
		}
		if q != "" {
			all = slices.DeleteFunc(all, func(d dataset) bool { return !strings.HasPrefix(d.ID, q) })
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"results": all})
	})
	mux.HandleFunc("POST /api/save", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, cookie := r.Cookie("app_query")
		_, _ = fmt.Fprintf(w, `{"ok":%t}`, strings.Contains(string(body), "query") && cookie == nil)
	})
	mux.HandleFunc("POST /api/form", func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, "<em>%s</em>", r.FormValue("q"))
	})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		f.asked = append(f.asked, r.Method+" "+r.URL.RequestURI())
		f.another.Broadcast()
		f.mu.Unlock()
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	f.address = strings.TrimPrefix(server.URL, "http://127.0.0.1:")
	return f
}

// buildReact builds the application as its developers would.
func buildReact(t *testing.T) string {
	t.Helper()
	out := t.TempDir()
	source, err := filepath.Abs("testdata/react/app.jsx")
	if err != nil {
		t.Fatal(err)
	}
	build := exec.Command(filepath.Join(harness.NPM(t), ".bin", "esbuild"), source, "--bundle", "--minify", "--splitting", "--format=esm",
		"--jsx=automatic", `--define:process.env.NODE_ENV="production"`, "--outdir="+out)
	build.Env = append(os.Environ(), "NODE_PATH="+harness.NPM(t))
	if complaints, err := build.CombinedOutput(); err != nil {
		t.Fatalf("esbuild: %v\n%s", err, complaints)
	}
	return out
}

// trace is what an application does: what it shows after each step, what it says in window.log, and
// what it asks the portal for.
type trace struct {
	Shown []string
	Log   []string
	Asked []string
}

// awaits waits until something is asked for.
func (f *frontEnds) awaits(asked string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for !slices.Contains(f.asked, asked) {
		f.another.Wait()
	}
}

// step is what a visitor does, and how it is seen that it is done: by an expression in the page, or by
// what the portal is asked for.
type step struct{ do, until string }

var applications = map[string][]step{
	"angular.html": {
		{"", `document.querySelectorAll('#app li').length === 2 && log.length === 2`},
		{"fill:arb", "true"},
		{"Chercher", `document.querySelectorAll('#app li').length === 1`},
		{"Retenir", `log.length === 4`},
		{"Détails", `document.querySelector('.fragment') !== null`},
		{"Explorer", `document.querySelector('.route').innerText === '/explore'`},
	},
	"react.html": {
		{"", `document.querySelectorAll('#app li').length === 2`},
		{"fill:a", "GET /api/datasets?q=a"},
		{"fill:r", "GET /api/datasets?q=ar"},
		{"fill:b", `document.querySelectorAll('#app li').length === 1`},
		{"Retenir", `log.some(line => line.startsWith('saved'))`},
		{"Détails", `document.querySelector('#aside iframe') !== null`},
		{"Détails", `document.querySelector('#aside iframe') === null`},
		{"Graphique", `log.includes('chart 40')`},
	},
	"htmx.html": {
		{"", `typeof htmx === 'object'`},
		{"Dedans", `document.querySelector('#inside .fragment') !== null && log.length === 1`},
		{"À la place", `document.querySelector('#instead') === null && log.length === 2`},
		{"Encore", `document.querySelectorAll('#list .fragment').length === 1 && log.length === 3`},
		{"Encore", `document.querySelectorAll('#list .fragment').length === 2 && log.length === 4`},
		{"Envoyer", `document.querySelector('#answer em') !== null`},
		{"Explorer", `location.pathname === '/explore' && log.length === 5`},
	},
}

// run takes a visitor through an application.
func (f *frontEnds) run(t *testing.T, p *harness.Page, origin, application string) trace {
	t.Helper()
	f.mu.Lock()
	f.asked = nil
	f.mu.Unlock()
	p.Open(origin + "/" + application)
	var got trace
	for _, s := range applications[application] {
		if text, ok := strings.CutPrefix(s.do, "fill:"); ok {
			harness.Eval[bool](p, `document.querySelector('#app input').focus() === undefined`)
			p.Type(text)
		} else if s.do != "" {
			p.Click(s.do)
		}
		if strings.HasPrefix(s.until, "GET ") {
			f.awaits(s.until)
		} else {
			p.Await(s.until)
		}
		p.Await(`[...document.images].every(image => image.complete) && document.querySelector('[class*=htmx-], [class=""]') ` +
			`=== null`) // htmx has settled what it swapped
		got.Shown = append(got.Shown,
			harness.Eval[string](p, `document.querySelector('#app').innerHTML + (document.querySelector('#aside') || '').innerHTML`))
	}
	got.Log = harness.Eval[[]string](p, `log`)
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, asked := range f.asked {
		if !strings.HasSuffix(asked, "/favicon.ico") {
			got.Asked = append(got.Asked, asked)
		}
	}
	slices.Sort(got.Asked) // what is loaded at once comes in any order
	for _, problem := range p.Problems() {
		t.Errorf("%s at %s: %s", application, origin, problem)
	}
	return got
}

func TestFrontEndsGuarded(t *testing.T) {
	f := serveFrontEnds(t)
	const services = "necessary app_*\nservice ga\nservice youtube\nservice matomo\nmanage off\n"
	catalogue, strict := harness.FreePort(t), harness.FreePort(t)
	sites := ""
	for port, mode := range map[int]string{catalogue: "catalogue", strict: "strict"} {
		sites += fmt.Sprintf("http://localhost:%d {\n consent {\n%s\n third_parties %s\n }\n reverse_proxy 127.0.0.1:%s\n}\n", port,
			services, mode, f.address)
	}
	harness.Caddy(t, sites)
	for application := range applications {
		without := f.run(t, harness.Browser(t, harness.Settings{}).Visit(t, harness.Visitor{}), "http://localhost:"+f.address, application)
		if len(without.Log) == 0 || len(without.Asked) < 4 {
			t.Fatalf("%s does too little to prove anything: %+v", application, without)
		}
		for _, port := range []int{catalogue, strict} {
			p := harness.Browser(t, harness.Settings{}).Visit(t, harness.Visitor{})
			origin := fmt.Sprintf("http://localhost:%d", port)
			p.Open(origin + "/map.html")
			p.Answer("Tout refuser")
			with := f.run(t, p, origin, application)
			if !p.Has(`script[src$="/guard.js"]`) {
				t.Errorf("%s: there is no guard", application)
			}
			for i := range without.Shown {
				if with.Shown[i] != without.Shown[i] {
					t.Errorf("%s, step %d with the guard: %s\nwithout: %s", application, i, with.Shown[i], without.Shown[i])
				}
			}
			if !slices.Equal(with.Log, without.Log) || !slices.Equal(with.Asked, without.Asked) {
				t.Errorf("%s with the guard: %q, asks for %q\nwithout: %q, asks for %q", application, with.Log, with.Asked, without.Log, without.Asked)
			}
		}
	}
}
