package variant_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/caddy-consent/caddy-consent/internal/choice"
	"github.com/caddy-consent/caddy-consent/internal/page"
	"github.com/caddy-consent/caddy-consent/internal/telemetry"
	"github.com/caddy-consent/caddy-consent/internal/variant"
	"github.com/caddy-consent/caddy-consent/internal/variant/varianttest"
)

const (
	byVisitor = "Sec-Fetch-Dest: document"
	byFrame   = "Sec-Fetch-Dest: iframe"
	byImage   = "Sec-Fetch-Dest: image"
)

// of is the variant for a request of a visitor with that choice.
func of(site *varianttest.Site, c choice.Choice, fields ...string) *variant.Variant {
	r := varianttest.Request("/explore/", fields...)
	record := new(telemetry.Recorder)
	*record = site.Recorder(r)
	v := new(variant.Variant)
	v.Begin(site.Site, r, r.URL, c, site.Decider.Decide(c, false), record)
	return v
}

func TestDestination(t *testing.T) {
	site := varianttest.New(t, false)
	given := choice.Choice{State: choice.Given, Granted: site.Policy.All}
	for name, c := range map[string]struct {
		field                  string
		choice                 choice.Choice
		isPage, rewrites, stay bool
	}{
		"a page before a choice":  {byVisitor, choice.Choice{}, true, true, false},
		"a page after a choice":   {byVisitor, given, true, true, true},
		"a frame before a choice": {byFrame, choice.Choice{}, true, true, true},
		"an image":                {byImage, choice.Choice{}, false, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			v := of(site, c.choice, c.field)
			if v.IsPage() != c.isPage || v.Rewrites() != c.rewrites || v.MustNotStore() == c.stay {
				t.Errorf("page %t, rewritten %t, not stored %t", v.IsPage(), v.Rewrites(), v.MustNotStore())
			}
		})
	}
}

func TestSuffix(t *testing.T) {
	site := varianttest.New(t, false)
	given := choice.Choice{State: choice.Given, Granted: site.Policy.All}
	seen := make(map[string]string)
	for name, v := range map[string]*variant.Variant{
		"no choice":           of(site, choice.Choice{}, byVisitor),
		"no choice, English":  of(site, choice.Choice{}, byVisitor, "Accept-Language: en"),
		"all granted":         of(site, given, byVisitor),
		"refused":             of(site, choice.Choice{State: choice.Given}, byVisitor),
		"framed":              of(site, choice.Choice{}, byFrame),
		"framed by elsewhere": of(site, choice.Choice{}, byFrame, "Sec-Fetch-Site: cross-site"),
	} {
		suffix := v.Suffix()
		if other, ok := seen[suffix]; ok {
			t.Errorf("%s and %s are both %s", name, other, suffix)
		}
		seen[suffix] = name
	}
}

func TestFields(t *testing.T) {
	site := varianttest.New(t, false)
	const denied, own = `<https://www.youtube.com/a.js>; rel=preload; as=script`, `</b.css>; rel=preload; as=style`
	h := varianttest.Header("Link: "+denied, "Link: "+own, "Refresh: 3; url=https://www.youtube.com/")
	of(site, choice.Choice{}, byVisitor).Fields(h)
	if len(h["Link"]) != 1 || h.Get("Link") != own || h.Get("Refresh") != "" || !strings.Contains(strings.Join(h["Vary"], ","), "Cookie") {
		t.Errorf("%q", h)
	}
	if got := site.Count(t, "caddy_consent_blocked_total", "youtube"); got != 2 {
		t.Errorf("%d are counted", got)
	}
	granted := choice.Choice{State: choice.Given, Granted: site.Policy.All}
	h = varianttest.Header("Link: " + denied)
	if of(site, granted, byVisitor).Fields(h); h.Get("Link") != denied {
		t.Errorf("granted: %q", h)
	}
}

func TestRedirect(t *testing.T) {
	site := varianttest.New(t, false)
	const denied = "https://www.youtube.com/embed/x"
	for name, c := range map[string]struct {
		field, location string
		status          int
	}{
		"a visitor goes there": {byVisitor, denied, 307},
		"a frame":              {byFrame, "/_consent/placeholder?service=youtube", 303},
		"an image":             {byImage, "about:blank#consent", 307},
	} {
		t.Run(name, func(t *testing.T) {
			h := varianttest.Header("Location: " + denied)
			status := of(site, choice.Choice{}, c.field).Redirect(h, http.StatusTemporaryRedirect)
			if status != c.status || !strings.HasPrefix(h.Get("Location"), c.location) || len(h["Vary"]) == 0 {
				t.Errorf("%d, %q", status, h)
			}
		})
	}
}

