package npm

import (
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
	"github.com/caddy-consent/caddy-consent/internal/css"
)

// frameworks are sheets that public sites are built with; @gouvfr/dsfr is the French State's design system.
var frameworks = []string{
	"@fortawesome/fontawesome-free/css/all.css", "bootstrap/dist/css/bootstrap.css",
	"@gouvfr/dsfr/dist/dsfr.css", "@gouvfr/dsfr/dist/dsfr.min.css", "@gouvfr/dsfr/dist/dsfr.print.css", "@gouvfr/dsfr/dist/dsfr/dsfr.legacy.css",
	"@gouvfr/dsfr/dist/core/core.main.css", "@gouvfr/dsfr/dist/component/component.main.css", "@gouvfr/dsfr/dist/utility/utility.css",
}

// sheets are those of the packages that the frameworks' tests use, and of the applications that e2e/applications/unpack
// has put into $CONSENT_APPLICATIONS.
func sheets(t testing.TB) map[string]string {
	npm, err := filepath.EvalSymlinks(harness.NPM(t))
	if err != nil {
		t.Fatal(err)
	}
	folders := []string{npm}
	if root := os.Getenv("CONSENT_APPLICATIONS"); root != "" {
		folders = append(folders, filepath.Join(root, "usr/share/wordpress"), filepath.Join(root, "usr/share/mediawiki"))
	}
	all := make(map[string]string)
	for _, folder := range folders {
		before := len(all)
		err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || !entry.Type().IsRegular() || !strings.HasSuffix(path, ".css") {
				return err
			}
			text, err := os.ReadFile(path)
			all[path] = string(text)
			return err
		})
		if err != nil || len(all) == before {
			t.Fatalf("%s: %d sheets, %v", folder, len(all)-before, err)
		}
	}
	for _, name := range frameworks {
		if all[filepath.Join(npm, name)] == "" {
			t.Fatalf("%s is missing, or empty", name)
		}
	}
	return all
}

// TestSheets: real ones pass byte for byte where nothing is denied, and where all is, only what stands in url() changes.
func TestSheets(t *testing.T) {
	nothing, all := func([]byte) bool { return false }, func([]byte) bool { return true }
	asked := 0
	for name, sheet := range sheets(t) {
		var s css.Scanner
		s.Reset(nothing, "")
		if edits, decided := s.Scan([]byte(sheet), true); len(edits) > 0 || decided != len(sheet) || s.Passed != (css.Passed{}) {
			t.Errorf("%s: %v, %d bytes of %d, %v", name, edits, decided, len(sheet), s.Passed)
		}
		s.Reset(all, "")
		edits, _ := s.Scan([]byte(sheet), true)
		for _, e := range edits {
			before, behind := sheet[:e.Offset], sheet[int(e.Offset)+e.Length:]
			if !strings.HasSuffix(strings.TrimRight(before, " \"'"), "(") || !strings.HasPrefix(strings.TrimLeft(behind, " \"'"), ")") {
				t.Errorf("%s: %.40q is taken for an address", name, sheet[e.Offset:])
			}
		}
		asked += len(edits)
	}
	if asked == 0 {
		t.Error("no sheet names an address")
	}
}

// TestSheetsServed: a site gets those of all packages out of the module as it has them, with their header.
func TestSheetsServed(t *testing.T) {
	npm, err := filepath.EvalSymlinks(harness.NPM(t))
	if err != nil {
		t.Fatal(err)
	}
	site := harness.Serve(t, harness.Watched, map[string]string{"/": `<link rel="stylesheet" href="/npm/@gouvfr/dsfr/dist/dsfr.min.css">`})
	get := func(url string) (body string, h http.Header) {
		r, _ := http.NewRequestWithContext(t.Context(), "GET", url, nil)
		r.Header.Set("Sec-Fetch-Dest", "style")
		res, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s, %v", url, res.Status, err)
		}
		for _, name := range []string{"Date", "Server", "Via"} {
			delete(res.Header, name)
		}
		return string(text), res.Header
	}
	for name, sheet := range sheets(t) {
		path, ok := strings.CutPrefix(name, npm)
		if !ok {
			continue
		}
		_, without := get(site.Portal.URL + "/npm" + path)
		for range 2 { // the second time it is known
			if body, with := get(site.URL + "/npm" + path); body != sheet || fmt.Sprint(with) != fmt.Sprint(without) {
				t.Errorf("%s: %d bytes of %d, %v, want %v", path, len(body), len(sheet), with, without)
			}
		}
	}
}

// BenchmarkSheets reads sheets beside copying them.
func BenchmarkSheets(b *testing.B) {
	all := sheets(b)
	nothing := func([]byte) bool { return false }
	for _, part := range []string{"/bootstrap.css", "/bootstrap.min.css", "/oxide/skin.min.css", ""} {
		var texts [][]byte
		size := 0
		for name, sheet := range all {
			if strings.HasSuffix(name, part) {
				texts, size = append(texts, []byte(sheet)), size+len(sheet)
			}
		}
		out := make([]byte, 16<<20)
		name := fmt.Sprintf("%d sheets", len(texts))
		if part != "" {
			name = filepath.Base(part)
		}
		b.Run(name+"/scan", func(b *testing.B) {
			var s css.Scanner
			b.SetBytes(int64(size))
			for b.Loop() {
				for _, text := range texts {
					s.Reset(nothing, "")
					s.Scan(text, true)
				}
			}
		})
		b.Run(name+"/copy", func(b *testing.B) {
			b.SetBytes(int64(size))
			for b.Loop() {
				for _, text := range texts {
					copy(out, text)
				}
			}
		})
	}
}
