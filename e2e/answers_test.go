package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

const byWorker = "Referer: https://data.ville.example/service-worker.js"

// TestDocumentRequestMetadata: the browser test of service workers is in e2e/guard.
func TestDocumentRequestMetadata(t *testing.T) {
	const fragment = `<title>Liste</title><meta name="x"><ul><li>1</li></ul>`
	g := guard(t, "third_parties strict\n"+declared, func(w http.ResponseWriter, r *http.Request) {
		page := portalPage
		if r.URL.Path == "/fragment" {
			page = fragment
		}
		html(page)(w, r)
	})
	g.do(t, "GET", "/worker", "", "Service-Worker: script")
	for name, c := range map[string]struct {
		fields                []string
		guarded, asks, strict bool
	}{
		"a navigation that a worker passes on": {[]string{byScript, "Sec-Fetch-Mode: navigate"}, true, true, true},
		"a worker that keeps pages":            {[]string{byScript, "Sec-Fetch-Mode: cors", byWorker}, true, false, true},
		"a page's script": {[]string{byScript, "Sec-Fetch-Mode: cors", "Referer: https://data.ville.example/explore/"},
			false, false, false},
		"XMLHttpRequest without metadata":                  {[]string{"Accept: text/html", "X-Requested-With: XMLHttpRequest"}, false, false, true},
		"htmx without metadata":                            {[]string{"Accept: text/html, */*", "HX-Request: true"}, false, false, true},
		"a browser without metadata":                       {[]string{"Accept: text/html,*/*"}, true, true, true},
		"a metadata field twice, with two destinations":    {[]string{byVisitor, byScript, "Accept: text/html"}, true, true, true},
		"a metadata field without a value":                 {[]string{"Sec-Fetch-Dest: ", "Accept: text/html"}, true, true, true},
		"a destination that nobody knows, by a navigation": {[]string{"Sec-Fetch-Dest: é", "Sec-Fetch-Mode: navigate"}, true, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			res := g.do(t, "GET", "/", "", c.fields...)
			if isGuarded(res.body) != c.guarded || strings.Contains(res.body, "<iframe width") == c.guarded {
				t.Errorf("guarded: %t\n%s", isGuarded(res.body), bare(res.body))
			}
			if asks := strings.Contains(res.body, `id="caddy-consent"`); asks != c.asks {
				t.Errorf("asks: %t", asks)
			}
			if restricted := len(res.Header["Content-Security-Policy"]) > 0; restricted != c.strict {
				t.Errorf("restricted: %t", restricted)
			}
			if !c.guarded {
				if piece := g.do(t, "GET", "/fragment", "", c.fields...); piece.body != fragment {
					t.Errorf("a piece: %s", piece.body)
				}
			}
		})
	}
	// What is kept is for any choice: its guard finds what was chosen.
	for _, form := range []string{"choice=accept", "choice=refuse"} {
		page := g.do(t, "GET", "/", "", byScript, byWorker, g.chosen(t, form)).body
		if !strings.Contains(page, `<script data-caddy-consent="?0" src="/_consent/assets/`) || !strings.Contains(page, `data-consent-service="youtube"`) {
			t.Errorf("%s: %s", form, page)
		}
	}
	vary := strings.Join(g.do(t, "GET", "/", "", byScript).Header["Vary"], ", ")
	if !strings.Contains(vary, "Sec-Fetch-Mode, Referer") {
		t.Errorf("Vary: %s", vary)
	}
}

