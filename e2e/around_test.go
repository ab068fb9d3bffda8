package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// Inputs that once led around the rules of answers_test.go.

// isGuarded tells whether a page has the guard, also as a service worker keeps it.
func isGuarded(page string) bool {
	return strings.Contains(page, `/guard.js"`) || strings.Contains(page, `/kept.js"`)
}

func TestContentSniffingSplit(t *testing.T) {
	for name, c := range map[string]struct {
		fields  map[string]string
		chunks  []string
		guarded bool
	}{
		"split */*": {map[string]string{"Content-Type": "*/*"}, []string{"<s", "cript>track()</script><p>x"}, true},
		"split p":   {map[string]string{"Content-Type": "*/*"}, []string{"<p", ">x<script>a()</script>"}, true},
		"whole */*": {map[string]string{"Content-Type": "*/*"}, []string{"<script>track()</script><p>x"}, true},
		"space for ; nosniff": {map[string]string{"Content-Type": "text/html charset=utf-8", "X-Content-Type-Options": "nosniff"},
			[]string{portalPage}, true},
		"comma for ; nosniff": {map[string]string{"Content-Type": "text/html, charset=utf-8", "X-Content-Type-Options": "nosniff"},
			[]string{portalPage}, true},
		"no-transform, no type":    {map[string]string{"Cache-Control": "no-transform"}, []string{portalPage}, false},
		"no-transform, */*":        {map[string]string{"Cache-Control": "no-transform", "Content-Type": "*/*"}, []string{portalPage}, false},
		"a type as content coding": {map[string]string{"Content-Type": "text/html", "Content-Encoding": "text/html"}, []string{portalPage}, true},
		"attachment, odd type":     {map[string]string{"Content-Type": "*/*", "Content-Disposition": "attachment"}, []string{portalPage}, false},
		"attachment upper ; doubled": {map[string]string{"Content-Type": "text/html", "Content-Disposition": `attachment ;filename=x`},
			[]string{portalPage}, false},
	} {
		t.Run(name, func(t *testing.T) {
			g := guard(t, declared, func(w http.ResponseWriter, r *http.Request) {
				for n, v := range c.fields {
					w.Header()[n] = []string{v}
				}
				for i, chunk := range c.chunks {
					_, _ = io.WriteString(w, chunk)
					if i < len(c.chunks)-1 {
						w.(http.Flusher).Flush()
					}
				}
			})
			res := g.do(t, "GET", "/", "", byVisitor)
			if isGuarded(res.body) != c.guarded {
				t.Errorf("guarded %t, type %q", !c.guarded, res.Header["Content-Type"])
			}
		})
	}
}

func TestRedirectStatus(t *testing.T) {
	g := guard(t, declared, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Location", "/fr")
		w.WriteHeader(300)
		_, _ = io.WriteString(w, portalPage)
	})
	if res := g.do(t, "GET", "/", "", byVisitor); !isGuarded(res.body) {
		t.Errorf("%d not guarded", res.StatusCode)
	}
}

func TestVaryCookie(t *testing.T) {
	g := guard(t, declared, func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h["Content-Type"] = []string{"image/png"}
		h["Cache-Control"] = []string{"public, max-age=600"}
		h["Report-To"] = []string{`{"max_age":1,"endpoints":[{"url":"https://tool.example/r"}]}`}
		_, _ = io.WriteString(w, "x")
	})
	for _, c := range [][]string{{"Sec-Fetch-Dest: image", g.chosen(t, "choice=accept")}} {
		res := g.do(t, "GET", "/", "", c...)
		if !strings.Contains(strings.Join(res.Header["Vary"], ","), "Cookie") {
			t.Errorf("granted: Report-To %q with Vary %q", res.Header["Report-To"], res.Header["Vary"])
		}
	}
	g = guard(t, declared, html(portalPage, "Cache-Control: public, max-age=600, no-transform",
		"Link: <https://tool.example/x.js>; rel=preload; as=script"))
	for _, c := range [][]string{{byVisitor, g.chosen(t, "choice=accept")}, {byVisitor}} {
		res := g.do(t, "GET", "/", "", c...)
		if !strings.Contains(strings.Join(res.Header["Vary"], ","), "Cookie") {
			t.Errorf("no-transform: Link %q with Vary %q", res.Header["Link"], res.Header["Vary"])
		}
	}
	g = guard(t, "third_parties strict\n"+declared, func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h["Content-Type"] = []string{"image/png"}
		h["Cache-Control"] = []string{"public, max-age=600"}
		h["Report-To"] = []string{`{"group":"cf-nel","max_age":604800,"endpoints":[{"url":"https://a.nel.cloudflare.com/report/v4"}]}`}
		_, _ = io.WriteString(w, "x")
	})
	if res := g.do(t, "GET", "/x.png", "", "Sec-Fetch-Dest: image"); strings.Contains(strings.Join(res.Header["Vary"], ","), "Cookie") {
		t.Errorf("strict, an image with an undeclared endpoint: Vary %q", res.Header["Vary"])
	}
}

