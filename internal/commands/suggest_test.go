package commands

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/caddy-consent/caddy-consent/internal/adminapi"
	"github.com/caddy-consent/caddy-consent/internal/inventory"
	"github.com/caddy-consent/caddy-consent/internal/policy"
)

func seen(name, service string, declared bool, where ...string) inventory.Item {
	return inventory.Item{Name: name, Service: service, Declared: declared, Where: where, Count: 2, Path: "/"}
}

func TestSuggestionGroups(t *testing.T) {
	s := adminapi.SiteInventory{
		Site: "Essai", Services: []string{"matomo"},
		Cookies: []inventory.Item{
			seen("sessionid", "necessary", true, "upstream"), seen("_ga", "ga", false, "browser"), seen("_ga_X1", "ga", false, "browser"),
			seen("_pk_id.1", "matomo", false, "browser"), seen("srv_a1", "", false, "upstream"),
			seen("srv_b2", "", false, "upstream"), seen("srv_c3", "", false, "upstream"),
			seen("app_theme", "", false, "browser"), seen("", "", false, "upstream"),
		},
		Hosts: []inventory.Item{
			seen("fonts.gstatic.com", "google-fonts", false, "page"),
			seen("tiles.example", "", false, "page", "report"), seen("www.youtube.com", "youtube", true, "page"),
			seen("a.cdn.example", "", false, "report"), seen("b.cdn.example", "", false, "report"),
			seen("1.many.example", "", false, "report"), seen("2.many.example", "", false, "report"), seen("3.many.example", "", false, "report"),
			seen("4.many.example", "", false, "report"), seen("5.many.example", "", false, "report"),
		},
		Storage: []inventory.Item{
			seen("cart", "", false, "report"), seen("tidio_state_x", "tidio", false, "report"), seen("matomo", "matomo", true, "report"),
		},
	}
	got := suggestion(s)
	for _, want := range []string{
		`# The inventory of the site "Essai": 9 cookies and 10 third-party hosts were seen; 7 and 9 of them are not declared.`,
		"#   _ga: twice, sent by browsers, first at /\n#   _ga_X1: twice, sent by browsers, first at /\n# Known from the catalogue, told by browsers only.\nservice ga\n",
		"# The service matomo is declared, but without these names", "Declare it if visitors should be asked.", "\n# Known from the catalogue, seen by the server.", "\nservice google-fonts\n",
		"#\tnecessary srv_*\n", "#\tnecessary app_theme\n",
		"# tiles.example: twice, in pages, told by browsers, first at /\n# Not in the catalogue, seen by the server.\n", "#\tallow tiles.example\n",
		"# a.cdn.example: twice, told by browsers, first at /\n# b.cdn.example: twice, told by browsers, first at /\n# Not in the catalogue, told by browsers only.\n",
		"#\t\thosts    a.cdn.example b.cdn.example\n#\t}\n# If nobody can say: until you declare it, pages load from it, unless", "#\t\thosts    *.many.example\n",
		"# Pages tell of 3 keys in localStorage and sessionStorage; 2 of them are not declared.\n", "\nservice tidio\n",
		"# cart: twice, told by browsers, first at /\n# Not in the catalogue, told by browsers only: a key of localStorage", "#\t\tstorage  cart\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("lacks %q in\n%s", want, got)
		}
	}
	for _, unwanted := range []string{"sessionid", "youtube", "\nservice matomo", "necessary srv_a1"} {
		if strings.Contains(got, unwanted) {
			t.Errorf("has %q in\n%s", unwanted, got)
		}
	}
	if got := suggestion(adminapi.SiteInventory{Cookies: s.Cookies[:1]}); !strings.Contains(got, "nothing to add") {
		t.Error(got)
	}
}

// Each sign of an application tells of it alone.
func TestSuggestionApplications(t *testing.T) {
	for _, a := range policy.Applications() {
		for _, sign := range a.Signs {
			name := strings.ReplaceAll(string(sign), "*", "1")
			got := propose(adminapi.SiteInventory{Cookies: []inventory.Item{seen(name, "", false, "upstream")}})
			if len(got.Applications) != 1 || got.Applications[0].ID != a.ID || len(got.Unknown) > 0 {
				t.Errorf("%s of %s: %+v", name, a.ID, got)
			}
		}
	}
}

