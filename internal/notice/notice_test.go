package notice

import (
	"encoding/xml"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caddy-consent/caddy-consent/internal/csp"
	"github.com/caddy-consent/caddy-consent/internal/policy"
)

const remember = 180 * 24 * time.Hour

func renderer(t *testing.T, change func(*Options, *policy.Declaration)) *Renderer {
	r, err := tryRenderer(t, change)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func tryRenderer(t *testing.T, change func(*Options, *policy.Declaration)) (*Renderer, error) {
	d := policy.Declaration{
		Controller: policy.Controller{Name: `Ville d’Évry & "Cie"`},
		Services: []policy.Service{
			{ID: "ga", Name: "Google Analytics", Purpose: policy.Statistics, Provider: policy.Provider{Name: "Google"}, Cookies: []policy.Pattern{"_ga"}},
			{ID: "own", Purpose: "survey", Cookies: []policy.Pattern{"s"}},
		},
		Purposes: []policy.Purpose{{ID: "survey", Title: policy.Text{"": "Enquête <b>", "en": "Survey"}}},
	}
	o := Options{Path: "/_consent", Charter: "/_consent/charter", Language: "fr", Remember: remember}
	if change != nil {
		change(&o, &d)
	}
	p, err := policy.New(d)
	if err != nil {
		t.Fatal(err)
	}
	o.Policy = p
	return New(o)
}

var place = Place{Origin: "https://ville.example", Site: "ville.example", Return: `/a?b=1&c="é"`, Language: "fr"}

func TestNoticeWellFormed(t *testing.T) {
	r := renderer(t, nil)
	for _, language := range r.languages.tags {
		t.Run(language, func(t *testing.T) {
			for _, refusing := range []bool{false, true} {
				p := place
				p.Language, p.OptOut = language, refusing
				for _, snippet := range []string{r.Notice(p), r.Manage(p)} {
					for _, b := range snippet {
						if b >= 0x80 {
							t.Fatalf("%s: not ASCII: %s", language, snippet)
						}
					}
					decoder := xml.NewDecoder(strings.NewReader(string(snippet)))
					for {
						if _, err := decoder.Token(); err == io.EOF {
							break
						} else if err != nil {
							t.Fatalf("%s: %v in %s", language, err, snippet)
						}
					}
				}
			}
		})
	}
}

func TestNoticeContract(t *testing.T) {
	r := renderer(t, nil)
	markup := string(r.Notice(place))
	if !strings.HasPrefix(markup, `<div id="caddy-consent" data-caddy-consent=""`) {
		t.Errorf("%.80s", markup)
	}
	for _, want := range []string{
		`role="dialog"`, `ng-non-bindable`, `data-nosnippet`, `lang="fr"`, `dir="ltr"`,
		`<form data-caddy-consent="" method="post" target="_self" action="https://ville.example/_consent/choice">`,
		`<button name="choice" value="accept" data-caddy-consent="">Tout accepter<`,
		`<button name="choice" value="refuse" data-caddy-consent="">Tout refuser<`, "Personnaliser", "utilise des cookies",
		`name="return" value="/a?b=1&amp;c=&#34;&#233;&#34;"`, "Google", "Enqu&#234;te &lt;b&gt;", `&amp; &#34;Cie&#34;`,
	} {
		if !strings.Contains(markup, want) {
			t.Errorf("lacks %s in\n%s", want, markup)
		}
	}
	if strings.Contains(markup, "aria-modal") || strings.Contains(markup, "style=") || strings.Contains(markup, "consent0") {
		t.Error(markup)
	}
	// The purposes come before the buttons (CNIL deliberation 2020-092).
	if strings.Index(markup, "Enqu&#234;te") > strings.Index(markup, "<button") {
		t.Error("purposes after the buttons")
	}
	english := place
	english.Language, english.OptOut = "en", true
	markup = string(r.Notice(english))
	if !strings.Contains(markup, "Survey") || !strings.Contains(markup, "Refuse all") || !strings.Contains(markup, "Global Privacy Control") {
		t.Error(markup)
	}
}

func TestElementMark(t *testing.T) {
	r := renderer(t, nil)
	for _, snippet := range []string{r.Notice(place), r.Manage(place)} {
		for _, tag := range regexp.MustCompile(`<[a-z][^>]*>`).FindAllString(string(snippet), -1) {
			if !strings.Contains(tag, ` data-caddy-consent="`) {
				t.Errorf("%s is not", tag)
			}
		}
	}
}

func TestNoticeNoServices(t *testing.T) {
	r := renderer(t, func(_ *Options, d *policy.Declaration) { d.Services = nil })
	markup := string(r.Notice(place))
	if strings.Count(markup, "<button") != 1 || !strings.Contains(markup, `value="accept"`) || !strings.Contains(markup, "utilise des cookies") {
		t.Error(markup)
	}
	page, err := r.Charter(Visitor{Place: Place{Language: "fr", Site: "ville.example"}})
	if err != nil {
		t.Fatal(err)
	}
	// Nor does it, or the charter, speak of a choice that there is not.
	for _, text := range []string{markup, string(page)} {
		if regexp.MustCompile(`Votre choix( est|<)|pas encore fait de choix|peut [^ ]*tre modifi`).MatchString(text) ||
			!strings.Contains(text, "Ce message ne sera pas r") {
			t.Error(text)
		}
	}
}

func TestManageControlSize(t *testing.T) {
	markup := renderer(t, nil).Manage(place)
	if len(markup) > 400 {
		t.Errorf("%d bytes", len(markup))
	}
	if !strings.Contains(string(markup), `href="https://ville.example/_consent/charter?lang=fr"`) ||
		strings.Contains(string(markup), `id="caddy-consent"`) {
		t.Errorf("%s", markup)
	}
}

func TestTextsUsed(t *testing.T) {
	var source strings.Builder
	files, _ := filepath.Glob("embedded/*.html")
	code, _ := filepath.Glob("*.go")
	for _, file := range append(files, code...) {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		source.Write(content)
	}
	composed := regexp.MustCompile(`^(purpose|status|cookie)\.`)
	for key := range renderer(t, nil).languages.texts["en"] {
		if !composed.MatchString(key) && !strings.Contains(source.String(), `"`+key+`"`) {
			t.Errorf("nothing shows the text %q", key)
		}
	}
}

func TestLanguageNegotiation(t *testing.T) {
	r := renderer(t, nil)
	for _, c := range []struct{ url, cookie, page, accept, want string }{
		{"/", "", "", "", "fr"},
		{"/", "", "", "en-GB,en;q=0.9", "en"},
		{"/", "", "", "fi,en;q=0.5", "en"},
		{"/", "", "", "fi", "fr"},
		{"/", "", "", "junk;;", "fr"},
		{"/?flg=en-us", "", "", "fr", "en"},
		{"/?flg=fi-fi", "", "", "fr", "fr"},
		{"/?flg=en", "fr", "", "en", "fr"},
		{"/", "en", "", "fr", "en"},
		{"/", "xx-invalid-%", "", "en", "en"},
		{"/", "", "en-GB", "fr", "en"},
		{"/", "", "EN", "", "en"},
		{"/", "", "fi", "en", "en"},
		{"/", "", "no language", "en", "en"},
		{"/", "fr", "en", "en", "fr"},
		{"/?flg=fr-fr", "", "en", "en", "fr"},
		{"/", "", "", "pt-BR,pt", "pt"},
		{"/", "", "", "ar-MA", "ar"},
	} {
		t.Run(fmt.Sprintf("%q", c), func(t *testing.T) {
			req, _ := http.NewRequest("GET", c.url, nil)
			if c.cookie != "" {
				req.Header.Set("Cookie", "django_language="+c.cookie)
			}
			if c.accept != "" {
				req.Header.Set("Accept-Language", c.accept)
			}
			if got := r.On(c.page, r.Language(req, req.URL)); got != c.want {
				t.Errorf("%+v: %s", c, got)
			}
		})
	}
}

func TestTemplateOverrides(t *testing.T) {
	dir := t.TempDir()
	write := func(t *testing.T, name, content string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	with := func(o *Options, _ *policy.Declaration) { o.Templates = dir }
	write(t, "fr.json", `{"notice.title":"Bonjour"}`)
	write(t, "style.css", "body{}")
	r := renderer(t, with)
	if !strings.Contains(string(r.Notice(place)), ">Bonjour<") || !strings.Contains(string(r.Notice(place)), "Tout refuser") {
		t.Errorf("%s", r.Notice(place))
	}
	if a, ok := r.Asset(r.assets.folder + "style.css"); !ok || string(a.Body) != "body{}" {
		t.Errorf("%s", a.Body)
	}
	if r.assets.folder == renderer(t, nil).assets.folder {
		t.Error("other bytes under the same name")
	}
	if r.Version() == renderer(t, nil).Version() || r.Version() != renderer(t, with).Version() {
		t.Error("the version does not tell what is inserted")
	}
	write(t, "notice.html", `<div id="caddy-consent">{{.T "notice.title"}} {{.Site}}</div>`)
	if got := string(renderer(t, with).Notice(place)); got != `<div id="caddy-consent">Bonjour ville.example</div>` {
		t.Error(got)
	}
	for file, content := range map[string]string{
		"notice.html": "{{.Nothing}}", "charter.html": "{{.Nothing}}", "fr.json": `{"unknown":"x"}`, "fi.json": `{"notice.title":"x"}`, "en.json": "{",
	} {
		t.Run(file, func(t *testing.T) {
			write(t, file, content)
			if _, err := tryRenderer(t, with); err == nil || !strings.Contains(err.Error(), file) {
				t.Errorf("%s: %v", file, err)
			}
			if err := os.Remove(filepath.Join(dir, file)); err != nil {
				t.Fatal(err)
			}
		})
	}
	if _, err := tryRenderer(t, func(o *Options, _ *policy.Declaration) { o.Templates = dir + "/none" }); err == nil {
		t.Error("a folder that is not there is accepted")
	}
}

func TestLanguageUnsupported(t *testing.T) {
	_, err := tryRenderer(t, func(o *Options, _ *policy.Declaration) { o.Language = "fi" })
	if err == nil || !strings.Contains(err.Error(), "language: fi is not supported: use one of ") {
		t.Error(err)
	}
	for tag, want := range map[string]bool{"fr": true, "eu": true, "pl": false, "": false, "*": false} {
		if err := CheckLanguage(tag); (err == nil) != want {
			t.Errorf("%q: %v", tag, err)
		}
	}
}

func TestCharterLifetime(t *testing.T) {
	r := renderer(t, func(_ *Options, d *policy.Declaration) { d.Services[0].Exempt = true })
	page, err := r.Charter(Visitor{Place: Place{Language: "fr", Site: "ville.example"}})
	if err != nil || !strings.Contains(string(page), `">13 mois</td><td data-label="Consentement">Non requis : mesure d’audience exemptée</td>`) {
		t.Errorf("%v: an exempt service without a lifetime is not shown with 13 months", err)
	}
}

func TestCharterStorage(t *testing.T) {
	r := renderer(t, func(_ *Options, d *policy.Declaration) {
		d.Services = []policy.Service{{ID: "own", Purpose: policy.Embeds, Cookies: []policy.Pattern{"own"}, Storage: []policy.Pattern{"own.*", "<a b>"}}}
	})
	for tag, label := range map[string]string{"fr": "Stockage local :", "en": "Local storage:"} {
		page, err := r.Charter(Visitor{Place: Place{Language: tag, Site: "ville.example"}})
		want := `<code dir="ltr">own</code><div>` + label + `<br><code dir="ltr">own.*</code><br><code dir="ltr">&lt;a b&gt;</code></div></th>`
		if err != nil || strings.Count(string(page), label) != 1 || !strings.Contains(string(page), want) {
			t.Errorf("%s: %v: the keys are not told: %s", tag, err, page)
		}
	}
}

func TestLifetimeUnits(t *testing.T) {
	v := view{texts: renderer(t, nil).languages.texts["fr"]}
	for d, want := range map[time.Duration]string{
		time.Hour: "1 h", 30 * time.Minute: "1 h", 47 * time.Hour: "47 h", 48 * time.Hour: "2 jours", 30 * 24 * time.Hour: "30 jours",
		remember: "6 mois", 393 * 24 * time.Hour: "13 mois", 365 * 24 * time.Hour: "12 mois",
		75 * 24 * time.Hour: "75 jours", 100 * 24 * time.Hour: "100 jours",
	} {
		t.Run(d.String(), func(t *testing.T) {
			if got := v.life(d); got != want {
				t.Errorf("%v: %s, want %s", d, got, want)
			}
		})
	}
}

// TestTextsComplete: none is missing, none is another language's, and each names the
// same values.
func TestTextsComplete(t *testing.T) {
	all := renderer(t, nil).languages.texts
	var tags []string
	for tag := range all {
		tags = append(tags, tag)
	}
	slices.Sort(tags)
	if want := []string{"ar", "ca", "de", "en", "es", "eu", "fr", "it", "nl", "pt"}; !slices.Equal(tags, want) {
		t.Fatalf("there are texts in %q, want %q", tags, want)
	}
	value := regexp.MustCompile(`\{[a-z]+\}`)
	values := func(text string) string {
		found := value.FindAllString(text, -1)
		slices.Sort(found)
		return strings.Join(found, " ")
	}
	// What is a name, a number or a mark, or the same word in both languages.
	alike := regexp.MustCompile(`^(date|comma|direction|life\..*|table\.name|cookie\..*\.life|charter\.contact)$`)
	for _, tag := range tags {
		t.Run(tag, func(t *testing.T) {
			for key, english := range all["en"] {
				text, ok := all[tag][key]
				switch {
				case !ok || strings.TrimSpace(text) == "":
					t.Errorf("%s lacks %q", tag, key)
				case tag != "en" && text == english && !alike.MatchString(key):
					t.Errorf("%s: %q is as in English: %q", tag, key, text)
				case values(text) != values(english):
					t.Errorf("%s: %q names %q, want %q", tag, key, values(text), values(english))
				}
			}
			if d := all[tag]["direction"]; d != "ltr" && d != "rtl" || (d == "rtl") != (tag == "ar") {
				t.Errorf("%s is written %s", tag, d)
			}
			at := time.Date(2026, 3, 4, 15, 6, 0, 0, time.UTC)
			if date := (view{texts: all[tag]}).Date(at); !strings.Contains(date, "2026") || !strings.Contains(date, "15:06") || !strings.Contains(date, "4") {
				t.Errorf("%s writes a date as %q", tag, date)
			}
		})
	}
}

func TestPluralForms(t *testing.T) {
	texts := renderer(t, nil).languages.texts
	for _, c := range []struct {
		tag, want string
		d         time.Duration
	}{
		{"ar", "شهرين", 61 * 24 * time.Hour}, {"ar", "6 أشهر", remember}, {"ar", "13 شهرًا", 393 * 24 * time.Hour},
		{"de", "1 Stunde", time.Hour}, {"de", "3 Stunden", 3 * time.Hour}, {"eu", "ordu bat", time.Hour}, {"en", "6 months", remember},
	} {
		t.Run(fmt.Sprintf("%s %v", c.tag, c.d), func(t *testing.T) {
			if got := (view{Visitor: Visitor{Place: Place{Language: c.tag}}, texts: texts[c.tag]}).life(c.d); got != c.want {
				t.Errorf("%s, %v: %s, want %s", c.tag, c.d, got, c.want)
			}
		})
	}
}

func TestBidiIsolation(t *testing.T) {
	p := place
	p.Language = "ar"
	if markup := renderer(t, nil).Notice(p); !strings.Contains(markup, "&#8296;ville.example&#8297;") || !strings.Contains(markup, `dir="rtl"`) {
		t.Error(markup)
	}
}

func TestWorkerAssetPath(t *testing.T) {
	r := renderer(t, nil)
	plain, _ := r.Asset(r.assets.folder + "worker.js")
	if a, ok := r.Asset(r.assets.folder + "on=video,stats/worker.js"); !ok || string(a.Body) != string(plain.Body) || len(a.Body) == 0 {
		t.Error("it gets no guard")
	}
	if _, ok := r.Asset(r.assets.folder + "else/worker.js"); ok {
		t.Error("any folder has one")
	}
}

// Where pages tell what they hold, the charter says so, in each language.
func TestCharterInventory(t *testing.T) {
	for path, want := range map[string]bool{"": false, "/_consent/inventory": true} {
		r := renderer(t, func(o *Options, _ *policy.Declaration) { o.Guard.Tells = path })
		for tag, texts := range r.languages.texts {
			t.Run(path+tag, func(t *testing.T) {
				charter, err := r.Charter(Visitor{Place: Place{Site: "ville.example", Language: tag}})
				if err != nil || texts["charter.inventory"] == "" || strings.Contains(string(charter), template.HTMLEscapeString(texts["charter.inventory"])) != want {
					t.Errorf("%v; it is said: %t, want %t", err, !want, want)
				}
			})
		}
		guard := string(r.assets.files["guard.js"].Body)
		if strings.Contains(guard, "visibilitychange") != want {
			t.Errorf("the guard tells: %t, want %t", !want, want)
		}
	}
}

// TestNoticePlaces: what was made for one place is not shown at another.
func TestNoticePlaces(t *testing.T) {
	places := []Place{
		{Return: "/a", Language: "fr", Site: "a.example"},
		{Return: "/b", Language: "fr", Site: "a.example"},
		{Return: "/a", Language: "en", Site: "a.example"},
		{Return: "/a", Language: "fr", Site: "b.example"},
		{Return: "/a", Language: "fr", Site: "a.example", OptOut: true},
		{Return: "/a", Language: "fr", Site: "a.example", Origin: "https://a.example"},
		{Return: "/a", Language: "fr", Site: "a.example", Script: csp.Element{Nonce: "x"}},
		{Return: "/a", Language: "fr", Site: "a.example", Script: csp.Element{Integrity: true}},
		{Return: "/a", Language: "fr", Site: "a.example", Hashed: true},
		{Return: "/a", Language: "fr", Site: strings.Repeat("a", 300)},
	}
	one := renderer(t, nil)
	for _, p := range places {
		want := renderer(t, nil).Notice(p)
		for range 2 {
			if got := one.Notice(p); got != want {
				t.Errorf("%+v: %s", p, got)
			}
		}
	}
}
