package browser

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// TestAdminPage looks at what operators look at, on a phone and on a desk, in the light and in the dark.
func TestAdminPage(t *testing.T) {
	portal := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Header().Add("Set-Cookie", "_ga=1")
		w.Header().Add("Set-Cookie", "<script>alert(1)</script>=1")
		_, _ = io.WriteString(w, `<img src="https://tiles.ville.example/`+strings.Repeat("x", 99)+`.png">`)
	}))
	defer portal.Close()
	url := fmt.Sprintf("http://localhost:%d", harness.FreePort(t))
	example, err := os.ReadFile(filepath.Join(harness.Root(), "examples", "overview.caddyfile"))
	if err != nil {
		t.Fatal(err)
	}
	overview := harness.FreePort(t)
	s := harness.NewInstance(t, harness.Binary(t), "", "")
	s.Write("", fmt.Sprintf("%s {\n\tconsent {\n\t\tsite data.example.fr\n\t}\n\treverse_proxy %s\n}\n", url, portal.URL)+
		strings.NewReplacer("2020", fmt.Sprint(overview), "localhost:2019", s.Admin).Replace(string(example)))
	s.Start()
	browser := harness.Browser(t, harness.Settings{})
	visitor := browser.Visit(t, harness.Visitor{})
	visitor.Open(url)
	visitor.Answer("J’ai compris")
	for _, v := range []harness.Visitor{{Width: 320, Height: 640}, {Width: 768, Height: 1024, Dark: true}, {Dark: true}, {}} {
		p := browser.Visit(t, v)
		p.Open(fmt.Sprintf("http://localhost:%d/consent/", overview))
		text := harness.Eval[string](p, `document.body.innerText`)
		for _, want := range []string{"Accepted all\n1", "data.example.fr", "service ga", "allow tiles.ville.example", "<script>alert(1)</script>"} {
			if !strings.Contains(text, want) {
				t.Errorf("%+v: lacks %q:\n%s", v, want, text)
			}
		}
		if wide := harness.Eval[int](p, `document.documentElement.scrollWidth - innerWidth`); wide > 0 {
			t.Errorf("%+v: the page is %d px too wide", v, wide)
		}
		if contrast := harness.Eval[[]string](p, `[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]`); v.Dark != (contrast[1] == "rgb(23, 32, 43)") {
			t.Errorf("%+v: it is %s", v, contrast)
		}
		p.Type(kb.Tab)
		if at := harness.Eval[string](p, `document.activeElement.getAttribute('href')`); at != "/consent/counters" {
			t.Errorf("%+v: the first stop of the keyboard is %q", v, at)
		}
		if folder := os.Getenv("CONSENT_SCREENSHOTS"); folder != "" {
			if err := os.MkdirAll(folder, 0o755); err != nil {
				t.Fatal(err)
			}
			p.ScreenshotWhole(filepath.Join(folder, fmt.Sprintf("admin-%d-%t.png", p.Visitor.Width, v.Dark)))
		}
	}
}