func TestSuggestionApplication(t *testing.T) {
	s := adminapi.SiteInventory{Cookies: []inventory.Item{
		seen("wordpress_test_cookie", "", false, "upstream"), seen("wp_lang", "", false, "upstream"), seen("theme", "", false, "upstream"),
		seen("SESSrumour", "", false, "browser"), // of strangers; a Drupal would set it
	}}
	got := suggestion(s)
	if !strings.Contains(got, "#   wordpress_test_cookie: twice, set by the site, first at /\n#   wp_lang: twice, set by the site, first at /\n# Known from the catalogue, seen by the server.\napplication wordpress\n") {
		t.Error(got)
	}
	for _, asked := range []string{"necessary theme", "necessary SESSrumour"} {
		if !strings.Contains(got, asked) {
			t.Errorf("lacks %s:\n%s", asked, got)
		}
	}
	if strings.Contains(got, "necessary wp_lang") || strings.Contains(got, "application drupal") {
		t.Error(got)
	}
}

func TestSuggestionPaths(t *testing.T) {
	path := func(name, service, pattern string, declared bool) inventory.Item {
		return inventory.Item{Name: name, Service: service, Pattern: pattern, Declared: declared, Where: []string{"browser"}, Count: 2, Path: "/"}
	}
	got := suggestion(adminapi.SiteInventory{
		Services: []string{"ga"},
		Paths: []inventory.Item{
			path("/matomo/matomo.js", "matomo", "/matomo/*", false), path("/matomo/matomo.php", "matomo", "/matomo/*", false),
			path("/piwik.php", "matomo", "/piwik.php", false), path("/g/collect?v=2&tid", "ga", "/g/collect", false),
			path("/hit.xiti", "xiti", "/hit.xiti", true),
		},
	})
	for _, want := range []string{
		"# At 5 paths of the site itself a well-known service answers; 4 of them are not declared.",
		"#   /matomo/matomo.php: asked for twice, and the site answers\n",
		"\nservice matomo {\n\tpaths /matomo/* /piwik.php\n}\n",
		"# The service ga is declared, but without these: add them to its lines.\n#\tpaths /g/collect\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("lacks %q in\n%s", want, got)
		}
	}
	if strings.Contains(got, "xiti") {
		t.Error(got)
	}
}

