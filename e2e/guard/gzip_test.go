package guard

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// A page that is edited as it is compressed must be, to a browser and to curl, the page that it is when it comes
// plain.
func TestGzipPageIdentical(t *testing.T) {
	var body strings.Builder
	for i := range 400 {
		fmt.Fprintf(&body, `<article id="d%d"><h2>Jeu de données nº %d</h2><p>Arbres, bancs, écoles : %d lignes.</p>`+
			`<img alt="" src="https://i.ytimg.com/%d.jpg"></article>`, i, i, i*i, i)
	}
	page := harness.Document(`<script async src="https://www.googletagmanager.com/gtag/js?id=G-1"></script>`, body.String())
	portal := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if r.URL.Path == "/sent-as-it-is" || !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			_, _ = io.WriteString(w, page)
			return
		}
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		for rest := page; rest != ""; { // with flushes, as streaming views send
			n := min(len(rest), 5000)
			_, _ = io.WriteString(z, rest[:n])
			_ = z.Flush()
			rest = rest[n:]
		}
		_ = z.Close()
	}))
	t.Cleanup(portal.Close)
	world := harness.Elsewhere()
	for _, thirdParties := range []string{"catalogue", "pass"} { // with pass most of the page passes unseen
		t.Run(thirdParties, func(t *testing.T) {
			origin := fmt.Sprintf("http://localhost:%d", harness.FreePort(t))
			harness.Caddy(t, fmt.Sprintf("%s {\n\tconsent {\n\t\tservice youtube\n\t\tthird_parties %s\n\t}\n\treverse_proxy %s\n}\n", origin, thirdParties,
				strings.TrimPrefix(portal.URL, "http://")))

			dom := func(path string) string {
				p := harness.Browser(t, world.Settings).Visit(t, harness.Visitor{})
				p.Open(origin + path)
				if !p.Has("#caddy-consent") {
					t.Errorf("%s: there is no notice", path)
				}
				return strings.ReplaceAll(harness.Eval[string](p, `document.documentElement.outerHTML`), path, "")
			}
			if plain, compressed := dom("/sent-as-it-is"), dom("/sent-in-gzip"); plain != compressed {
				t.Errorf("the page differs: %d and %d characters", len(plain), len(compressed))
			}

			curl, err := exec.LookPath("curl")
			if err != nil {
				harness.Missing(t, "curl")
			}
			got := func(path string) string {
				out, err := exec.Command(curl, "-sS", "--fail", "--compressed", "-H", "Accept: text/html", "-H", "Sec-Fetch-Dest: document", origin+path).Output()
				if err != nil {
					t.Errorf("curl %s: %v", path, err)
				}
				return strings.ReplaceAll(string(out), path, "")
			}
			if plain, compressed := got("/sent-as-it-is"), got("/sent-in-gzip"); plain != compressed || len(plain) < len(page) {
				t.Errorf("the page differs for curl: %d and %d bytes", len(plain), len(compressed))
			}
		})
	}
}
