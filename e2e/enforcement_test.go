package e2e

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// guarded is a site of one handler behind the module, without a browser.
type guarded struct {
	url string
	// asked is the latest request that came to the portal.
	asked *http.Request
}

// guard puts the module with these lines in front of a portal.
func guard(t *testing.T, lines string, portal http.HandlerFunc) *guarded {
	t.Helper()
	return proxied(t, "consent {\n"+lines+"\n}", portal)
}

// proxied puts a Caddy with a directive in front of a portal.
func proxied(t *testing.T, directive string, portal http.HandlerFunc) *guarded {
	t.Helper()
	return served(t, "metrics /metrics\n"+directive+"\nreverse_proxy PORTAL", portal)
}

// html is a portal that answers with one page, and these fields.
func html(content string, fields ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		for _, field := range fields {
			name, value, _ := strings.Cut(field, ": ")
			w.Header().Add(name, value)
		}
		_, _ = io.WriteString(w, content)
	}
}

type reply struct {
	*http.Response
	body  string
	early []textproto.MIMEHeader // of 1xx answers
}

func (g *guarded) do(t *testing.T, method, path, body string, fields ...string) reply {
	t.Helper()
	var early []textproto.MIMEHeader
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
		Got1xxResponse: func(_ int, h textproto.MIMEHeader) error { early = append(early, h); return nil },
	})
	r, err := http.NewRequestWithContext(ctx, method, g.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, field := range fields {
		name, value, _ := strings.Cut(field, ": ")
		if name == "Host" {
			r.Host = value // which net/http takes from there alone
		}
		r.Header.Add(name, value)
	}
	res, err := (&http.Transport{DisableCompression: true, DisableKeepAlives: true}).RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	content, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{res, string(content), early}
}

const (
	byVisitor = "Sec-Fetch-Dest: document"
	byFrame   = "Sec-Fetch-Dest: iframe"
	byScript  = "Sec-Fetch-Dest: empty"
)

// chosen is the Cookie field of a visitor who has sent that form.
func (g *guarded) chosen(t *testing.T, form string) string {
	t.Helper()
	res := g.do(t, "POST", "/_consent/choice", form, "Content-Type: application/x-www-form-urlencoded")
	if res.StatusCode != http.StatusSeeOther {
		t.Fatalf("%s: %d %s", form, res.StatusCode, res.body)
	}
	pair, _, _ := strings.Cut(res.Header.Get("Set-Cookie"), ";")
	return "Cookie: " + pair
}

// counts waits until a metric has a value, for what a page is counted by may come after its last byte. It returns the
// value that the metric has in the end.
func (g *guarded) counts(t *testing.T, name, want string) (got string) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); got != want && time.Now().Before(deadline); {
		got = g.metric(t, name)
	}
	return got
}

