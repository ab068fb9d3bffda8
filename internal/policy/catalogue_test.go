package policy

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

func TestCatalogueReads(t *testing.T) {
	if _, err := readBuiltIn(); err != nil {
		t.Fatal(err)
	}
}

// A visitor is not asked anew because the catalogue's facts have moved to another file.
func TestCatalogueVersion(t *testing.T) {
	var services []Service
	for _, id := range []string{"matomo", "ga", "youtube", "hubspot", "recaptcha", "google-ads"} {
		services = append(services, FromCatalogue(id))
	}
	p, err := New(Declaration{Controller: Controller{Name: "Ville"}, Services: services})
	if err != nil || p.Version != "c36999b635f333fa" {
		t.Errorf("version %s, %v", p.Version, err)
	}
}

func TestCatalogueCookies(t *testing.T) {
	for _, name := range sitesOwn {
		t.Run(name, func(t *testing.T) {
			if id := BuiltIn().KnownCookie(name); id != "" {
				t.Errorf("%s belongs to %s", name, id)
			}
		})
	}
}

func TestCatalogueOrder(t *testing.T) {
	catalogue := BuiltIn().Services()
	order := []string{Functional, Statistics, Embeds, Marketing}
	own := []string{"ga", "matomo", "xiti", "at", "piano", "eulerian"}
	for i, s := range BuiltIn().Services() {
		if i < len(own) {
			if s.ID != own[i] || s.Purpose != Statistics {
				t.Errorf("%s (%s) stands where %s should", s.ID, s.Purpose, own[i])
			}
			continue
		}
		at := slices.Index(order, s.Purpose)
		if at < 0 {
			t.Errorf("%s has the purpose %s", s.ID, s.Purpose)
		}
		if i > len(own) && at < slices.Index(order, catalogue[i-1].Purpose) {
			t.Errorf("%s (%s) comes after %s (%s)", s.ID, s.Purpose, catalogue[i-1].ID, catalogue[i-1].Purpose)
		}
	}
	// What is functional passes undeclared: only what pages break without or some readers need, what asks for consent,
	// and what watches errors.
	var functional []string
	for _, s := range BuiltIn().Services() {
		if s.Purpose == Functional {
			functional = append(functional, s.ID)
		}
	}
	want := []string{
		"accessibe", "adobe-fonts", "arcgis", "arkose", "audioeye", "axeptio", "bing-maps", "bugsnag", "bunny-fonts",
		"cookiebot", "cookieyes", "datadome", "didomi", "equalweb", "eye-able", "facil-iti", "fonts-com",
		"friendly-captcha", "geetest", "google-fonts", "google-maps", "hcaptcha", "here", "iubenda", "maptiler",
		"mtcaptcha", "onetrust", "paypal", "quantcast-choice", "raygun", "readspeaker", "recaptcha", "recite-me",
		"rollbar", "sentry", "sirdata", "stripe", "texthelp", "tomtom", "trackjs", "trustarc", "turnstile", "umap",
		"usercentrics", "userway", "weglot", "yandex-maps",
	}
	if !slices.Equal(functional, want) {
		t.Errorf("functional are %v, want %v", functional, want)
	}
}

// How much of the catalogue its sources state is told in docs/catalogue.md; what they do not state is listed.
func TestCatalogueConfirmed(t *testing.T) {
	facts, unconfirmed, whole := 0, 0, 0
	for _, s := range BuiltIn().Services() {
		for _, fact := range slices.Concat(s.Cookies, s.Hosts, s.Storage) {
			facts++
			if slices.Contains(s.Unconfirmed, string(fact)) {
				unconfirmed++
			}
		}
		if len(s.Unconfirmed) == 0 {
			whole++
		}
	}
	told := fmt.Sprintf("%d of %d cookies, hosts and storage keys, and of %d services all", facts-unconfirmed, facts, whole)
	text, err := os.ReadFile("../../docs/catalogue.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(strings.Join(strings.Fields(string(text)), " "), told) {
		t.Errorf("docs/catalogue.md does not say %q", told)
	}
}

// Sentences as they are typeset: with curly apostrophes, and no space that a line could
// break at before a colon and the like.
var badTypography = regexp.MustCompile(`['"]| [:;?!»]|« |\.\.\.|  `)

func TestCatalogueDescriptions(t *testing.T) {
	for _, s := range BuiltIn().Services() {
		t.Run(s.ID, func(t *testing.T) {
			for _, language := range []string{"ar", "ca", "de", "en", "es", "eu", "fr", "it", "nl", "pt"} {
				text := s.Description[language]
				if len(text) < 20 || !strings.HasSuffix(text, ".") || strings.Count(text, ". ") > 0 {
					t.Errorf("%s: %q is not a sentence (%s)", s.ID, text, language)
				}
				if bad := badTypography.FindString(text); bad != "" {
					t.Errorf("%s: %q holds %q (%s)", s.ID, text, bad, language)
				}
			}
			if s.Exempt {
				t.Errorf("%s is exempt: that is for the operator to say", s.ID)
			}
		})
	}
}