func TestWorkerConditionalRequest(t *testing.T) {
	g := guard(t, declared, func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h["Content-Type"] = []string{"application/json"}
		h["Etag"] = []string{`"v1"`}
		if r.Header.Get("If-None-Match") == `"v1"` {
			w.WriteHeader(304)
			return
		}
		_, _ = io.WriteString(w, "{}")
	})
	for _, fields := range [][]string{{byScript, byWorker}, {byScript}} {
		t.Run(named(fields), func(t *testing.T) {
			res := g.do(t, "GET", "/data.json", "", append(fields, `If-None-Match: "v1"`)...)
			if res.StatusCode != 304 {
				t.Errorf("%v: %d", fields, res.StatusCode)
			}
			g.do(t, "GET", "/data.json", "", append(fields, `If-Range: "v1"`, "Range: bytes=0-1")...)
			if g.asked.Header.Get("Range") == "" {
				t.Errorf("%v: the Range is gone", fields)
			}
		})
	}
}

func TestServiceWorkerNoMetadata(t *testing.T) {
	g := guard(t, "third_parties strict\n"+declared, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		w.Header().Set("Etag", `"v1"`)
		if r.Header.Get("If-None-Match") == `"v1"` {
			w.WriteHeader(304)
			return
		}
		if r.URL.Path == "/" {
			html(portalPage)(w, r)
			return
		}
		_, _ = io.WriteString(w, "x")
	})
	res := g.do(t, "GET", "/sw", "", "Service-Worker: script", "Accept: */*")
	if len(res.Header["Content-Security-Policy"]) == 0 {
		t.Errorf("a service worker without metadata has no policy")
	}
	res = g.do(t, "GET", "/", "", byScript, "Sec-Fetch-Mode: cors")
	if len(res.Header["Content-Security-Policy"]) == 0 {
		t.Errorf("kept by a worker with Referrer-Policy: no-referrer: no policy")
	}
}

func TestChainedInstancesOuter(t *testing.T) {
	upstream := httptest.NewServer(html(portalPage))
	t.Cleanup(upstream.Close)
	inner := fmt.Sprint(harness.FreePort(t))
	g := new(guarded)
	g.url = fmt.Sprintf("http://localhost:%d", harness.FreePort(t))
	harness.Caddy(t, fmt.Sprintf("http://:%s {\n\tconsent\n\treverse_proxy %s\n}\n%s {\n\tconsent {\nthird_parties strict\n%s\n\t}\n"+
		"\treverse_proxy localhost:%s\n}\n", inner, strings.TrimPrefix(upstream.URL, "http://"), g.url, declared, inner))
	res := g.do(t, "GET", "/", "", byVisitor)
	if len(res.Header["Content-Security-Policy"]) == 0 {
		t.Errorf("no policy of ours")
	}
	if strings.Contains(res.body, `<img src="//cdn.tool.example`) {
		t.Errorf("the declared service's image is not withheld")
	}
}

func validateBody(t *testing.T, body, global string) error {
	return validateSites(t, global+"\nhttp://localhost:1 {\n"+body+"\n}\n")
}