func TestStrictCSPDocumentTypes(t *testing.T) {
	const svg = `<svg xmlns="http://www.w3.org/2000/svg"><script href="https://unknown.example/x.js"/></svg>`
	g := guard(t, "third_parties strict\n"+declared, func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		for name, values := range q {
			if name != "status" {
				w.Header()[http.CanonicalHeaderKey(name)] = values
			}
		}
		if q.Has("status") {
			w.WriteHeader(http.StatusNotFound)
		}
		_, _ = io.WriteString(w, svg)
	})
	for query, c := range map[string]struct {
		fields []string
		want   bool
	}{
		"content-type=image/svg%2Bxml": {
			[]string{byVisitor, byFrame, "Sec-Fetch-Dest: object", "Sec-Fetch-Dest: embed", "Accept: */*"}, true,
		},
		"content-type=text/xml":                             {[]string{byVisitor}, true},
		"content-type=application/xslt%2Bxml":               {[]string{byVisitor}, true},
		"content-type=text/html&cache-control=no-transform": {[]string{byVisitor, byFrame}, true},
		"content-type=text/html&content-encoding=compress":  {[]string{byVisitor, byFrame}, true},
		"content-type=text/html%3Bcharset=utf-16":           {[]string{byVisitor, byFrame}, true},
		"content-type=text/html&status=404":                 {[]string{byVisitor, byFrame, "Sec-Fetch-Dest: object"}, true},
		"content-type=*/*":                                  {[]string{byVisitor}, true},
		"content-type=text/javascript": {
			[]string{"Sec-Fetch-Dest: worker", "Sec-Fetch-Dest: sharedworker", "Sec-Fetch-Dest: serviceworker"}, true,
		},
		"content-type=application/pdf":                                            {[]string{byVisitor}, false},
		"content-type=image/svg%2Bxml&x=1":                                        {[]string{"Sec-Fetch-Dest: image"}, false},
		"content-type=text/javascript&x=1":                                        {[]string{"Sec-Fetch-Dest: script"}, false},
		"content-type=application/json":                                           {[]string{byScript}, false},
		"content-type=image/svg%2Bxml&content-disposition=attachment&status=true": {[]string{byVisitor}, true},
	} {
		t.Run(query, func(t *testing.T) {
			for _, field := range c.fields {
				res := g.do(t, "GET", "/?"+query, "", field)
				policies := res.Header["Content-Security-Policy"]
				if restricted := len(policies) == 1 && strings.Contains(policies[0], "default-src 'self'"); restricted != c.want || len(policies) > 1 {
					t.Errorf("%s by %s: %q", query, field, policies)
				}
				if vary := strings.Join(res.Header["Vary"], ", "); c.want && !strings.Contains(vary, "Cookie") {
					t.Errorf("%s by %s varies by %q", query, field, vary)
				}
			}
		})
	}
}

func TestResponseHeaderDeniedHosts(t *testing.T) {
	wanted := map[string]string{
		"Refresh": "9; /own", "Speculation-Rules": `"/own.json"`, "Reporting-Endpoints": `a="/own"`,
		"Report-To": `{"group":"own","max_age":1,"endpoints":[{"url":"/r"}]}`, "Nel": "",
		"Content-Security-Policy-Report-Only": "img-src *;report-uri /own; style-src *, font-src *;",
	}
	for _, mode := range []string{"catalogue", "strict"} {
		t.Run(mode, func(t *testing.T) {
			g := guard(t, "third_parties "+mode+"\n"+declared, func(w http.ResponseWriter, r *http.Request) {
				h := w.Header()
				h["Refresh"] = []string{`3; url="https://tool.example/"`, "9; /own"}
				h["Speculation-Rules"] = []string{`"/own.json", "https://tool.example/rules.json"`}
				h["Reporting-Endpoints"] = []string{`a="/own", b="https://cdn.tool.example/\"r"`}
				h["Report-To"] = []string{
					`{"group":"out","max_age":1,"endpoints":[{"url":"https://tool.example/r"}]}`, `{"group":"own","max_age":1,"endpoints":[{"url":"/r"}]}`,
				}
				h["Nel"] = []string{`{"report_to":"out","max_age":1}`}
				h["Content-Security-Policy-Report-Only"] = []string{
					"img-src *; report-uri https://tool.example/r /own; style-src *, font-src *; Report-URI https://tool.example",
				}
				h["Content-Security-Policy"] = []string{"report-uri https://unknown.example/r; object-src 'none'"}
				html("<!doctype html><title>x</title><p>x")(w, r)
			})
			for _, metadata := range []string{byVisitor, byFrame, byScript, "Accept: image/*"} {
				t.Run(metadata, func(t *testing.T) {
					h := g.do(t, "GET", "/", "", metadata).Header
					for name, want := range wanted {
						if got := strings.Join(h[name], "|"); got != want {
							t.Errorf("%s, %s: %s: %s, want %s", mode, metadata, name, got, want)
						}
					}
					if reports := strings.Contains(h.Get("Content-Security-Policy"), "unknown.example"); reports != (mode == "catalogue") {
						t.Errorf("%s, %s: %q", mode, metadata, h["Content-Security-Policy"])
					}
				})
			}
			granted := g.do(t, "GET", "/", "", byVisitor, g.chosen(t, "choice=accept")).Header
			if len(granted["Refresh"]) != 2 || len(granted["Nel"]) != 1 || len(granted["Report-To"]) != 2 ||
				!strings.Contains(granted.Get("Speculation-Rules"), "tool") {
				t.Errorf("%s, granted: %v", mode, granted)
			}
		})
	}
}