func TestSuggestionSetting(t *testing.T) {
	for want, item := range map[string]inventory.Item{
		"The site was not seen to set it: a script does, or it is older than the inventory.": seen("theme", "", false, "browser"),
		"": seen("theme", "", false, "upstream"),
		"Browsers keep it until they are closed; scripts can read it.": {Set: &inventory.Setting{}},
		"Browsers keep it for 365 days; scripts cannot read it (HttpOnly); the site first set it in answer to a form, such as a sign-in.": {
			Set: &inventory.Setting{HTTPOnly: true, Life: 365 * 24 * 3600, Posted: true}},
		"Browsers keep it for 1 hour; scripts can read it.":     {Set: &inventory.Setting{Life: 3601}},
		"Browsers keep it for 30 minutes; scripts can read it.": {Set: &inventory.Setting{Life: 1800}},
	} {
		if got := setting(item); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestSuggestionQuoting(t *testing.T) {
	hostile := []string{"a\nservice evil", `a" {`, "a}", "{$SECRET}", "{env.HOME}", "a#b", "a`b", "a\\b", "é", "<<EOF", "x y", "pref _ga*", "_ga*"}
	var s adminapi.SiteInventory
	for _, name := range hostile {
		s.Cookies = append(s.Cookies, inventory.Item{Name: name, Path: "/" + name, Where: []string{"browser"}})
		s.Hosts = append(s.Hosts, inventory.Item{Name: name, Path: "/" + name, Where: []string{"report"}})
		s.Storage = append(s.Storage, inventory.Item{Name: name, Path: "/" + name, Where: []string{"report"}})
	}
	text := suggestion(s)
	for line := range strings.Lines(text) {
		if line != "\n" && !strings.HasPrefix(line, "#") {
			t.Errorf("a line is no comment: %q", line)
		}
	}
	if strings.Contains(text, "{$") {
		t.Error("a name reads the environment")
	}
	for _, unwanted := range []string{"necessary _ga*", `necessary "pref`, "allow _ga*", "cookies  _ga*", "hosts    _ga*", "storage  _ga*"} {
		if strings.Contains(text, unwanted) {
			t.Errorf("a name with a star is offered as a pattern: %q", unwanted)
		}
	}
	if got := fmt.Sprint(proposals([]adminapi.SiteInventory{s})); strings.Contains(got, "*") {
		t.Errorf("a name with a star is proposed as a pattern: %s", got)
	}
	tokens, err := caddyfile.Tokenize([]byte(text), "suggested")
	if err != nil || len(tokens) > 0 {
		t.Errorf("%v: %d tokens", err, len(tokens))
	}
}

// A service of the operator's own files is named as these name it.
func TestSuggestionCatalogue(t *testing.T) {
	text := suggestion(adminapi.SiteInventory{
		Catalogue: []adminapi.KnownService{{ID: "guichet", Name: "Guichet en ligne", Provider: "Exemple SARL", Purpose: "embeds"}},
		Hosts:     []inventory.Item{{Name: "x.guichet.example", Service: "guichet", Path: "/", Where: []string{"page"}}},
	})
	if !strings.Contains(text, "# Guichet en ligne (Exemple SARL):") || !strings.Contains(text, "\nservice guichet\n") {
		t.Error(text)
	}
}

func TestInventoryMerge(t *testing.T) {
	folder := t.TempDir()
	write := func(t *testing.T, name, text string) string {
		t.Helper()
		file := filepath.Join(folder, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	one := write(t, "one", `{"sites":[{"site":"","cookies":[{"name":"a","count":2,"where":["browser"]}],"hosts":[]}]}`)
	two := write(t, "two", `{"sites":[{"site":"","cookies":[`+
		`{"name":"a","count":3,"where":["upstream","browser"],"declared":true},{"name":"b","count":1}],"hosts":[]},{"site":"x","cookies":[],"hosts":[]}]}`)
	sites, err := readInventories("", []string{one, two})
	if err != nil || len(sites) != 2 || len(sites[0].Cookies) != 2 {
		t.Fatalf("%v %+v", err, sites)
	}
	if a := sites[0].Cookies[0]; a.Count != 5 || !a.Declared || len(a.Where) != 2 {
		t.Errorf("%+v", a)
	}
	for _, text := range []string{"", "{}", "[]", `{"sites":3}`} {
		t.Run(fmt.Sprintf("%q", text), func(t *testing.T) {
			if _, err := readInventories("", []string{write(t, "bad", text)}); err == nil || !strings.Contains(err.Error(), "does not hold an answer") {
				t.Errorf("%q: %v", text, err)
			}
		})
	}
}

func TestSuggestionJSON(t *testing.T) {
	got, err := json.Marshal(proposals([]adminapi.SiteInventory{{
		Site: "Essai", Services: []string{"matomo"},
		Cookies: []inventory.Item{
			seen("_ga", "ga", false, "browser"), seen("_pk_id.1", "matomo", false, "upstream"), seen("sessionid", "necessary", true, "upstream"),
			seen("wordpress_test_cookie", "", false, "upstream"), seen("theme", "", false, "browser"),
		},
		Hosts:   []inventory.Item{seen("www.google-analytics.com", "ga", false, "page", "report"), seen("a.cdn.example", "", false, "report")},
		Storage: []inventory.Item{seen("1", "", false, "report"), seen("2", "", false, "report"), seen("3", "", false, "report")},
	}}))
	const want = `[{"site":"Essai","services":[` +
		`{"id":"ga","name":"Google Analytics","provider":"Google","purpose":"statistics","cookies":["_ga"],"hosts":["www.google-analytics.com"],"seen_by_server":true},` +
		`{"id":"matomo","name":"Matomo","provider":"Matomo","purpose":"statistics","declared":true,"cookies":["_pk_id.1"],"seen_by_server":true}],` +
		`"applications":[{"id":"wordpress","name":"WordPress","cookies":["wordpress_test_cookie"],"seen_by_server":true}],` +
		`"unknown":[{"cookies":["theme"],"seen_by_server":false},{"hosts":["a.cdn.example"],"seen_by_server":false},` +
		`{"storage":["1"],"seen_by_server":false},{"storage":["2"],"seen_by_server":false},{"storage":["3"],"seen_by_server":false}]}]`
	if err != nil || string(got) != want {
		t.Errorf("%v\n%s\nwant\n%s", err, got, want)
	}
	if got, err := json.Marshal(proposals(nil)); err != nil || string(got) != "[]" {
		t.Errorf("%v %s", err, got)
	}
}
