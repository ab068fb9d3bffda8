package policy

import (
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

func TestCatalogueCookies(t *testing.T) {
	p, err := New(Declaration{Services: catalogue})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{
		"sessionid", "csrftoken", "django_language", "cookies_preferences", "messages",
		"session", "session_id", "sid", "SID", "ssid", "lang", "language", "locale", "i18n", "hl", "fr", "en",
		"token", "access_token", "refresh_token", "remember_token", "auth", "auth_token", "jwt", "csrf", "_csrf", "XSRF-TOKEN",
		"user", "user_id", "userid", "username", "uid", "id", "_id", "mid", "sb", "ts", "ab", "di", "loc", "uvc", "SM", "MR",
		"cart", "basket", "currency", "tz", "timezone", "theme", "player", "flags", "prefs", "PREF", "preferences", "settings",
		"consent", "cookie_consent", "cookieconsent_status", "tarteaucitron", "test_cookie", "testCookie", "redirect", "next", "ref",
		"PHPSESSID", "JSESSIONID", "ASP.NET_SessionId", "laravel_session", "connect.sid", "_session_id", "_app_session",
		"wordpress_logged_in_x", "wp-settings-1", "SERVERID", "AWSALB", "AWSALBCORS", "ARRAffinity", "__cf_bm", "cf_clearance",
		"_cfuvid", "incap_ses_1_1", "visid_incap_1", "TS01abcdef", "localization", "usprivacy", "__Host-session", "__Secure-session",
	} {
		t.Run(name, func(t *testing.T) {
			if class := p.Classify(name); class >= 0 {
				t.Errorf("%s belongs to %s", name, p.Services[class].ID)
			}
		})
	}
}

func TestCatalogueOrder(t *testing.T) {
	order := []string{Functional, Statistics, Embeds, Marketing}
	own := []string{"ga", "matomo", "xiti", "at", "piano", "eulerian"}
	for i, s := range catalogue {
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
	// What is functional passes undeclared: only what pages break without, or what watches errors.
	var functional []string
	for _, s := range catalogue {
		if s.Purpose == Functional {
			functional = append(functional, s.ID)
		}
	}
	if want := []string{"google-fonts", "google-maps", "recaptcha", "sentry", "umap"}; !slices.Equal(functional, want) {
		t.Errorf("functional are %v, want %v", functional, want)
	}
}

// Sentences as they are typeset: with curly apostrophes, and no space that a line could
// break at before a colon and the like.
var badTypography = regexp.MustCompile(`['"]| [:;?!»]|« |\.\.\.|  `)

func TestCatalogueDescriptions(t *testing.T) {
	for _, s := range catalogue {
		t.Run(s.ID, func(t *testing.T) {
			if s.Name == "" || s.Provider.Name == "" {
				t.Errorf("%s lacks a name", s.ID)
			}
			for _, language := range []string{"fr", "en"} {
				text := s.Description[language]
				if len(text) < 20 || !strings.HasSuffix(text, ".") || strings.Count(text, ". ") > 0 {
					t.Errorf("%s: %q is not a sentence (%s)", s.ID, text, language)
				}
				if bad := badTypography.FindString(text); bad != "" {
					t.Errorf("%s: %q holds %q (%s)", s.ID, text, bad, language)
				}
			}
			for what, address := range map[string]string{"provider": s.Provider.URL, "source": s.Source} {
				if u, err := url.Parse(address); err != nil || u.Scheme != "https" || !strings.Contains(u.Host, ".") {
					t.Errorf("%s: %s %q is no https URL", s.ID, what, address)
				}
			}
			if s.Lifetime < 0 || s.Lifetime > MaxLifetime || s.Lifetime%day != 0 {
				t.Errorf("%s: lifetime %s", s.ID, s.Lifetime)
			}
			if s.Lifetime > 0 && len(s.Cookies) == 0 {
				t.Errorf("%s: a lifetime without cookies", s.ID)
			}
			if s.Exempt {
				t.Errorf("%s is exempt: that is for the operator to say", s.ID)
			}
		})
	}
}

var validHost = regexp.MustCompile(`^(\*\.)?([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$`)

func TestCatalogueHosts(t *testing.T) {
	for _, s := range catalogue {
		t.Run(s.ID, func(t *testing.T) {
			if len(s.Hosts) == 0 {
				t.Errorf("%s has no hosts", s.ID)
			}
			for i, host := range s.Hosts {
				if !validHost.MatchString(string(host)) {
					t.Errorf("%s: %q is no host", s.ID, host)
				}
				for j, other := range s.Hosts {
					if i != j && other.Match(string(host)) {
						t.Errorf("%s: %q is in %q already", s.ID, host, other)
					}
				}
			}
		})
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
		// what many share
		"cdn.jsdelivr.net", "unpkg.com", "code.jquery.com", "ajax.googleapis.com", "storage.googleapis.com", "stackpath.bootstrapcdn.com",
		"d1.cloudfront.net", "example.akamaized.net", "example.azureedge.net", "example.blob.core.windows.net",
		"s3.amazonaws.com", "example.fastly.net", "raw.githubusercontent.com", "example.github.io", "use.fontawesome.com",
		"accounts.google.com", "apis.google.com", "drive.google.com", "lh3.googleusercontent.com", "www.bing.com", "login.microsoftonline.com",
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

var validGlobal = regexp.MustCompile(`^~?([$\w]+)(\.\w+)*(\(\)|\[\])(@[\w.-]+)?$`)

func TestCatalogueGlobals(t *testing.T) {
	var all int
	for _, s := range catalogue {
		for i, name := range s.Globals {
			all++
			parts := validGlobal.FindStringSubmatch(name)
			if parts == nil {
				t.Errorf("%s: %q is no name", s.ID, name)
				continue
			}
			if slices.Contains(s.Globals[:i], name) {
				t.Errorf("%s: %q stands twice", s.ID, name)
			}
			if slices.Contains([]string{"name", "status", "top", "open", "stop", "tag", "$", "_"}, parts[1]) {
				t.Errorf("%s: %q may be the page's", s.ID, name)
			}
		}
	}
	if all < 20 {
		t.Errorf("%d names", all)
	}
}

func TestCatalogueLiterals(t *testing.T) {
	for _, s := range catalogue {
		t.Run(s.ID, func(t *testing.T) {
			for _, literal := range s.Inline {
				if len(literal) < 5 || literal != strings.TrimSpace(literal) {
					t.Errorf("%s: literal %q", s.ID, literal)
				}
				for _, other := range catalogue {
					for _, its := range other.Inline {
						if (other.ID != s.ID || its != literal) && strings.Contains(its, literal) {
							t.Errorf("%s: literal %q is in %q of %s", s.ID, literal, its, other.ID)
						}
					}
				}
			}
		})
	}
	innocent := read(t, "testdata/innocent.html")
	if len(innocent) < 12 {
		t.Fatalf("%d innocent scripts", len(innocent))
	}
	for _, e := range innocent {
		for _, s := range catalogue {
			if literal := e.literal(s); literal != "" {
				t.Errorf("%s claims by %q: %s", s.ID, literal, e.text)
			}
		}
	}
}

// testdata/snippets holds what providers have sites embed, reduced to its shape. All of it
// must be withheld where only that service is declared: by the host or by the text.
func TestCatalogueSnippets(t *testing.T) {
	files, err := filepath.Glob("testdata/snippets/*.html")
	if err != nil || len(files) != len(catalogue) {
		t.Errorf("%d files of snippets for %d services (%v)", len(files), len(catalogue), err)
	}
	for _, s := range catalogue {
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