func TestReportingHeaderMalformed(t *testing.T) {
	g := guard(t, declared, func(w http.ResponseWriter, r *http.Request) {
		for name, values := range map[string][]string{
			"Refresh": {"", "x", "5"}, "Speculation-Rules": {`"`, `x"`, `,,`}, "Reporting-Endpoints": {`=`, `a="`, "é"},
			"Report-To": {`{"group":"`, "[]"}, "Nel": {"", "{"},
			"Content-Security-Policy-Report-Only": {";,;", "report-uri", "report-uri \tx" + strings.Repeat(" y", 10_000)},
		} {
			w.Header()[name] = values
		}
		html("<!doctype html><p>x")(w, r)
	})
	with, without := g.do(t, "GET", "/", "", byVisitor), g.asked
	if without == nil || strings.Join(with.Header["Refresh"], "|") != "|x|5" || strings.Join(with.Header["Speculation-Rules"], "|") != `"|x"|,,` ||
		strings.Join(with.Header["Reporting-Endpoints"], "|") != `=|a="|é` ||
		strings.Join(with.Header["Report-To"], "|") != `{"group":"|[]` || strings.Join(with.Header["Nel"], "|") != "|{" ||
		len(with.Header["Content-Security-Policy-Report-Only"]) != 3 {
		t.Errorf("%v", with.Header)
	}
}

func TestRedirectDeniedHost(t *testing.T) {
	const there = "https://cdn.tool.example/x?a=1&b=2"
	g := guard(t, declared, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", there)
		if r.URL.Path == "/own" {
			w.Header().Set("Location", "/elsewhere")
		}
		w.Header().Set("Cache-Control", "public, max-age=60")
		w.WriteHeader(http.StatusPermanentRedirect)
	})
	const placeholder = "/_consent/placeholder?service=tool&url=https%3A%2F%2Fcdn.tool.example%2Fx%3Fa%3D1%26b%3D2"
	for _, c := range []struct {
		fields   []string
		location string
		status   int
	}{
		{[]string{byVisitor}, there, 308},
		{[]string{byScript, "Sec-Fetch-Mode: navigate"}, there, 308},
		{[]string{"Accept: */*"}, there, 308},
		{[]string{byFrame}, placeholder, 303},
		{[]string{"Sec-Fetch-Dest: object"}, placeholder, 303},
		{[]string{"Sec-Fetch-Dest: image"}, "about:blank#consent", 308},
		{[]string{"Sec-Fetch-Dest: script"}, "about:blank#consent", 308},
		{[]string{"Sec-Fetch-Dest: style"}, "about:blank#consent", 308},
		{[]string{"Sec-Fetch-Dest: font"}, "about:blank#consent", 308},
		{[]string{byScript}, "about:blank#consent", 308},
		{[]string{byScript, byWorker}, "about:blank#consent", 308},
		{[]string{"Sec-Fetch-Dest: image", g.chosen(t, "choice=accept")}, there, 308},
	} {
		t.Run(named(c.fields), func(t *testing.T) {
			for _, method := range []string{"GET", "POST"} {
				res := g.do(t, method, "/", "", c.fields...)
				if got := res.Header.Get("Location"); got != c.location || res.StatusCode != c.status {
					t.Errorf("%s by %v: %d to %s", method, c.fields, res.StatusCode, got)
				}
				if vary := strings.Join(res.Header["Vary"], ", "); !strings.Contains(vary, "Cookie, Sec-Fetch-Dest") {
					t.Errorf("%s by %v varies by %q", method, c.fields, vary)
				}
				if stored := strings.Contains(res.Header.Get("Cache-Control"), "public"); stored != (c.location == there) {
					t.Errorf("%s by %v: Cache-Control %q", method, c.fields, res.Header.Get("Cache-Control"))
				}
			}
		})
	}
	if res := g.do(t, "GET", "/own", "", "Sec-Fetch-Dest: image"); res.Header.Get("Location") != "/elsewhere" || len(res.Header["Vary"]) > 0 {
		t.Errorf("of its own: %v", res.Header)
	}
	observing := guard(t, "mode observe\n"+declared, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", there)
		w.WriteHeader(http.StatusFound)
	})
	if res := observing.do(t, "GET", "/", "", byFrame); res.Header.Get("Location") != there || len(res.Header["Vary"]) > 0 {
		t.Errorf("where the module only observes: %v", res.Header)
	}
}