// validateSites loads whole sites, without starting them.
func validateSites(t *testing.T, sites string) error {
	text := "{\nadmin off\n}\n" + sites
	config, _, err := caddyfile.Adapter{ServerType: httpcaddyfile.ServerType{}}.Adapt([]byte(text), map[string]any{"filename": "Caddyfile"})
	if err != nil {
		return err
	}
	var parsed caddy.Config
	if err := json.Unmarshal(config, &parsed); err != nil {
		t.Fatal(err)
	}
	parsed.StorageRaw = json.RawMessage(`{"module":"file_system","root":` + quote(t.TempDir()) + `}`)
	return caddy.Validate(&parsed)
}

func TestMistakes(t *testing.T) {
	for body, want := range map[string]string{
		"consent {\nremember 6 months\n}":                               "remember takes one value: write quotes around one with spaces, at Caddyfile:7",
		"consent {\ncontroller Ville de Test a@b.example\n}":            "controller takes one value or two: write quotes around one with spaces, at Caddyfile:7",
		"consent {\nservice matomo exempt\n}":                           "service takes one id: what else there is to say of it stands in a block",
		"consent {\nservice matomo {\nexempt yes\n}\n}":                 "exempt takes no value on its line, at Caddyfile:8",
		"consent {\nservice youtube {\ndescription Our own films\n}\n}": "description takes a text, and a language before it",
		"consent {\nallow\n}":                                           "allow takes one value or more, at Caddyfile:7",
		"consent observe":                                               "consent takes a matcher and a block: \"observe\" is neither, at Caddyfile:6",
		"consent {\nservice youtub\n}":                                  "service youtub: the catalogue does not know it (is youtube meant?), so it needs a purpose",
		"consent {\nremember 2y\n}":                                     `remember: invalid duration "2y": give one such as 180d or 12h, at Caddyfile:7`,
		"consent {\nlanguage french\n}":                                 `invalid language tag "french": give one such as fr or en, at Caddyfile:7`,
		"consent {\nnecessary ^s.*\n}":                                  `necessary: cookie pattern "^s.*" looks like a regular expression`,
		"consent {\ncharter cookies\n}":                                 `charter: invalid path "cookies": give one such as /cookies, which starts with "/"`,
	} {
		if err := validateBody(t, body, ""); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", body, err)
		}
	}
}

