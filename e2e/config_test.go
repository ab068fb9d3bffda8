package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// validate provisions a server with this handler, whose storage is that folder.
func validate(t *testing.T, handler, storage string) error {
	t.Helper()
	var config caddy.Config
	server := `{"admin":{"disabled":true},"storage":{"module":"file_system","root":` + quote(storage) +
		`},"apps":{"http":{"servers":{"s":{"listen":[":0"],"routes":[{"handle":[` + handler + `]}]}}}}}`
	if err := json.Unmarshal([]byte(server), &config); err != nil {
		t.Fatal(err)
	}
	return caddy.Validate(&config)
}

func TestStyleValidation(t *testing.T) {
	for style, want := range map[string]string{
		`{}`: "",
		`{"position":"corner","accent":"#000091","accent_dark":"#8585f6","font":["Marianne"],"radius":"0"}`: "",
		`{"font":["Arial; color: red"]}`: `style font: invalid font name "Arial; color: red"`,
		`{"text":"#777"}`:                `style text: in the light scheme`,
	} {
		t.Run(style, func(t *testing.T) {
			err := validate(t, `{"handler":"consent","style":`+style+`}`, t.TempDir())
			if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
				t.Errorf("%s: %v", style, err)
			}
		})
	}
}

func TestStyleServed(t *testing.T) {
	origin := fmt.Sprintf("http://127.0.0.1:%d", harness.FreePort(t))
	harness.Caddy(t, origin+" {\n consent {\n style {\n radius 7px\n accent 000091\n }\n }\n respond nothing\n}\n")
	get := func(url string) string {
		res, err := http.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s %v", url, res.Status, err)
		}
		return string(body)
	}
	sheet := regexp.MustCompile(`href="[^"]*(/_consent/assets/[0-9a-f]+/style\.css)"`).FindStringSubmatch(get(origin + "/_consent/charter"))
	if sheet == nil {
		t.Fatal("the charter has no style sheet")
	}
	css := get(origin + sheet[1])
	for _, want := range []string{
		"--consent-radius: 7px !important;", "--consent-accent: #000091 !important;", "--consent-on-accent: #ffffff !important;",
	} {
		if !strings.Contains(css, want) {
			t.Errorf("lacks %s", want)
		}
	}
}

func TestValidateStorageUntouched(t *testing.T) {
	storage := t.TempDir()
	for _, handler := range []string{
		`{"handler":"consent"}`, `{"handler":"consent","mode":"observe"}`, `{"handler":"consent","third_parties":"strict","services":[{"id":"matomo"}]}`,
	} {
		if err := validate(t, handler, storage); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(filepath.Join(storage, "consent")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v: there is something of ours in the storage", err)
	}
}

// TestPolicyEffectiveDate: it is that of the first request; until then its page does not say since when.
func TestPolicyEffectiveDate(t *testing.T) {
	for mode, want := range map[string]int{"enforce": 1, "observe": 0} {
		storage := t.TempDir()
		dates := func() int {
			files, err := filepath.Glob(filepath.Join(storage, "consent", "policies", "*.json"))
			if err != nil {
				t.Fatal(err)
			}
			return len(files)
		}
		for start := range 2 {
			// Each has a port of its own: a listener that is just being closed would take a request with it.
			g := &guarded{url: fmt.Sprintf("http://localhost:%d", harness.FreePort(t))}
			harness.CaddyWith(t, fmt.Sprintf("\tstorage file_system %q", storage),
				fmt.Sprintf("%s {\n\tconsent {\n\t\tmode %s\n\t}\n\trespond x\n}\n", g.url, mode))
			if got := dates(); got != start*want {
				t.Errorf("%s, before a request of start %d: %d dates", mode, start, got)
			}
			for range 2 {
				if says := strings.Contains(g.do(t, "GET", "/_consent/charter", "").body, `<time datetime="`); says != (want == 1) {
					t.Errorf("%s: the charter says since when: %t", mode, says)
				}
			}
			if got := dates(); got != want {
				t.Errorf("%s, after requests of start %d: %d dates", mode, start, got)
			}
		}
	}
}