func TestContentTypeHTML(t *testing.T) {
	for _, c := range []struct{ fields, kind string }{
		{"Content-Type: text/html; charset=utf-8; charset=UTF-8", "page"}, {"Content-Type: text/html; charset=", "page"},
		{"Content-Type: text/html; charset=none", "page"},
		{"Content-Type: text/html; charset=utf8mb4", "page"}, {"Content-Type: text/html; charset=utf-8,iso-8859-1", "page"},
		{`Content-Type: text/html; charset="utf-8"`, "page"},
		{"Content-Type: text/html, text/html; charset=utf-8", "page"}, {"Content-Type: text/html|Content-Type: text/html; charset=utf-8", "page"},
		{"Content-Type: */*", "page"},
		{"Content-Type: application/unknown", "page"}, {"Content-Type: unknown/unknown", "page"}, {"Content-Type: ", "page"}, {"", "page"},
		{"Content-Type: html", "page"},
		{"Content-Type: text/html|Content-Encoding: none", "page"}, {"Content-Type: text/html|Content-Encoding: utf-8", "page"},
		{"Content-Type: text/html|Content-Encoding: binary", "page"},
		{"Content-Type: text/html|Content-Encoding: 8bit", "page"}, {"Content-Type: text/html|Content-Encoding: |Content-Encoding: identity", "page"},
		{"Content-Type: text/html; charset=utf-16", "charset"}, {"Content-Type: text/html|Content-Encoding: compress", "coding"},
		{"Content-Type: text/plain", "other"}, {"Content-Type: */*|X-Content-Type-Options: nosniff", "other"},
		{"Content-Type: text/html|Content-Type: text/plain", "other"},
	} {
		t.Run(c.fields, func(t *testing.T) {
			g := guard(t, declared, func(w http.ResponseWriter, _ *http.Request) {
				for field := range strings.SplitSeq(c.fields, "|") {
					if name, value, ok := strings.Cut(field, ": "); ok {
						w.Header()[name] = append(w.Header()[name], value)
					}
				}
				_, _ = io.WriteString(w, portalPage)
			})
			res := g.do(t, "GET", "/", "", byVisitor)
			if c.kind != "page" {
				if res.body != portalPage {
					t.Errorf("changed: %s", res.body)
				}
				if c.kind != "other" {
					if got := g.counts(t, fmt.Sprintf(`caddy_consent_pages_total{reason=%q,result="passed"}`, c.kind), "1"); got != "1" {
						t.Errorf("counted %s", got)
					}
				}
				return
			}
			if bare(res.body) != withheld || !harness.GuardTag.MatchString(res.body) || !noticeTag.MatchString(res.body) {
				t.Errorf("got %s", bare(res.body))
			}
		})
	}
}