func TestDirectiveReachability(t *testing.T) {
	for name, text := range map[string]string{
		"two sites without a host":  ":1 {\nconsent {\nservice ga\n}\n}\n:2 {\nconsent {\nservice youtube\n}\n}\n",
		"errors of one with a host": ":1 {\nconsent {\nservice ga\n}\n}\nhttp://a.example:1 {\nconsent\nhandle_errors {\nconsent\nrespond x\n}\n}\n",
		"one with a host":           ":1 {\nconsent {\nservice ga\n}\n}\nhttp://a.example:1 {\nconsent {\nservice youtube\n}\n}\n",
	} {
		for range 4 { // servers are prepared in any order
			if err := validateSites(t, text); err != nil {
				t.Errorf("refused: %s: %v", name, err)
			}
		}
	}
	for name, body := range map[string]string{
		"handle in handle_path":  "handle_path /app/* {\nhandle /sub/* {\nconsent {\npath /app/sub/_consent\n}\n}\n}",
		"behind some":            "route {\nreverse_proxy /api/* localhost:2\nconsent\nreverse_proxy localhost:2\n}",
		"behind a passing one":   "route {\nfile_server {\npass_thru\n}\nconsent\n}",
		"behind handled answers": "route {\nreverse_proxy localhost:2 {\n@missing status 404\nhandle_response @missing {\ncopy_response\n}\n}\nconsent\n}",
	} {
		if err := validateBody(t, body, ""); err != nil {
			t.Errorf("refused: %s: %v", name, err)
		}
	}
	for name, c := range map[string]struct{ global, body, path, page string }{
		"handle in handle_path": {"", "handle_path /app/* {\nhandle /sub/* {\nconsent {\npath /app/sub/_consent\n}\n" +
			"reverse_proxy PORTAL\n}\n}", "/app/sub/_consent/choice", "/app/sub/x"},
		"a matcher in handle_path": {"", "handle_path /x/* {\nconsent /explore/* {\npath /x/_consent\n}\nreverse_proxy PORTAL\n}",
			"/x/_consent/choice", "/x/explore/1"},
		"path_regexp": {"", "@re path_regexp ^/explore/\nhandle @re {\nconsent\nreverse_proxy PORTAL\n}\nhandle {\n" +
			"reverse_proxy PORTAL\n}", "/_consent/choice", "/explore/1"},
		"charter elsewhere": {"", "handle /x/* {\nconsent {\npath /x/_consent\ncharter /cookies\n}\nreverse_proxy PORTAL\n}\n" +
			"handle {\nreverse_proxy PORTAL\n}", "/cookies", "/x/1"},
		"invoke": {"&(app) {\nconsent\nreverse_proxy PORTAL\n}",
			"handle /x/* {\ninvoke app\n}\nhandle {\nreverse_proxy PORTAL\n}", "/_consent/choice", "/x/1"},
		"uri strip_prefix in route": {"", "route {\nuri strip_prefix /x\nconsent /explore/*\nreverse_proxy PORTAL\n}",
			"/_consent/choice", "/x/explore/1"},
		"a matcher behind a rewrite of others": {"", "rewrite /_* /other{uri}\nconsent /explore/*\nreverse_proxy PORTAL", "/_consent/choice", "/explore/1"},
	} {
		t.Run(name, func(t *testing.T) {
			up := httptest.NewServer(html(portalPage))
			defer up.Close()
			port := strings.TrimPrefix(up.URL, "http://")
			body, global := strings.ReplaceAll(c.body, "PORTAL", port), strings.ReplaceAll(c.global, "PORTAL", port)
			if err := validateBody(t, body, global); err != nil {
				return // refused
			}
			g := new(guarded)
			g.url = fmt.Sprintf("http://localhost:%d", harness.FreePort(t))
			harness.Caddy(t, global+"\n"+g.url+" {\n"+body+"\n}\n")
			shown := strings.Contains(g.do(t, "GET", c.page, "", byVisitor).body, `id="caddy-consent"`)
			res := g.do(t, "GET", c.path, "")
			if shown && (res.StatusCode != 200 || strings.Contains(res.body, "own.png")) {
				t.Errorf("accepted, the notice is shown, but %s: %d, %.40q", c.path, res.StatusCode, res.body)
			}
		})
	}
}

func TestDirectivePathConflict(t *testing.T) {
	err := validateBody(t, "consent /a/* {\nservice ga\n}\nconsent /b/* {\nservice youtube\n}", "")
	if err == nil || !strings.Contains(err.Error(), "give this one a path of its own") {
		t.Errorf("%v", err)
	}
	if err := validateBody(t, "consent /a/* {\nservice ga\n}\nconsent /b/* {\npath /_b\nservice youtube\n}", ""); err != nil {
		t.Errorf("with another path: %v", err)
	}
}

func TestPageHeaderWithheld(t *testing.T) {
	for mode, field := range map[string]string{
		"catalogue": `Report-To: {"max_age":1,"endpoints":[{"url":"https://tool.example/r"}]}`,
		"strict":    "Content-Security-Policy: frame-ancestors 'self'; report-uri https://o1.ingest.sentry.io/api/1/security/",
	} {
		t.Run(mode, func(t *testing.T) {
			g := guard(t, "third_parties "+mode+"\n"+declared, html(portalPage, field))
			res := g.do(t, "GET", "/", "", byVisitor)
			if !isGuarded(res.body) || !noticeTag.MatchString(res.body) || bare(res.body) != withheld {
				t.Errorf("%s: guarded %t, notice %t", mode, isGuarded(res.body), noticeTag.MatchString(res.body))
			}
			if mode == "strict" && !strings.Contains(strings.Join(res.Header["Content-Security-Policy"], ","), "default-src 'self'") {
				t.Errorf("no policy of ours: %q", res.Header["Content-Security-Policy"])
			}
		})
	}
}

