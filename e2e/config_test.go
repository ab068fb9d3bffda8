package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
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
	server := `{"admin":{"disabled":true},"storage":{"module":"file_system","root":` + quote(storage) + `},"apps":{"http":{"servers":{"s":{"listen":[":0"],"routes":[{"handle":[` + handler + `]}]}}}}}`
	if err := json.Unmarshal([]byte(server), &config); err != nil {
		t.Fatal(err)
	}
	return caddy.Validate(&config)
}

func TestAStyleInJSONConfigIsChecked(t *testing.T) {
	for style, want := range map[string]string{
		`{}`: "",
		`{"position":"corner","accent":"#000091","accent_dark":"#8585f6","font":["Marianne"],"radius":"0"}`: "",
		`{"font":["Arial; color: red"]}`: `style font: "Arial; color: red" is no name of a font`,
		`{"text":"#777"}`:                `style text: in the light scheme`,
	} {
		err := validate(t, `{"handler":"consent","style":`+style+`}`, t.TempDir())
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v", style, err)
		}
	}
}

func TestTheStyleInTheConfigIsServed(t *testing.T) {
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
	for _, want := range []string{"--consent-radius: 7px !important;", "--consent-accent: #000091 !important;", "--consent-on-accent: #ffffff !important;"} {
		if !strings.Contains(css, want) {
			t.Errorf("lacks %s", want)
		}
	}
}

func TestProvisionNotesSinceWhenThePolicyHolds(t *testing.T) {
	storage := t.TempDir()
	dates := func() int {
		files, err := filepath.Glob(filepath.Join(storage, "consent", "policies", "*.json"))
		if err != nil {
			t.Fatal(err)
		}
		return len(files)
	}
	for i, step := range []struct {
		handler string
		want    int
	}{
		{`{"handler":"consent"}`, 1},
		{`{"handler":"consent"}`, 1},
		{`{"handler":"consent","services":[{"id":"matomo"}]}`, 2},
	} {
		if err := validate(t, step.handler, storage); err != nil {
			t.Fatal(err)
		}
		if got := dates(); got != step.want {
			t.Errorf("step %d: %d dates", i, got)
		}
	}
}