// TestNativeChoiceExpiry: it counts as made when it is first seen.
func TestNativeChoiceExpiry(t *testing.T) {
	g := guard(t, declared, html(portalPage))
	native := "Cookie: cookies_preferences=" + url.QueryEscape(`{"functional_cookies":true,"ga":true,"youtube":false,"tool":false}`)
	if res := g.do(t, "GET", "/", "", byScript, native); len(res.Header["Set-Cookie"]) > 0 {
		t.Errorf("for a script: %q", res.Header["Set-Cookie"])
	}
	before := time.Now().UnixMilli()
	res := g.do(t, "GET", "/", "", byVisitor, native)
	lines := res.Header["Set-Cookie"]
	if len(lines) != 1 || !strings.Contains(lines[0], "; Max-Age=15552000") || !strings.Contains(res.Header.Get("Cache-Control"), "no-store") {
		t.Fatalf("%q, %v", lines, res.Header)
	}
	pair, _, _ := strings.Cut(lines[0], ";")
	_, value, _ := strings.Cut(pair, "=")
	text, err := url.PathUnescape(value)
	var written struct {
		GA, Youtube, Tool bool
		Timestamp         int64
		MAC               string
	}
	if err != nil || json.Unmarshal([]byte(text), &written) != nil || !written.GA || written.Youtube || written.Tool || written.MAC == "" ||
		written.Timestamp < before || written.Timestamp > time.Now().UnixMilli() {
		t.Errorf("%v: %s", err, text)
	}
	again := g.do(t, "GET", "/", "", byVisitor, "Cookie: "+pair)
	if len(again.Header["Set-Cookie"]) > 0 || noticeTag.MatchString(again.body) {
		t.Errorf("the next page: %q, notice %t", again.Header["Set-Cookie"], noticeTag.MatchString(again.body))
	}
	signed := 0
	for range 60 { // more than the ledger takes at once: what has no record is not signed
		signed += len(g.do(t, "GET", "/", "", byVisitor, native).Header["Set-Cookie"])
	}
	if recorded := g.counts(t, `caddy_consent_choices_total{choice="native"}`, fmt.Sprint(signed+1)); recorded != fmt.Sprint(signed+1) || signed > 40 {
		t.Errorf("%d are signed, %s recorded", signed+1, recorded)
	}
	timed := fmt.Sprintf(`{"ga":true,"youtube":false,"tool":false,"timestamp":%d}`, before)
	if res := g.do(t, "GET", "/", "", byVisitor, "Cookie: cookies_preferences="+url.QueryEscape(timed)); len(res.Header["Set-Cookie"]) > 0 {
		t.Errorf("with a time: %q", res.Header["Set-Cookie"])
	}
}