func TestNotModifiedDeniedHosts(t *testing.T) {
	for name, value := range map[string]string{
		"Link": `<https://tool.example/x.js>; rel=preload; as=script`, "Report-To": `{"max_age":1,"endpoints":[{"url":"https://tool.example/r"}]}`,
		"Refresh": `3; url=https://tool.example/`,
	} {
		t.Run(name, func(t *testing.T) {
			g := guard(t, declared, func(w http.ResponseWriter, r *http.Request) {
				h := w.Header()
				h["Etag"] = []string{`"v1"`}
				if r.Header.Get("If-None-Match") != "" {
					h[name] = []string{value}
					w.WriteHeader(http.StatusNotModified)
					return
				}
				html(portalPage)(w, r)
			})
			whole := g.do(t, "GET", "/", "", byVisitor)
			again := g.do(t, "GET", "/", "", byVisitor, "If-None-Match: "+whole.Header.Get("Etag"))
			if strings.Contains(strings.Join(again.Header[name], ""), "tool.example") {
				t.Errorf("%d: %s: %q", again.StatusCode, name, again.Header[name])
			}
		})
	}
}

func TestReturnURLTooLong(t *testing.T) {
	g := guard(t, "service many {\npurpose embeds\ncookies a b c d e f g h i j\n}\n", html(portalPage))
	accepted := g.chosen(t, "choice=accept")
	for _, n := range []int{3000, 3500, 4000} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			res := g.do(t, "POST", "/_consent/choice", "choice=refuse&return=/?q="+strings.Repeat("a", n),
				"Content-Type: application/x-www-form-urlencoded", accepted)
			if size := fieldsOf(res.Header); size > 4096 {
				t.Errorf("return of %d: header of %d bytes, location %d", n, size, len(res.Header.Get("Location")))
			}
		})
	}
}

func TestLoadBalancerCookieOtherSite(t *testing.T) {
	up := httptest.NewServer(html(portalPage, "Set-Cookie: tracker=1; Path=/"))
	defer up.Close()
	port := strings.TrimPrefix(up.URL, "http://")
	g := new(guarded)
	p := harness.FreePort(t)
	g.url = fmt.Sprintf("http://localhost:%d", p)
	harness.Caddy(t, fmt.Sprintf("http://a-longer.localhost:%d {\nreverse_proxy %s %s {\nlb_policy cookie tracker\n}\n}\nhttp://localhost:%d {\n"+
		"consent\nreverse_proxy %s\n}\nhttp://z:%d {\nreverse_proxy %s %s {\nlb_policy cookie tracker\n}\n}\n", p, port, port, p, port, p, port, port))
	if lines := g.do(t, "GET", "/", "", byVisitor).Header["Set-Cookie"]; len(lines) > 0 {
		t.Errorf("undeclared on this site, named by another one: %q", lines)
	}
}

func TestResponseHeaderSize(t *testing.T) {
	for name, c := range map[string]struct{ long, cookie string }{
		"a native choice without a time": {"", "cookies_preferences=" + url.QueryEscape(`{"many":false}`)},
		"a long policy of the site's":    {strings.Repeat("x", 3760), "x=y"},
	} {
		t.Run(name, func(t *testing.T) {
			up := httptest.NewServer(html("<!doctype html><title>x</title><body>x", "X-Long: "+c.long))
			defer up.Close()
			port := harness.FreePort(t)
			harness.Caddy(t, fmt.Sprintf("http://:%d {\n\tconsent {\nservice many {\npurpose embeds\ncookies srv_*\n}\n\t}\n\treverse_proxy %s\n}\n", port,
				strings.TrimPrefix(up.URL, "http://")))
			front := nginx(t, fmt.Sprintf("127.0.0.1:%d", port))
			for _, n := range []int{0, 60} {
				r, _ := http.NewRequest("GET", "http://"+front+"/catalogue/dataset/x", nil)
				r.Header.Set("Sec-Fetch-Dest", "document")
				r.Header.Set("Cookie", c.cookie+leftovers(n))
				res, err := http.DefaultTransport.RoundTrip(r)
				if err != nil {
					t.Fatal(err)
				}
				res.Body.Close()
				if res.StatusCode != 200 {
					t.Errorf("%s, %d leftovers: %d", name, n, res.StatusCode)
				}
			}
		})
	}
}