// metric is the value of a metric, "" where there is none.
func (g *guarded) metric(t *testing.T, name string) string {
	t.Helper()
	for line := range strings.Lines(g.do(t, "GET", "/metrics", "").body) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

var (
	noticeTag = regexp.MustCompile(`(?s)<div id="caddy-consent".*?</form>\n</div>`)
	manageTag = regexp.MustCompile(`<a data-caddy-consent="manage".*?</a>`)
)

// bare is a page without what the module has inserted.
func bare(page string) string {
	for _, tag := range []*regexp.Regexp{harness.GuardTag, noticeTag, manageTag} {
		page = tag.ReplaceAllString(page, "")
	}
	return page
}

const declared = `
	service ga
	service youtube
	service tool {
		name Outil
		purpose embeds
		hosts tool.example *.tool.example
		inline "tool.start("
	}`

// portalPage has what loads, and what it becomes before a choice.
const (
	portalPage = `<!doctype html><html lang="fr"><head><title>T</title><link rel="stylesheet" href="https://fonts.googleapis.com/css">` +
		`<script async src="https://www.googletagmanager.com/gtag/js?id=G"></script><script>gtag("config", "G")</script></head><body>` +
		`<iframe width="560" title="Fête" src="https://www.youtube.com/embed/x?a=1&amp;b=2"></iframe><img src="//cdn.tool.example/i.png" alt="">` +
		`<iframe src="https://player.vimeo.com/video/1"></iframe><img src="https://unknown.example/i.png" alt=""><img src="/own.png" alt="">` +
		`<script type="text/plain" data-consent-service="tool" data-consent-src="/gated.js"></script><script>tool.start(1)</script></body></html>`
	o        = ` data-caddy-consent="" data-consent-service=`
	withheld = `<!doctype html><html lang="fr"><head><title>T</title><link rel="stylesheet" href="https://fonts.googleapis.com/css">` +
		`<script` + o + `"ga" type="text/plain" async data-consent-src="https://www.googletagmanager.com/gtag/js?id=G"></script><script` + o +
		`"ga" type="text/plain">gtag("config", "G")</script></head><body>` +
		`<iframe` + o +
		`"youtube" src="/_consent/placeholder?service=youtube&amp;lang=fr&amp;url=https%3A%2F%2Fwww.youtube.com%2Fembed%2Fx%3Fa%3D1%26b%3D2" ` +
		`width="560" title="Fête" data-consent-src="https://www.youtube.com/embed/x?a=1&amp;b=2"></iframe>` +
		`<img` + o + `"tool" data-consent-src="//cdn.tool.example/i.png" alt="">` +
		`<iframe` + o + `"vimeo" src="/_consent/placeholder?service=vimeo&amp;lang=fr&amp;url=https%3A%2F%2Fplayer.vimeo.com%2Fvideo%2F1" ` +
		`data-consent-src="https://player.vimeo.com/video/1"></iframe>` +
		`<img src="https://unknown.example/i.png" alt=""><img src="/own.png" alt="">` +
		`<script type="text/plain" data-consent-service="tool" data-consent-src="/gated.js"></script><script` + o +
		`"tool" type="text/plain">tool.start(1)</script></body></html>`
)

func TestMarkupDeniedHosts(t *testing.T) {
	g := guard(t, declared, html(portalPage))
	page := g.do(t, "GET", "/", "", byVisitor).body
	if got, want := bare(page), withheld; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if !strings.HasPrefix(page, `<!doctype html><html lang="fr"><head><script data-caddy-consent="?0" src="/_consent/assets/`) {
		t.Errorf("the guard is not the first in the head: %.300s", page)
	}
	frame := g.do(t, "GET", "/", "", byFrame)
	if got, want := bare(frame.body), strings.ReplaceAll(withheld, "&amp;lang=fr", ""); got != want {
		t.Errorf("in a frame: got %s\nwant %s", got, want)
	}
	if !harness.GuardTag.MatchString(frame.body) || noticeTag.MatchString(frame.body) ||
		!strings.Contains(strings.Join(frame.Header["Vary"], ","), "Cookie, Sec-Fetch-Dest") {
		t.Errorf("in a frame: %v %s", frame.Header, frame.body)
	}
	if got := g.do(t, "GET", "/", "", byScript).body; got != portalPage {
		t.Errorf("a fragment became %s", got)
	}

	for _, visitor := range []string{byVisitor, byFrame} {
		some := g.do(t, "GET", "/", "", visitor, g.chosen(t, "choice=custom&service=tool")).body
		for _, want := range []string{`<img src="//cdn.tool.example/i.png" alt="">`,
			`<script data-caddy-consent=""  data-consent-service="tool" src="/gated.js"></script><script>tool.start(1)</script>`,
			`<script` + o + `"ga" type="text/plain">gtag(`, `<iframe` + o + `"youtube"`, `<script data-caddy-consent="4" src=`} {
			if !strings.Contains(some, want) {
				t.Errorf("one is granted, and the page lacks %s: %s", want, bare(some))
			}
		}
		all := g.do(t, "GET", "/", "", visitor, g.chosen(t, "choice=accept")).body
		want := strings.NewReplacer(`<iframe src="https://player.vimeo.com/video/1">`,
			`<iframe`+o+`"vimeo" src="/_consent/placeholder?service=vimeo&amp;lang=fr&amp;url=https%3A%2F%2Fplayer.vimeo.com%2Fvideo%2F1" `+
				`data-consent-src="https://player.vimeo.com/video/1">`,
			` type="text/plain" data-consent-service="tool" data-consent-src=`, ` data-caddy-consent="" data-consent-service="tool" src=`).Replace(portalPage)
		if visitor == byFrame {
			want = strings.ReplaceAll(want, "&amp;lang=fr", "")
		}
		if got := bare(all); strings.ReplaceAll(got, "  ", " ") != want {
			t.Errorf("all are granted: got %s\nwant %s", got, want)
		}
	}
	for name, want := range map[string]string{
		`caddy_consent_blocked_total{service="vimeo"}`: "6", `caddy_consent_blocked_total{service="youtube"}`: "4",
		`caddy_consent_undeclared_total{kind="host"}`: "18",
	} {
		if got := g.counts(t, name, want); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
}

func TestLinkHeaderDeniedHosts(t *testing.T) {
	const link = "</own.css>; rel=preload; as=style, <https://www.youtube.com>; rel=preconnect"
	g := guard(t, declared, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Link", link)
		w.WriteHeader(http.StatusEarlyHints)
		html(portalPage)(w, r)
	})
	for _, c := range []struct{ field, want string }{
		{byVisitor, "</own.css>; rel=preload; as=style"}, {byFrame, "</own.css>; rel=preload; as=style"}, {byScript, link},
	} {
		t.Run(c.field, func(t *testing.T) {
			res := g.do(t, "GET", "/", "", c.field)
			if len(res.early) != 1 {
				t.Fatalf("%s: %d early hints", c.field, len(res.early))
			}
			if got := strings.Join(res.early[0]["Link"], "|") + "|" + strings.Join(res.Header["Link"], "|"); got != c.want+"|"+c.want {
				t.Errorf("%s: %s", c.field, got)
			}
		})
	}
}

func TestThirdPartiesPass(t *testing.T) {
	g := guard(t, "third_parties pass\n"+declared, html(portalPage))
	page := g.do(t, "GET", "/", "", byVisitor).body
	if bare(page) != portalPage || !harness.GuardTag.MatchString(page) {
		t.Errorf("got %s", page)
	}
	if frame := g.do(t, "GET", "/", "", byFrame).body; bare(frame) != portalPage || !harness.GuardTag.MatchString(frame) {
		t.Errorf("in a frame: %s", frame)
	}
	g = guard(t, "third_parties pass\nundeclared pass\n"+declared, html(portalPage))
	accepted := g.chosen(t, "choice=accept")
	if page := g.do(t, "GET", "/", "", byVisitor, accepted).body; harness.GuardTag.MatchString(page) {
		t.Errorf("nothing can be denied, and there is a guard: %s", page)
	}
	if page := g.do(t, "GET", "/", "", byVisitor, g.chosen(t, "choice=refuse")).body; !harness.GuardTag.MatchString(page) {
		t.Errorf("cookies are denied, and there is no guard: %s", page)
	}
}

func TestAllowedHost(t *testing.T) {
	g := guard(t, "allow player.vimeo.com\n"+declared, html(portalPage))
	if page := g.do(t, "GET", "/", "", byVisitor).body; !strings.Contains(page, `<iframe src="https://player.vimeo.com/video/1">`) {
		t.Errorf("got %s", bare(page))
	}
}

// TestUpstreamCSP: table tests of the rest are in internal/csp.
func TestUpstreamCSP(t *testing.T) {
	for upstream, want := range map[string]string{
		"": "", "default-src 'self'": "default-src 'self'",
		"script-src https://a.example; style-src 'none'; form-action 'none'": "script-src https://a.example HOST/_consent/assets/HASH/guard.js " +
			"HOST/_consent/assets/HASH/release.js HOST/_consent/assets/HASH/notice.js; style-src HOST/_consent/assets/HASH/style.css; " +
			"form-action HOST/_consent/choice",
		"script-src 'strict-dynamic' 'nonce-abc'": "script-src 'strict-dynamic' 'nonce-abc'",
		"require-trusted-types-for 'script'":      "require-trusted-types-for 'script'",
	} {
		t.Run(upstream, func(t *testing.T) {
			g := guard(t, declared, func(w http.ResponseWriter, r *http.Request) {
				if upstream != "" {
					w.Header().Set("Content-Security-Policy", upstream)
				}
				w.Header().Set("Content-Security-Policy-Report-Only", "default-src 'none'")
				html(`<!doctype html><html><head><meta http-equiv="Content-Security-Policy" content="connect-src 'none'"></head><body></body></html>`)(w, r)
			})
			res := g.do(t, "GET", "/", "", byVisitor)
			hash := regexp.MustCompile(`/assets/([0-9a-f]+)/`).FindStringSubmatch(res.body)[1]
			want = strings.NewReplacer("HOST", strings.TrimPrefix(g.url, "http://"), "HASH", hash).Replace(want)
			if got := strings.Join(res.Header["Content-Security-Policy"], "\n"); got != want {
				t.Errorf("%s became %s\nwant %s", upstream, got, want)
			}
			if got := res.Header.Get("Content-Security-Policy-Report-Only"); got != "default-src 'none'" {
				t.Errorf("a policy that only reports became %s", got)
			}
			if nonces := strings.Count(res.body, ` nonce="abc"`); (nonces == 2) != strings.Contains(upstream, "nonce") {
				t.Errorf("%s: %d scripts with the nonce in %s", upstream, nonces, res.body)
			}
			host := strings.TrimPrefix(g.url, "http://")
			if meta := `content="connect-src ` + host + `/_consent/choice ` + host + `/_consent/settings"`; !strings.Contains(res.body, meta) {
				t.Errorf("%s: the page's own policy is not %s: %s", upstream, meta, res.body)
			}
			accepted := g.do(t, "GET", "/", "", byVisitor, g.chosen(t, "choice=accept")).body
			if scripts, trusted := strings.Count(accepted, "notice.js"), strings.Contains(upstream, "trusted"); (scripts == 1) != trusted {
				t.Errorf("%s: once chosen, %d tags of the notice's script, which the guard loads but where it cannot: %s", upstream, scripts, accepted)
			}
		})
	}
}

func TestStrictCSPGrantedHosts(t *testing.T) {
	const own = "default-src 'self' https:"
	g := guard(t, "third_parties strict\nallow *.tile.example\n"+declared, html(portalPage, "Content-Security-Policy: "+own))
	added := func(fields ...string) string {
		t.Helper()
		lines := g.do(t, "GET", "/", "", fields...).Header["Content-Security-Policy"]
		if len(lines) != 2 || lines[0] != own {
			t.Fatalf("%q", lines)
		}
		return lines[1]
	}
	for _, metadata := range []string{byVisitor, byFrame} {
		before := added(metadata)
		if !strings.Contains(before, " *.tile.example ") || !strings.Contains(before, "report-uri /_consent/report") ||
			strings.Contains(before, "tool.example") || strings.Contains(before, "youtube") {
			t.Errorf("before the choice: %s", before)
		}
		some := added(metadata, g.chosen(t, "choice=custom&service=tool"))
		if !strings.Contains(some, " tool.example *.tool.example ") || strings.Contains(some, "youtube") {
			t.Errorf("one is granted: %s", some)
		}
	}
	for _, worker := range []string{"worker", "sharedworker", "serviceworker"} {
		if policy := added("Sec-Fetch-Dest: " + worker); strings.Contains(policy, "youtube") {
			t.Errorf("for a %s: %s", worker, policy)
		}
	}
	if lines := g.do(t, "GET", "/", "", byScript, "Referer: "+g.url+"/").Header["Content-Security-Policy"]; len(lines) != 1 {
		t.Errorf("for a script: %q", lines)
	}
}

// TestNotModifiedCSP: a browser takes the header of a 304 for that of the page.
func TestNotModifiedCSP(t *testing.T) {
	const own = "script-src 'none'"
	g := guard(t, "third_parties strict\n"+declared, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", own)
		w.Header().Set("Etag", `"v1"`)
		if r.Header.Get("If-None-Match") == `"v1"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		html(portalPage)(w, r)
	})
	whole := g.do(t, "GET", "/", "", byVisitor)
	again := g.do(t, "GET", "/", "", byVisitor, "If-None-Match: "+whole.Header.Get("Etag"))
	got, want := again.Header["Content-Security-Policy"], whole.Header["Content-Security-Policy"]
	if again.StatusCode != 304 || len(want) != 2 || !reflect.DeepEqual(got, want) {
		t.Errorf("%d %q, want %q", again.StatusCode, got, want)
	}
}

func TestCSPReport(t *testing.T) {
	g := guard(t, "third_parties strict\n"+declared, html(""))
	for _, c := range []struct {
		method, contentType, body string
		status                    int
	}{
		{"POST", "application/csp-report", `{"csp-report":{"blocked-uri":"https://www.youtube.com/embed/x","effective-directive":"frame-src"}}`, 204},
		{"POST", "application/reports+json", `[{"type":"csp-violation","body":{"blockedURL":"https://unknown.example/x","effectiveDirective":"img-src"}}]`,
			204},
		{"POST", "application/csp-report", `{"csp-report":{"blocked-uri":"inline","effective-directive":"script-src"}}`, 204},
		{"POST", "application/csp-report", `nonsense`, 400},
		{"POST", "text/plain", `{}`, 400},
		{"POST", "application/csp-report", strings.Repeat(" ", 70<<10), 413},
		{"GET", "", "", 405},
	} {
		if res := g.do(t, c.method, "/_consent/report", c.body, "Content-Type: "+c.contentType); res.StatusCode != c.status ||
			c.status >= 400 && !strings.HasSuffix(res.body, ".\n") {
			t.Errorf("%s %.60s: %d %s, want %d", c.contentType, c.body, res.StatusCode, res.body, c.status)
		}
	}
	for name, want := range map[string]string{
		`caddy_consent_blocked_total{service="youtube"}`: "1", `caddy_consent_undeclared_total{kind="host"}`: "1",
	} {
		if got := g.counts(t, name, want); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
}

func TestPlaceholderTarget(t *testing.T) {
	g := guard(t, declared, html(""))
	get := func(query string) reply {
		t.Helper()
		return g.do(t, "GET", "/_consent/placeholder?"+query, "", byFrame, "Referer: "+g.url+"/page?x=1", "Accept-Language: en")
	}
	res := get("service=youtube&url=https%3A%2F%2Fwww.youtube.com%2Fembed%2Fx%3Fa%3D1")
	for _, want := range []string{`<title>Content from YouTube</title>`, `<input type="hidden" name="service" value="youtube">`,
		`name="return" value="/page?x=1"`, `target="_parent"`,
		`<button name="choice" value="grant">Allow YouTube</button>`, `href="https://www.youtube.com/embed/x?a=1"`} {
		if !strings.Contains(res.body, want) {
			t.Errorf("it lacks %s: %s", want, res.body)
		}
	}
	if res.StatusCode != 200 || !strings.Contains(res.Header.Get("Content-Security-Policy"), "frame-ancestors 'self'") ||
		res.Header.Get("Cache-Control") != "private, no-store" {
		t.Errorf("%d %v", res.StatusCode, res.Header)
	}
	for _, elsewhere := range []string{"", "https://evil.example/", "https://www.youtube.com@evil.example/", "https://evil@www.youtube.com/",
		"javascript:alert(1)", "/x", "//evil.example", "https://www.youtube.com.evil.example/", "%zz"} {
		if body := get("service=youtube&url=" + elsewhere).body; strings.Contains(body, "target=\"_blank\"") {
			t.Errorf("%s: %s", elsewhere, body)
		}
	}
	if body := get("service=youtube&lang=de&url=//youtube.com/x").body; !strings.Contains(body, `href="http://youtube.com/x"`) ||
		!strings.Contains(body, `<html lang="de"`) {
		t.Errorf("without a scheme, in German: %s", body)
	}
	if body := get("service=vimeo&url=https://player.vimeo.com/video/1").body; strings.Contains(body, "<form") ||
		!strings.Contains(body, `href="https://player.vimeo.com/video/1"`) {
		t.Errorf("of a service that is not declared: %s", body)
	}
	for _, nobody := range []string{"", "service=nobody", "service="} {
		if res := get(nobody); res.StatusCode != 400 || strings.Contains(res.body, "nobody") {
			t.Errorf("%q: %d %s", nobody, res.StatusCode, res.body)
		}
	}
	if res := g.do(t, "POST", "/_consent/placeholder?service=youtube", ""); res.StatusCode != 405 || res.Header.Get("Allow") != "GET, HEAD" {
		t.Errorf("%d %v", res.StatusCode, res.Header)
	}
}

func TestPlaceholderCrossSite(t *testing.T) {
	g := guard(t, declared, html(portalPage))
	embedded := g.do(t, "GET", "/?a=1", "", byFrame, "Sec-Fetch-Site: cross-site")
	const told = "&amp;embedded=%2F%3Fa%3D1\""
	if !strings.Contains(embedded.body, told) || !strings.Contains(strings.Join(embedded.Header["Vary"], ", "), "Sec-Fetch-Site") {
		t.Errorf("of an embedded page it is not told: %v %s", embedded.Header, embedded.body)
	}
	for _, fields := range [][]string{{byFrame, "Sec-Fetch-Site: same-origin"}, {byFrame}, {byVisitor, "Sec-Fetch-Site: cross-site"}} {
		if body := g.do(t, "GET", "/?a=1", "", fields...).body; strings.Contains(body, "embedded=") {
			t.Errorf("%q: told that it is embedded: %s", fields, body)
		}
	}
	const address = "/_consent/placeholder?service=youtube&url=https%3A%2F%2Fwww.youtube.com%2Fembed%2Fx"
	for _, c := range []struct{ address, site, page string }{
		{address + "&embedded=%2Fpage%3Fx%3D1", "same-origin", "/page?x=1"}, {address + "&embedded=//evil.example", "same-origin", "/where?y=2"},
		{address + "&embedded", "cross-site", "/where?y=2"},
		{address, "cross-site", "/where?y=2"}, {address, "same-site", "/where?y=2"}, // from a page of another site, or of a sandbox
	} {
		t.Run(c.site, func(t *testing.T) {
			res := g.do(t, "GET", c.address, "", byFrame, "Sec-Fetch-Site: "+c.site, "Referer: "+g.url+"/where?y=2", "Accept-Language: en")
			policy := res.Header.Get("Content-Security-Policy")
			if res.StatusCode != 200 || strings.Contains(res.body, "<form") || strings.Contains(policy, "frame-ancestors") ||
				!strings.Contains(policy, "form-action 'none'") {
				t.Errorf("%+v: %d %s %s", c, res.StatusCode, policy, res.body)
			}
			for _, want := range []string{
				`<a href="` + c.page + `" target="_blank" rel="noopener">Open this page on `, "the choice is made on the site itself",
				`href="https://www.youtube.com/embed/x"`,
			} {
				if !strings.Contains(res.body, want) {
					t.Errorf("%+v lacks %s: %s", c, want, res.body)
				}
			}
		})
	}
}

func TestLeftoverCookies(t *testing.T) {
	g := guard(t, declared, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Set-Cookie", "sessionid=1")
		html("<!doctype html><title>x</title><body>")(w, r)
	})
	refused := g.chosen(t, "choice=refuse")
	sent := refused + "; _ga=1; _ga_X=2; sessionid=3; other=4; __Secure-YEC=5"
	want := []string{"sessionid=1"} // but not of YouTube's __Secure-YEC, which no browser would delete over http
	for _, path := range []string{"/", "/a/b", "/a/b/", "/a", "/a/"} {
		want = append(want, "_ga=; Path="+path+"; Max-Age=0", "_ga_X=; Path="+path+"; Max-Age=0")
	}
	got := g.do(t, "GET", "/a/b?c=/d", "", byVisitor, sent).Header["Set-Cookie"]
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
	if got := g.asked.Header.Get("Cookie"); !strings.Contains(got, "sessionid=3") || strings.Contains(got, "_ga") {
		t.Errorf("upstream comes %s", got)
	}
	for _, other := range [][]string{{byScript, sent}, {byFrame, sent}, {byVisitor, refused}, {byVisitor, g.chosen(t, "choice=accept") + "; _ga=1"}} {
		if got := g.do(t, "GET", "/a/b", "", other...).Header["Set-Cookie"]; !reflect.DeepEqual(got, want[:1]) {
			t.Errorf("%q: %q", other, got)
		}
	}
	many := refused
	for i := range 100 {
		many += fmt.Sprintf("; _ga_%d=1", i)
	}
	var header bytes.Buffer
	if _ = g.do(t, "GET", "/a/b/c/d/e/f", "", byVisitor, many).Header.Write(&header); header.Len() > 4000 {
		t.Errorf("a header of %d bytes", header.Len())
	}
}

func TestExemptCookieLifetime(t *testing.T) {
	line := "_pk_id.1=abc; Path=/; Max-Age=1000"
	g := guard(t, "service matomo {\n exempt\n }", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Set-Cookie", line)
	})
	for sent, want := range map[string]bool{
		"Cookie: a=b": true, "Cookie: _pk_id.1=other": true, "Cookie: _pk_id.1=abc": false, "Cookie: a=b;_pk_id.1=abc ;c=d": false,
		g.chosen(t, "choice=accept") + "; _pk_id.1=abc": true, // counted from the choice
		g.chosen(t, "choice=refuse") + "; _pk_id.1=abc": false,
	} {
		if got := len(g.do(t, "GET", "/", "", sent).Header["Set-Cookie"]) > 0; got != want {
			t.Errorf("%s: set %v, want %v", sent, got, want)
		}
	}
	line = "_pk_id.1=; Max-Age=0"
	if got := g.do(t, "GET", "/", "", "Cookie: _pk_id.1=").Header["Set-Cookie"]; len(got) != 1 {
		t.Errorf("it cannot be deleted: %q", got)
	}
}

// TestObserveMode: nothing is changed, neither of what comes nor of what goes, but for the field by which browsers
// report what pages load; with observe quiet not even that.
func TestObserveMode(t *testing.T) {
	t.Run("quiet", func(t *testing.T) { observing(t, "observe quiet", 0) })
	t.Run("report", func(t *testing.T) { observing(t, "", 6) }) // of two navigations to each of three addresses
}

func observing(t *testing.T, line string, watched int) {
	var lines []string
	fields := []string{
		"Content-Security-Policy: default-src 'none'", `Etag: "v1"`, "Cache-Control: max-age=60", "Vary: Accept", "Set-Cookie: _ga=1; Max-Age=99999999",
		"Set-Cookie: sessionid=1", "Set-Cookie: odd",
	}
	portal := func(w http.ResponseWriter, r *http.Request) {
		lines = nil
		for name, values := range r.Header {
			lines = append(lines, fmt.Sprint(name, values))
		}
		slices.Sort(lines)
		html(portalPage, append(fields, fmt.Sprint("Content-Length: ", len(portalPage)))...)(w, r)
	}
	visits := [][]string{
		{byVisitor, "Cookie: _ga=1; sessionid=2", "Accept-Encoding: dcb, br", "If-None-Match: \"v1-consent-x\"",
			"If-Modified-Since: Mon, 23 Nov 2026 12:00:00 GMT", "Range: bytes=0-"},
		{byFrame, "Sec-GPC: 1"}, {byScript, "Cookie: odd"}, {"Accept: text/html"},
	}
	type visit struct {
		asked  []string
		header http.Header
		body   string
	}
	watches := 0
	visited := func(g *guarded, path string) (all []visit) {
		for _, fields := range visits {
			res := g.do(t, "GET", path, "", fields...)
			res.Header.Del("Date")
			if own := res.Header["Content-Security-Policy-Report-Only"]; len(own) > 0 {
				if watches++; len(own) != 1 || !strings.HasSuffix(own[0], "; report-uri /_consent/report") {
					t.Errorf("%s: %q", path, own)
				}
				res.Header.Del("Content-Security-Policy-Report-Only")
			}
			all = append(all, visit{lines, res.Header, res.body})
		}
		return all
	}
	observed := guard(t, "mode observe\ncharter /terms\n"+line+"\n"+declared, portal)
	got := [][]visit{visited(observed, "/"), visited(observed, "/terms"), visited(observed, "/.well-known/gpc.json")}
	if watches != watched {
		t.Errorf("%d answers ask for reports, want %d", watches, watched)
	}
	if res := observed.do(t, "GET", "/_consent/charter", ""); res.StatusCode != 200 || !strings.Contains(res.body, "YouTube") {
		t.Errorf("the charter cannot be looked at: %d", res.StatusCode)
	}
	for name, want := range map[string]string{
		`caddy_consent_set_cookie_lines_total{action="stripped",purpose="statistics"}`: "12",
		`caddy_consent_set_cookie_lines_total{action="stripped",purpose="undeclared"}`: "12",
		`caddy_consent_cookies_withheld_total{purpose="statistics"}`:                   "3",
		`caddy_consent_blocked_total{service="youtube"}`:                               "9",
		`caddy_consent_notices_total`:                                                  "6",
	} {
		if got := observed.counts(t, name, want); got != want {
			t.Errorf("%s is %q, want %s", name, got, want)
		}
	}
	plain := proxied(t, "", portal)
	want := [][]visit{visited(plain, "/"), visited(plain, "/terms"), visited(plain, "/.well-known/gpc.json")}
	for i := range want {
		for k := range want[i] {
			if g, w := fmt.Sprint(got[i][k]), fmt.Sprint(want[i][k]); ports.ReplaceAllString(g, "") != ports.ReplaceAllString(w, "") {
				t.Errorf("%q: %s\nwant %s", visits[k], g, w)
			}
		}
	}
}

var ports = regexp.MustCompile(`localhost:\d+`)

func TestObserveModeCompressed(t *testing.T) {
	for _, coding := range []string{"gzip", "br", "unknown"} {
		t.Run(coding, func(t *testing.T) {
			body := "not " + coding
			if coding == "gzip" {
				body = gzipped(t, portalPage)
			}
			g := guard(t, "mode observe\n"+declared, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Encoding", coding)
				html(body)(w, r)
			})
			if res := g.do(t, "GET", "/", "", byVisitor, "Accept-Encoding: gzip, br"); res.body != body || res.Header.Get("Content-Encoding") != coding {
				t.Errorf("%s: %v, %d bytes", coding, res.Header, len(res.body))
			}
			want := map[string]string{"gzip": "1"}[coding]
			if want == "" {
				want = "0"
			}
			if got := g.counts(t, `caddy_consent_blocked_total{service="youtube"}`, want); got != want {
				t.Errorf("%s: %s are counted, want %s", coding, got, want)
			}
		})
	}
}

func gzipped(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.WriteString(z, text); err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	return b.String()
}