// TestNotModifiedCacheControl: a browser takes its header for that of the page.
func TestNotModifiedCacheControl(t *testing.T) {
	g := guard(t, declared, func(w http.ResponseWriter, r *http.Request) {
		for name, value := range map[string]string{"Etag": `"v1"`, "Cache-Control": "public, max-age=600", "Expires": "Thu, 01 Jan 2099 00:00:00 GMT",
			"Cdn-Cache-Control": "max-age=600", "Surrogate-Control": "max-age=600"} {
			w.Header().Set(name, value)
		}
		if r.Header.Get("If-None-Match") == `"v1"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		html(portalPage)(w, r)
	})
	for _, c := range []struct {
		fields []string
		stored bool
	}{{[]string{byVisitor}, false}, {[]string{byVisitor, g.chosen(t, "choice=refuse")}, true}, {[]string{byFrame}, true}} {
		t.Run(named(c.fields), func(t *testing.T) {
			whole := g.do(t, "GET", "/", "", c.fields...)
			again := g.do(t, "GET", "/", "", append(c.fields, "If-None-Match: "+whole.Header.Get("Etag"))...)
			if again.StatusCode != http.StatusNotModified {
				t.Errorf("%v: %s", c.fields, again.Status)
			}
			for _, name := range []string{"Cache-Control", "Expires", "Cdn-Cache-Control", "Surrogate-Control"} {
				before, after := whole.Header.Get(name), again.Header.Get(name)
				if after != before || strings.Contains(after, "600") != c.stored && name != "Expires" {
					t.Errorf("%v: %s: %q, then %q", c.fields, name, before, after)
				}
			}
		})
	}
}

func TestSecureCookieTrustedProxy(t *testing.T) {
	const choice = "choice=accept"
	form := "Content-Type: application/x-www-form-urlencoded"
	g := guard(t, declared, html(portalPage))
	if line := g.do(t, "POST", "/_consent/choice", choice, form, "X-Forwarded-Proto: https").Header.Get("Set-Cookie"); strings.Contains(line, "Secure") {
		t.Errorf("from anybody: %s", line)
	}
	g = behindATrustedProxy(t, "header Content-Type text/html")
	for proto, want := range map[string]bool{"https": true, "https, http": true, "http, https": false, "http": false} {
		t.Run(proto, func(t *testing.T) {
			line := g.do(t, "POST", "/_consent/choice", choice, form, "X-Forwarded-Proto: "+proto).Header.Get("Set-Cookie")
			if strings.HasSuffix(line, "; Secure") != want {
				t.Errorf("%s: %s", proto, line)
			}
			// What is in pages does not depend on it.
			page := g.do(t, "GET", "/", "", byVisitor, "X-Forwarded-Proto: "+proto, "Host: behind.example").body
			if strings.Contains(page, "://") || !strings.Contains(page, `src="/_consent/assets/`) || !strings.Contains(page, `action="/_consent/choice"`) {
				t.Errorf("%s: %s", proto, page)
			}
		})
	}
}

// behindATrustedProxy starts a site of one page, with these lines, that answers whatever the Host and trusts who asks.
func behindATrustedProxy(t *testing.T, lines string) *guarded {
	t.Helper()
	port := harness.FreePort(t)
	harness.CaddyWith(t, "\tservers {\n\t\ttrusted_proxies static private_ranges\n\t}",
		fmt.Sprintf("http://:%d {\n\tconsent\n\trespond \"<!doctype html><title>x</title><body>x\" 200\n\t%s\n}\n", port, lines))
	return &guarded{url: fmt.Sprintf("http://localhost:%d", port)}
}

func TestForwardedHost(t *testing.T) {
	g := behindATrustedProxy(t, "header {\nContent-Type text/html\nContent-Security-Policy \"default-src https://cdn.example\"\n}")
	const changed, shown = "Host: behind.example", "X-Forwarded-Host: data.ville.example"
	res := g.do(t, "GET", "/", "", byVisitor, changed, shown, "X-Forwarded-Proto: https", "Cookie: _ga=1")
	if policy := res.Header.Get("Content-Security-Policy"); !strings.Contains(policy, " data.ville.example/_consent/") ||
		strings.Contains(policy, "behind.example") {
		t.Errorf("the notice may not load: %s", policy)
	}
	// An older browser says Origin and Referer alone.
	form := []string{
		"Content-Type: application/x-www-form-urlencoded", changed, shown, "X-Forwarded-Proto: https", "Origin: https://data.ville.example",
		"Referer: https://data.ville.example/explore/",
	}
	if res := g.do(t, "POST", "/_consent/choice", "choice=refuse", form...); res.StatusCode != http.StatusSeeOther ||
		res.Header.Get("Location") != "/explore/" {
		t.Errorf("a choice: %s, %s, %s", res.Status, res.Header.Get("Location"), res.body)
	}
	form[4] = "Origin: https://other.example"
	if res := g.do(t, "POST", "/_consent/choice", "choice=refuse", form...); res.StatusCode != http.StatusForbidden {
		t.Errorf("from another site: %s", res.Status)
	}
}

// served starts a Caddyfile's body at a site of its own, in front of a portal, whose address stands for PORTAL.
func served(t *testing.T, body string, portal http.HandlerFunc) *guarded {
	t.Helper()
	g := new(guarded)
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.asked = r
		portal(w, r)
	}))
	t.Cleanup(upstream.Close)
	g.url = fmt.Sprintf("http://localhost:%d", harness.FreePort(t))
	harness.Caddy(t, g.url+" {\n"+strings.ReplaceAll(body, "PORTAL", strings.TrimPrefix(upstream.URL, "http://"))+"\n}\n")
	return g
}