func TestAddStrictCSP(t *testing.T) {
	site := varianttest.New(t, true)
	for name, c := range map[string]struct {
		field, contentType string
		want               bool
	}{
		"a page":               {byVisitor, "text/html", true},
		"an SVG":               {byVisitor, "image/svg+xml", true},
		"a frame":              {byFrame, "application/xml", true},
		"a picture in a page":  {byImage, "image/png", false},
		"an SVG in a page":     {byImage, "image/svg+xml", false},
		"a script of a worker": {"Sec-Fetch-Dest: worker", "text/javascript", true},
	} {
		t.Run(name, func(t *testing.T) {
			h := varianttest.Header("Content-Type: "+c.contentType, "Content-Security-Policy: img-src 'self'")
			of(site, choice.Choice{}, c.field).AddStrictCSP(h)
			if got := len(h["Content-Security-Policy"]) == 2; got != c.want {
				t.Errorf("%q", h)
			}
		})
	}
}

func TestRevalidated(t *testing.T) {
	site := varianttest.New(t, false)
	for name, c := range map[string]struct {
		conditional bool
		marked      bool
	}{"this very variant": {true, true}, "another": {false, false}} {
		t.Run(name, func(t *testing.T) {
			h := varianttest.Header(`Etag: "x"`, "Cache-Control: public")
			v := of(site, choice.Choice{}, byVisitor)
			v.Revalidated(h, c.conditional)
			if marked := h.Get("Etag") == `"x`+v.Suffix()+`"`; marked != c.marked || strings.Contains(h.Get("Cache-Control"), "no-store") != c.marked {
				t.Errorf("%q", h)
			}
		})
	}
}

func TestRules(t *testing.T) {
	site := varianttest.New(t, false)
	h := varianttest.Header("Integrity-Policy: blocked-destinations=(script)")
	rules := of(site, choice.Choice{}, byVisitor).Rules(h)
	if !strings.Contains(rules.Head, "/guard.js") || !strings.Contains(rules.Head, " integrity=") {
		t.Errorf("in the head: %q", rules.Head)
	}
	if notice := rules.Body([]byte("en")); !strings.Contains(notice, `id="caddy-consent"`) || site.Count(t, "caddy_consent_notices_total", "") != 1 {
		t.Errorf("in the body: %q", notice)
	}
	given := choice.Choice{State: choice.Given, Granted: site.Policy.All}
	if control := of(site, given, byVisitor).Rules(nil).Body(nil); !strings.Contains(control, `data-caddy-consent="manage"`) {
		t.Errorf("after a choice: %q", control)
	}
	if framed := of(site, choice.Choice{}, byFrame).Rules(nil); framed.Body != nil || framed.Head == "" {
		t.Error("a frame has a notice, or no guard")
	}
	if mark := rules.Host([]byte("www.youtube.com")); mark == nil {
		t.Error("what is denied is not withheld")
	}
}

func TestInnerInstanceRules(t *testing.T) {
	v := of(varianttest.New(t, false), choice.Choice{}, byVisitor)
	v.Behind = true
	if rules := v.Rules(nil); rules.Head != "" || rules.Body != nil || rules.Host == nil || !v.Rewrites() {
		t.Errorf("%+v", rules)
	}
}

func TestDecodable(t *testing.T) {
	site := varianttest.New(t, false)
	for name, c := range map[string]struct {
		charset, coding, reason string
		want                    bool
	}{
		"as it is":           {"utf-8", "", "", true},
		"gzip":               {"", "gzip", "", true},
		"an unknown coding":  {"", "dcb", "coding", false},
		"an unknown charset": {"utf-16", "", "charset", false},
	} {
		t.Run(name, func(t *testing.T) {
			h := make(http.Header)
			if c.coding != "" {
				h.Set("Content-Encoding", c.coding)
			}
			before := site.Count(t, "caddy_consent_pages_total", c.reason)
			_, ok := of(site, choice.Choice{}, byVisitor).Decodable(h, page.Document{Charset: c.charset})
			if counted := site.Count(t, "caddy_consent_pages_total", c.reason) - before; ok != c.want || !ok && counted != 1 {
				t.Errorf("%t, counted %d", ok, counted)
			}
		})
	}
}