func TestCatalogueHosts(t *testing.T) {
	for _, s := range BuiltIn().Services() {
		if len(s.Hosts) == 0 {
			t.Errorf("%s has no hosts", s.ID)
		}
	}
}

func TestCatalogueOtherHosts(t *testing.T) {
	p, err := New(Declaration{})
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{
		// what the portal needs
		"api.jawg.io", "tile.jawg.io", "nominatim.openstreetmap.org", "a.tile.openstreetmap.org", "tile.openstreetmap.org",
		"api.tiles.mapbox.com", "api.mapbox.com", "cdnjs.cloudflare.com", "code.highcharts.com", "static.opendatasoft.com",
		"villebondoufle.opendatasoft.com", "data.ville-bondoufle.fr", "www.data.gouv.fr", "api-adresse.data.gouv.fr", "data.geopf.fr",
		"www.openstreetmap.org", "tile.openstreetmap.fr", "a.basemaps.cartocdn.com", "server.arcgisonline.com",
		"www.bing.com", "accounts.google.com", "login.microsoftonline.com",
	} {
		t.Run(host, func(t *testing.T) {
			if owner := p.Owner([]byte(host)); owner != Unknown {
				t.Errorf("%s belongs to %s", host, p.Owners()[owner].ID)
			}
		})
	}
	for host, want := range map[string]string{
		"www.googletagmanager.com": "ga", "stats.g.doubleclick.net": "ga", "googleads.g.doubleclick.net": "google-ads",
		"www.google.com": "google-maps", "tag.aticdn.net": "xiti", "logs.xiti.com": "xiti", "xxx.pa-cd.com": "piano",
		"www.youtube-nocookie.com": "youtube", "youtube.com": "youtube", "dai.ly": "dailymotion",
	} {
		t.Run(host, func(t *testing.T) {
			if owner := p.Owner([]byte(host)); owner < 0 || p.Owners()[owner].ID != want {
				t.Errorf("%s is owner %d, want %s", host, owner, want)
			}
		})
	}
}

func TestCatalogueLiterals(t *testing.T) {
	innocent := read(t, "testdata/innocent.html")
	if len(innocent) < 12 {
		t.Fatalf("%d innocent scripts", len(innocent))
	}
	for _, e := range innocent {
		for _, s := range BuiltIn().Services() {
			if literal := e.literal(s); literal != "" {
				t.Errorf("%s claims by %q: %s", s.ID, literal, e.text)
			}
		}
	}
}

// testdata/snippets holds what providers have sites embed, reduced to its shape. All of it
// must be withheld where only that service is declared: by the host or by the text.
func TestCatalogueSnippets(t *testing.T) {
	catalogue := BuiltIn().Services()
	files, err := filepath.Glob("testdata/snippets/*.html")
	if err != nil || len(files) != len(catalogue) {
		t.Errorf("%d files of snippets for %d services (%v)", len(files), len(catalogue), err)
	}
	for _, s := range BuiltIn().Services() {
		t.Run(s.ID, func(t *testing.T) {
			p, err := New(Declaration{Services: []Service{s}})
			if err != nil {
				t.Fatal(err)
			}
			elements := read(t, "testdata/snippets/"+s.ID+".html")
			if len(elements) == 0 {
				t.Errorf("%s: no snippet", s.ID)
			}
			for _, e := range elements {
				if e.host != "" {
					if p.Owner([]byte(e.host)) != 0 {
						t.Errorf("%s: host %s is not recognised", s.ID, e.host)
					}
				} else if e.literal(s) == "" {
					t.Errorf("%s: script is not recognised: %s", s.ID, e.text)
				}
				// Nor may another service keep it back: it would wait for both.
				for _, other := range catalogue {
					if literal := e.literal(other); other.ID != s.ID && literal != "" {
						t.Errorf("%s claims by %q what is of %s: %s", other.ID, literal, s.ID, e.text)
					}
				}
			}
		})
	}
}

// element loads something from a host, or is an inline script.
type element struct{ host, text string }

// literal is what tells that an inline script is a service's, "" where nothing does.
func (e element) literal(s Service) string {
	for _, literal := range s.Inline {
		if e.host == "" && strings.Contains(e.text, literal) {
			return literal
		}
	}
	return ""
}

func read(t *testing.T, file string) (elements []element) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for z := html.NewTokenizer(f); z.Next() != html.ErrorToken; {
		token := z.Token()
		if token.Type != html.StartTagToken && token.Type != html.SelfClosingTagToken {
			continue
		}
		var host string
		for _, a := range token.Attr {
			if a.Key == "src" || a.Key == "href" && token.Data == "link" {
				u, err := url.Parse(a.Val)
				if err != nil {
					t.Fatal(err)
				}
				host = u.Host
			}
		}
		if host != "" {
			elements = append(elements, element{host: host})
		} else if token.Data == "script" {
			z.Next()
			elements = append(elements, element{text: string(z.Raw())})
		}
	}
	return elements
}