func TestEndpointRouting(t *testing.T) {
	for name, c := range map[string]struct{ body, page, path string }{
		"with a matcher": {"consent /explore/*\nreverse_proxy PORTAL", "/explore/x", "/_consent"},
		"with a named matcher": {"@pages {\npath /explore/*\nmethod GET\n}\nconsent @pages {\ncharter /cookies\n}\nreverse_proxy PORTAL",
			"/explore/x", "/_consent"},
		"in a route":                   {"route {\nconsent\nreverse_proxy PORTAL\n}", "/explore/x", "/_consent"},
		"in a handle of all":           {"handle {\nconsent\nreverse_proxy PORTAL\n}", "/x", "/_consent"},
		"in handle_path with its path": {"handle_path /x/* {\nconsent {\npath /x/_consent\n}\nreverse_proxy PORTAL\n}", "/x/page", "/x/_consent"},
		"around a handle with another": {"consent\nhandle /shop/* {\nconsent {\npath /shop/_consent\n}\nreverse_proxy PORTAL\n}\nhandle {\n" +
			"reverse_proxy PORTAL\n}", "/shop/x", "/_consent"},
		"twice in a route":              {"route {\nconsent\nconsent\nreverse_proxy PORTAL\n}", "/x", "/_consent"},
		"inside one that observes":      {"route {\nconsent {\nmode observe\n}\nconsent\nreverse_proxy PORTAL\n}", "/x", "/_consent"},
		"behind a rewrite of all paths": {"rewrite * /index.html\nconsent\nreverse_proxy PORTAL", "/x", "/_consent"},
	} {
		t.Run(name, func(t *testing.T) {
			g := served(t, c.body, html(portalPage))
			page := g.do(t, "GET", c.page, "", byVisitor).body
			if n := strings.Count(page, `id="caddy-consent"`); n != 1 {
				t.Errorf("%d notices", n)
			}
			if n := len(harness.GuardTag.FindAllString(page, -1)); n != 1 {
				t.Errorf("%d guards", n)
			}
			for _, address := range []string{"/choice", "/charter"} {
				if res := g.do(t, "GET", c.path+address, ""); res.StatusCode != http.StatusOK || res.Header.Get("Cache-Control") == "" {
					t.Errorf("%s: %s", address, res.Status)
				}
			}
			if asset := regexp.MustCompile(`src="(` + c.path + `/assets/[^"]*/guard\.js)"`).FindStringSubmatch(page); asset == nil {
				t.Errorf("no guard in %s", page)
			} else if res := g.do(t, "GET", asset[1], ""); res.StatusCode != http.StatusOK || !strings.Contains(res.Header.Get("Cache-Control"), "immutable") {
				t.Errorf("the guard: %s, %s", res.Status, res.Header.Get("Cache-Control"))
			}
		})
	}
}