// TestHeaderFieldsMalformed: with fields that are doubled, empty, long, not ASCII or broken, a page is enforced or passes as
// it came, and all else passes.
func TestHeaderFieldsMalformed(t *testing.T) {
	odd := map[string][]string{
		"empty": {""}, "empty twice": {"", ""}, "not ASCII": {"é"}, "twice": {"text/html", "text/html"},
		"long": {strings.Repeat("x", 9000)}, "a long list": {strings.Repeat("a, ", 4000)}, "quotes": {`"`, `\`}, "semicolons": {";;;"},
		"equals": {"=?", "==="}, "spaces": {"\t \t"}, "addresses": {"https://tool.example/\u00e9", "//["}, "brackets": {"{", "[]"},
		"modes": {"navigate", "document"},
	}
	var answer http.Header
	g := guard(t, "third_parties strict\n"+declared, func(w http.ResponseWriter, r *http.Request) {
		for name, values := range answer {
			w.Header()[name] = values
		}
		if _, typed := answer["Content-Type"]; !typed {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
		}
		if _, leads := answer["Location"]; leads {
			w.WriteHeader(http.StatusFound)
		}
		_, _ = io.WriteString(w, portalPage)
	})
	ends := func(t *testing.T, fields ...string) {
		t.Helper()
		res := g.do(t, "GET", "/", "", fields...)
		if res.StatusCode != http.StatusOK && res.StatusCode != http.StatusFound && res.StatusCode != http.StatusSeeOther { // to the placeholder
			t.Error(res.Status)
		}
		if res.body != portalPage && !isGuarded(res.body) {
			t.Errorf("%.300s", res.body)
		}
	}
	asked := []string{
		"Sec-Fetch-Dest", "Sec-Fetch-Mode", "Sec-Fetch-Site", "Referer", "Service-Worker", "X-Requested-With", "Hx-Request",
		"X-Forwarded-Proto", "Cookie", "Accept", "Accept-Encoding", "If-None-Match", "Sec-Gpc",
	}
	matrix(func(name string, x []string) {
		t.Run(name, func(t *testing.T) {
			answer = nil
			fields := []string{"Accept: text/html"}
			for _, value := range odd[x[1]] {
				fields = append(fields, x[0]+": "+value)
			}
			ends(t, fields...)
		})
	}, asked, slices.Collect(maps.Keys(odd)))
	answered := []string{
		"Content-Type", "Content-Encoding", "Content-Disposition", "X-Content-Type-Options", "Cache-Control", "Location", "Refresh", "Link",
		"Speculation-Rules", "Report-To", "Nel", "Reporting-Endpoints", "Content-Security-Policy", "Vary", "Etag", "Set-Cookie",
	}
	matrix(func(name string, x []string) {
		t.Run(name, func(t *testing.T) {
			answer = http.Header{x[0]: odd[x[1]]}
			ends(t, x[2])
		})
	}, answered, slices.Collect(maps.Keys(odd)), []string{byVisitor, byFrame, "Sec-Fetch-Dest: image"})
}

// matrix calls f with every combination of a value of each list, and with the name of its subtest.
func matrix(f func(name string, values []string), lists ...[]string) {
	for _, values := range harness.Combinations(lists...) {
		f(named(values), values)
	}
}

// named is a short name of a subtest: of header fields, there are the values, and of cookies, that there are some.
func named(values []string) string {
	var names []string
	for _, value := range values {
		if field, of, ok := strings.Cut(value, ": "); ok && field == "Cookie" {
			value = "cookies"
		} else if ok {
			value = of
		}
		names = append(names, value)
	}
	return strings.Join(names, ",")
}

// leftovers are so many cookies of a service that was denied.
func leftovers(n int) string {
	var cookies strings.Builder
	for i := range n {
		fmt.Fprintf(&cookies, "; srv_%02d=a", i)
	}
	return cookies.String()
}
