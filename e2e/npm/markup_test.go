package npm

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// fetch gets a page as a browser's navigation does, with these further fields.
func fetch(t *testing.T, url string, fields ...string) string {
	t.Helper()
	req, err := http.NewRequest("GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, field := range append(fields, "Sec-Fetch-Dest: document", "Accept: text/html") {
		name, value, _ := strings.Cut(field, ": ")
		req.Header.Set(name, value)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// htmlErrors validates a page.
func htmlErrors(t *testing.T, page string) []string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(file, []byte(page), 0o644); err != nil {
		t.Fatal(err)
	}
	return harness.HTMLErrors(t, file)
}

func TestPageHTMLErrors(t *testing.T) {
	d := harness.StartDemo(t)
	p := harness.Browser(t, harness.Settings{}).Visit(t, harness.Visitor{})
	p.Open(d.URL("/"))
	p.Answer("Tout refuser")
	chosen := "Cookie: cookies_preferences=" + p.Cookies()["cookies_preferences"]
	for _, path := range []string{"/", harness.DemoDataset, "/nowhere"} {
		before := htmlErrors(t, fetch(t, "http://"+d.Portal+path))
		for state, page := range map[string]string{"with the notice": fetch(t, d.URL(path)), "after the choice": fetch(t, d.URL(path), chosen)} {
			if !strings.Contains(page, "data-caddy-consent") {
				t.Fatalf("%s, %s: nothing was inserted", path, state)
			}
			for _, err := range htmlErrors(t, page) {
				if !slices.Contains(before, err) {
					t.Errorf("%s, %s: %s", path, state, err)
				}
			}
		}
	}
}

func TestCharterHTMLErrors(t *testing.T) {
	s := harness.Serve(t, harness.Declared+"\ncharter /cookies", map[string]string{"/": harness.Document("", "")})
	for _, language := range harness.Share(harness.Languages, "ar", "fr") {
		for _, path := range []string{"/cookies?lang=", "/?flg=", "/_consent/placeholder?service=ga&url=https://www.googletagmanager.com/x&lang=",
			"/_consent/placeholder?service=youtube&lang="} {
			for _, err := range htmlErrors(t, fetch(t, s.URL+path+language)) {
				t.Errorf("%s%s: %s", path, language, err)
			}
		}
	}
	if len(htmlErrors(t, "<!DOCTYPE html><html lang=fr><head><title>x</title></head><body><p><div></p><img></body></html>")) == 0 {
		t.Error("no error is found in a page that has some: the test proves nothing")
	}
}