func TestEndpointUnreachable(t *testing.T) {
	for body, want := range map[string]string{
		"handle /explore/* {\nconsent\n}": "the directive receives only requests for /explore/*, so nothing would answer the module's own address " +
			"/_consent/choice: move it where all requests arrive (outside of handle, handle_path and route, or before them), " +
			"or give it a path that it receives, such as /explore/_consent",
		"handle_path /x/* {\nconsent\n}":                              "receives only requests for /x/*,",
		"route /x/* {\nconsent\n}":                                    "receives only requests for /x/*,",
		"@a path /x/* /y/*\nhandle @a {\nhandle {\nconsent\n}\n}":     "receives only requests for /x/* /y/*,",
		"route {\nreverse_proxy localhost:2\nconsent\n}":              "reverse_proxy stands before the directive and answers all requests, so none would come to it: write consent before reverse_proxy",
		"route {\nreverse_proxy localhost:2\nconsent /x/*\n}":         "write consent before reverse_proxy",
		"route {\nrespond x\nheader X y\nconsent\n}":                  "write consent before respond",
		"route {\nfile_server\nroute {\nconsent\n}\n}":                "write consent before file_server",
		"consent {\nsite {env.SITE}\n}":                               "{env.SITE}: placeholders are not replaced here; in a Caddyfile, use {$NAME}",
		"consent {\nservice x {\ncookies a {http.request.host}\n}\n}": "{http.request.host}: placeholders are not replaced here",
	} {
		t.Run(body, func(t *testing.T) {
			err := validateBody(t, body, "")
			if err == nil || !strings.Contains(err.Error(), want) || strings.HasPrefix(want, "{") && !strings.Contains(err.Error(), "Caddyfile:") {
				t.Errorf("%s: %v", body, err)
			}
		})
	}
	for _, site := range []string{":1", "http://:1"} { // whose routes are the server's own
		text := site + " {\nhandle_path /x/* {\nconsent\n}\n}\n"
		if err := validateSites(t, text); err == nil || !strings.Contains(err.Error(), "receives only requests for /x/*,") {
			t.Errorf("%s: %v", text, err)
		}
	}
	t.Setenv("CONSENT_TEST_SITE", "Ville d’Essai")
	g := served(t, "consent {\nsite \"{$CONSENT_TEST_SITE}\"\n}\nreverse_proxy PORTAL", html(portalPage))
	if page := g.do(t, "GET", "/", "", byVisitor).body; !strings.Contains(page, "Ville d&#8217;Essai") {
		t.Errorf("{$NAME} is not filled: %s", page)
	}
}

func TestLoadBalancerCookie(t *testing.T) {
	for name, policy := range map[string]string{"lb": "cookie", "backend": "cookie backend secret"} {
		g := served(t, "consent\nreverse_proxy PORTAL PORTAL {\nlb_policy "+policy+"\n}", html(portalPage))
		lines := g.do(t, "GET", "/", "", byVisitor).Header["Set-Cookie"]
		if len(lines) != 1 || !strings.HasPrefix(lines[0], name+"=") {
			t.Errorf("%s: %q", policy, lines)
		}
		g.do(t, "GET", "/", "", byVisitor, "Cookie: "+name+"=x; other=y")
		if got := g.asked.Header.Get("Cookie"); got != name+"=x" {
			t.Errorf("%s: upstream comes %s", policy, got)
		}
	}
}

func TestChainedInstancesNotice(t *testing.T) {
	g := new(guarded)
	upstream := httptest.NewServer(html(portalPage))
	t.Cleanup(upstream.Close)
	inner := fmt.Sprintf("localhost:%d", harness.FreePort(t))
	g.url = fmt.Sprintf("http://localhost:%d", harness.FreePort(t))
	harness.Caddy(t, fmt.Sprintf("http://:%s {\n\tconsent {\n%s\n\t}\n\treverse_proxy %s\n}\n%s {\n\tconsent {\n%s\n\t}\n\treverse_proxy %s\n}\n",
		strings.TrimPrefix(inner, "localhost:"), declared, strings.TrimPrefix(upstream.URL, "http://"), g.url, declared, inner))
	for _, metadata := range []string{byVisitor, byFrame, byScript} {
		page := g.do(t, "GET", "/", "", metadata).body
		notices, guards := strings.Count(page, `id="caddy-consent"`), len(harness.GuardTag.FindAllString(page, -1))
		if notices != map[string]int{byVisitor: 1}[metadata] || guards > 1 || metadata != byScript && guards != 1 {
			t.Errorf("%s: %d notices, %d guards", metadata, notices, guards)
		}
	}
	accepted := g.chosen(t, "choice=accept")
	if page := g.do(t, "GET", "/", "", byVisitor, accepted).body; strings.Contains(page, `id="caddy-consent"`) ||
		strings.Count(page, `data-caddy-consent="manage"`) != 1 || !strings.Contains(page, `src="https://www.youtube.com/embed/x`) {
		t.Errorf("after the choice: %s", page)
	}
}
