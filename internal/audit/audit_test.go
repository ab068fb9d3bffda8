package audit

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caddy-consent/caddy-consent/internal/csp"
	"github.com/caddy-consent/caddy-consent/internal/policy"
)

const site = "http://data.ville.example"

func testPolicy(t *testing.T) *policy.Policy {
	t.Helper()
	p, err := policy.New(policy.Declaration{
		Allow: []policy.Pattern{"tiles.example"},
		Services: []policy.Service{
			{
				ID: "stats", Purpose: policy.Statistics, Cookies: []policy.Pattern{"st_*"},
				Hosts: []policy.Pattern{"stats.example"}, Inline: []string{"stats.push("},
			},
			{
				ID: "counter", Purpose: policy.Statistics, Cookies: []policy.Pattern{"ct"},
				Hosts: []policy.Pattern{"counter.example"}, Inline: []string{"counter.push("}, Exempt: true,
			},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// names is a resolver.
type names map[string]string

func (n names) LookupCNAME(_ context.Context, host string) (string, error) {
	if name, ok := n[host]; ok {
		return name + ".", nil
	}
	return "", &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
}

// auditor visits the handler, whatever host is asked for.
func auditor(t *testing.T, handler http.HandlerFunc) Auditor {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	transport := &http.Transport{MaxResponseHeaderBytes: 1 << 20, DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
	}}
	t.Cleanup(transport.CloseIdleConnections)
	return Auditor{Policy: testPolicy(t), Client: transport, Resolver: names{}, Rate: 1e6}
}

// pages is a site by path; other paths are not found.
func pages(pages map[string]string, cookies ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		page, ok := pages[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header()["Set-Cookie"] = cookies
		if to, ok := strings.CutPrefix(page, "-> "); ok {
			http.Redirect(w, r, to, http.StatusFound)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, page)
	}
}

func audited(t *testing.T, a Auditor, addresses ...string) *Report {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	report, err := a.Audit(ctx, addresses)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// found are the findings in short.
func found(r *Report) []string {
	var all []string
	for _, f := range r.Findings {
		all = append(all, strings.TrimSpace(fmt.Sprintf("%s %s %s %s", f.Kind, f.Name, f.Why, f.Service)))
	}
	return all
}

func TestPolicyComparison(t *testing.T) {
	a := auditor(t, pages(map[string]string{
		"/": `<!doctype html><body><a href="/two#x">Deux</a><a href="https://elsewhere.example/">Ailleurs</a>
			<script src="//stats.example/s.js"></script><img src="https://counter.example/c.gif"><img src="https://tiles.example/1.png">
			<iframe src="https://www.youtube.com/embed/x"></iframe><link rel="stylesheet" href="https://fonts.googleapis.com/css">
			<script>stats.push(1)</script><script>counter.push(1)</script><img src="/logo.png">`,
		"/two":      `<html><body><img srcset="https://unknown.example/2.png 2x"></body></html>`,
		"/logo.png": "no page",
	}, "sessionid=1; Path=/", "st_a=1", "ct=1", "_fbp=1; Path=/", "mystery=1", "st_b=; Max-Age=0", "=_ga=1"))
	report := audited(t, a, site+"/")
	want := []string{
		"cookie  undeclared", "cookie _fbp undeclared facebook", "cookie mystery undeclared",
		"host fonts.googleapis.com undeclared google-fonts", "host unknown.example undeclared", "host www.youtube.com undeclared youtube",
		"cookie st_a without consent stats", "host stats.example without consent stats", "inline inline script without consent stats",
	}
	if got := found(report); !slices.Equal(got, want) {
		t.Errorf("found\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if report.Pages != 2 || report.Requests != 4 || report.ExitCode() != 1 { // with robots.txt and the logo
		t.Errorf("%d pages, %d requests, exit code %d", report.Pages, report.Requests, report.ExitCode())
	}
	for _, f := range report.Findings {
		if f.Name == "mystery" && (f.Count != 3 || !slices.Equal(f.Where, []string{site + "/", site + "/logo.png", site + "/two"})) {
			t.Errorf("%+v", f)
		}
	}
}

func TestPathsOfTheSite(t *testing.T) {
	const page = `<html><body><script src="/matomo/matomo.js"></script><img src="metrics/g/collect?v=2&amp;tid=G-1">` +
		`<script src="//data.ville.example/stats/s.js"></script><img src="/counter/c.gif"><script src="/gtm.js"></script>` +
		`<img src="https://elsewhere.example/matomo.php"><img data-consent-src="/stats/held.gif">`
	a := auditor(t, pages(map[string]string{"/": page}))
	declare := func(services ...policy.Service) {
		p, err := policy.New(policy.Declaration{Services: services})
		if err != nil {
			t.Fatal(err)
		}
		a.Policy = p
	}
	stats := policy.Service{ID: "stats", Purpose: policy.Statistics, Paths: []policy.Pattern{"/stats/*"}}
	counter := policy.Service{ID: "counter", Purpose: policy.Statistics, Paths: []policy.Pattern{"/counter/*"}, Exempt: true}
	elsewhere := "host elsewhere.example undeclared"
	declare(stats, counter)
	want := []string{
		elsewhere, "path /matomo/matomo.js undeclared matomo", "path /metrics/g/collect?v=2&tid undeclared ga", "path /stats/s.js without consent stats",
	}
	if got := found(audited(t, a, site)); !slices.Equal(got, want) {
		t.Errorf("found\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	matomo, ga := policy.FromCatalogue("matomo"), policy.FromCatalogue("ga")
	matomo.Exempt = true
	declare(stats, counter, matomo, ga)
	want = []string{elsewhere, "path /metrics/g/collect?v=2&tid without consent ga", "path /stats/s.js without consent stats"}
	if got := found(audited(t, a, site)); !slices.Equal(got, want) {
		t.Errorf("declared, found\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestWithheldElements(t *testing.T) {
	a := auditor(t, pages(map[string]string{"/": `<!doctype html><body>
		<script data-caddy-consent="" data-consent-service="stats" type="text/plain" data-consent-src="//stats.example/s.js"></script>
		<script data-caddy-consent="" data-consent-service="stats" type="text/plain">stats.push(1)</script>
		<iframe data-caddy-consent="" data-consent-service="youtube" ` +
		`src="http://data.ville.example/_consent/placeholder?service=youtube&amp;url=https%3A%2F%2Fwww.youtube.com" ` +
		`data-consent-src="https://www.youtube.com/embed/x"></iframe>`}))
	if report := audited(t, a, site); report.ExitCode() != 0 {
		t.Errorf("found %q", found(report))
	}
}

func TestSheets(t *testing.T) {
	const page = `<html><body><link rel="stylesheet" href="/site.css"><link rel="stylesheet" href="/held.css">`
	a := auditor(t, func(w http.ResponseWriter, r *http.Request) {
		text, ok := map[string]string{
			"/site.css": `@import "more.css"; /* https://comment.example/ */ a { background: url(https://tiles.example/1.png) url(//stats.example/p.gif) }`,
			"/more.css": `@import url('https://fonts.googleapis.com/css2?family=Lato'); b { content: "https://text.example/"; src: url(/stats/f.woff) }`,
			"/held.css": `@import url('data:text/css,');`,
		}[r.URL.Path]
		if !ok {
			pages(map[string]string{"/": page})(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/css")
		_, _ = io.WriteString(w, text)
	})
	report := audited(t, a, site)
	if got := found(report); !slices.Equal(got, []string{"host fonts.googleapis.com undeclared google-fonts", "host stats.example without consent stats"}) {
		t.Errorf("found %q", got)
	}
	for _, f := range report.Findings {
		if f.Name == "fonts.googleapis.com" && !slices.Equal(f.Where, []string{site + "/more.css"}) {
			t.Errorf("%+v", f)
		}
	}
}

func TestRedirectCookies(t *testing.T) {
	a := auditor(t, pages(map[string]string{
		"/": "-> http://www.ville.example/home", "/home": "<html><body>ici <a href=/away>x</a>", "/away": "-> https://login.example/",
	}, "mystery=1"))
	report := audited(t, a, site)
	if got := found(report); !slices.Equal(got, []string{"cookie mystery undeclared"}) || report.Findings[0].Count != 3 || report.Pages != 1 {
		t.Errorf("%q, %+v", got, report)
	}
	a = auditor(t, pages(map[string]string{"/": "-> https://elsewhere.example/"}))
	if report := audited(t, a, site); report.ExitCode() != 2 || !strings.Contains(report.Failures[0], "another site") {
		t.Errorf("%+v", report)
	}
}

func TestCNAMETracker(t *testing.T) {
	a := auditor(t, pages(map[string]string{"/": `<html><body><script src="https://metrics.ville.example/a.js"></script>` +
		`<img src="https://img.ville.example/a"><img src="https://cdn.ville.example/a">`}))
	a.Resolver = names{"metrics.ville.example": "x42.stats.example", "cdn.ville.example": "edge.cdn.example", "img.ville.example": "img.ville.example"}
	p, err := policy.New(policy.Declaration{Services: []policy.Service{{
		ID: "stats", Purpose: policy.Statistics, Hosts: []policy.Pattern{"*.stats.example"},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	a.Policy = p
	report := audited(t, a, site)
	if got := found(report); !slices.Equal(got, []string{"host metrics.ville.example without consent stats"}) ||
		report.Findings[0].Via != "x42.stats.example" {
		t.Errorf("%q", got)
	}
	notes := strings.Join(report.Notes, "\n")
	if !strings.Contains(notes, "cdn.ville.example is a host of the site's own domain, and an alias of edge.cdn.example") ||
		!strings.Contains(notes, "img.ville.example is a host of the site's own domain") {
		t.Errorf("notes %q", report.Notes)
	}
}

func TestStrictCSPMissing(t *testing.T) {
	const page = `<html><body>ici`
	bare := auditor(t, pages(map[string]string{"/": page}))
	bare.Strict = csp.Allowlist(bare.Policy.Sources(bare.Policy.Exempt), "/_consent/report")
	if got := found(audited(t, bare, site)); !slices.Equal(got, []string{"policy Content-Security-Policy missing"}) {
		t.Errorf("%q", got)
	}
	strict := auditor(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Content-Security-Policy", "img-src *")
		w.Header().Add("Content-Security-Policy", bare.Strict)
		pages(map[string]string{"/": page})(w, r)
	})
	strict.Strict = bare.Strict
	if report := audited(t, strict, site); report.ExitCode() != 0 {
		t.Errorf("%q", found(report))
	}
}

func TestRobotsFile(t *testing.T) {
	var asked []string
	serve := func(robots string, status int) Auditor {
		asked = nil
		return auditor(t, func(w http.ResponseWriter, r *http.Request) {
			asked = append(asked, r.URL.Path)
			if r.URL.Path == "/robots.txt" {
				w.WriteHeader(status)
				_, _ = io.WriteString(w, robots)
				return
			}
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, `<html><body><a href="/private/a">a</a><a href="/open">b</a>`)
		})
	}
	report := audited(t, serve("User-agent: *\nDisallow: /private", 200), site)
	if report.ExitCode() != 0 || slices.Contains(asked, "/private/a") || !slices.Contains(asked, "/open") {
		t.Errorf("asked %q", asked)
	}
	report = audited(t, serve("User-agent: *\nDisallow: /", 200), site)
	if report.ExitCode() != 2 || len(asked) != 1 || !strings.Contains(report.Failures[0], "robots.txt") {
		t.Errorf("asked %q: %+v", asked, report)
	}
	if report := audited(t, serve("", 503), site); report.ExitCode() != 2 || len(asked) != 1 {
		t.Errorf("asked %q: %+v", asked, report)
	}
	if report := audited(t, serve("", 404), site); report.ExitCode() != 0 || report.Pages != 3 {
		t.Errorf("asked %q: %+v", asked, report)
	}
}

func TestRobotsRules(t *testing.T) {
	for _, c := range []struct {
		text, path string
		want       bool
	}{
		{"User-agent: *\nDisallow: /a\nAllow: /a/b", "/a/b/c", true},
		{"User-agent: *\nDisallow: /a\nAllow: /a/b", "/a/c", false},
		{"User-agent: *\nDisallow: /*.pdf$", "/x/y.pdf", false},
		{"User-agent: *\nDisallow: /*.pdf$", "/x/y.pdf?z", true},
		{"User-agent: *\nDisallow: /a*c", "/abbbc/d", false},
		{"User-agent: *\nDisallow: /a$", "/ab", true},
		{"User-agent: *\nDisallow: /a$", "/a", false},
		{"User-agent: *\nDisallow:", "/a", true},
		{"User-agent: other\nDisallow: /", "/a", true},
		{"User-agent: *\nDisallow: /\n\nUser-agent: Caddy-Consent-Audit\nAllow: /", "/a", true},
		{"User-agent: caddy-consent-audit\nUser-agent: other\nDisallow: /a # here\n", "/a", false},
		{"User-agent: *\nDisallow: /a\nAllow: /a", "/a", true},
		{"\ufeffUSER-AGENT:*\r\nDISALLOW:/a\r\n", "/a", false},
	} {
		t.Run(fmt.Sprintf("%s of %.60q", c.path, c.text), func(t *testing.T) {
			if got := parseRobots([]byte(c.text)).allows(c.path); got != c.want {
				t.Errorf("%q allows %s: %v", c.text, c.path, got)
			}
		})
	}
}

func FuzzRobots(f *testing.F) {
	f.Add("User-agent: *\nDisallow: /a*b$", "/ab")
	f.Fuzz(func(t *testing.T, text, path string) {
		r := parseRobots([]byte(text))
		if len(r.rules) == 0 && !r.allows(path) {
			t.Error("refused without a rule")
		}
	})
}

// endless is a body that never ends.
func endless(w http.ResponseWriter) {
	piece := bytes.Repeat([]byte("<p>encore"), 1000)
	for {
		if _, err := w.Write(piece); err != nil {
			return
		}
	}
}

func TestSiteLimits(t *testing.T) {
	var links bytes.Buffer
	links.WriteString("<html><body>")
	for i := range 100_000 {
		fmt.Fprintf(&links, `<a href="/p%d?q=%d">x</a>`, i, i)
	}
	html := func(w http.ResponseWriter) { w.Header().Set("Content-Type", "text/html") }
	for name, c := range map[string]struct {
		site func(w http.ResponseWriter, r *http.Request)
		code int
		want string
	}{
		"redirects for ever": {
			func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path+"x", http.StatusFound) }, 2, "redirects more than 10 times",
		},
		"redirects to no address": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "javascript:alert(1)")
			w.WriteHeader(http.StatusFound)
		}, 2, "which is not a web address"},
		"an error": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }, 2, "500"},
		"no page":  {func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Type", "application/json") }, 2, ""},
		"no HTTP": {func(w http.ResponseWriter, _ *http.Request) {
			conn, _, _ := w.(http.Hijacker).Hijack()
			_, _ = conn.Write([]byte("SSH-2.0-what\r\n"))
			_ = conn.Close()
		}, 2, "malformed HTTP"},
		"bytes as a page": {func(w http.ResponseWriter, _ *http.Request) {
			html(w)
			_, _ = w.Write(bytes.Repeat([]byte{0, 255, '<', 1}, 5000))
		}, 0, ""},
		"gzip that is none": {func(w http.ResponseWriter, _ *http.Request) {
			html(w)
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = io.WriteString(w, "no gzip")
		}, 0, "was cut off"},
		"a body without end": {func(w http.ResponseWriter, _ *http.Request) { html(w); endless(w) }, 0, "only the first 4194304 bytes"},
		"a header without end": {func(w http.ResponseWriter, _ *http.Request) {
			for range 3000 {
				w.Header().Add("Set-Cookie", strings.Repeat("x", 1000))
			}
		}, 2, "exceeded"},
		"100,000 links": {func(w http.ResponseWriter, _ *http.Request) { html(w); _, _ = w.Write(links.Bytes()) }, 0, "4 pages were checked"},
	} {
		t.Run(name, func(t *testing.T) {
			a := auditor(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/robots.txt" {
					http.NotFound(w, r)
					return
				}
				c.site(w, r)
			})
			a.Pages = 4
			report := audited(t, a, site)
			said := strings.Join(append(report.Failures, report.Notes...), "\n")
			if report.ExitCode() != c.code || !strings.Contains(said, c.want) || report.Requests > 30 {
				t.Errorf("exit code %d, %d requests, %q", report.ExitCode(), report.Requests, said)
			}
		})
	}
}

func TestSiteTimeout(t *testing.T) {
	hang := make(chan struct{})
	a := auditor(t, func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-hang:
		case <-r.Context().Done():
		}
	})
	defer close(hang)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	report, err := a.Audit(ctx, []string{site})
	if err != nil || report.ExitCode() != 2 || !strings.Contains(strings.Join(report.Failures, ""), "did not answer in time") {
		t.Errorf("%v: %+v", err, report)
	}
}

// A given address that was not looked at is a failure, whatever came first.
func TestGivenAddressNotVisited(t *testing.T) {
	a := auditor(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			<-r.Context().Done()
		}
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<html><body>ici")
	})
	var given []string
	for i := range maxRequests + 3 {
		given = append(given, fmt.Sprintf("%s/?page=%d", site, i))
	}
	fails := func(report *Report, n int, want string) {
		t.Helper()
		if report.ExitCode() != 2 || len(report.Failures) != n || report.Failures[n-1] != want {
			t.Errorf("exit code %d, %d failures, want %d with %q: %q", report.ExitCode(), len(report.Failures), n, want, report.Failures)
		}
	}
	// One request is for robots.txt.
	fails(audited(t, a, given...), 4, given[len(given)-1]+" was not looked at: the audit stopped after 400 requests")
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	report, err := a.Audit(ctx, []string{site, site + "/slow", site + "/next"})
	if err != nil {
		t.Fatal(err)
	}
	fails(report, 2, site+"/next was not looked at: the time limit was reached after 1 pages")
}

func TestAddressInvalid(t *testing.T) {
	for _, addresses := range [][]string{nil, {"data.ville.example"}, {"ftp://data.ville.example"}, {"http://"}, {":"}} {
		t.Run(fmt.Sprintf("%q", addresses), func(t *testing.T) {
			if _, err := (Auditor{Policy: testPolicy(t)}).Audit(t.Context(), addresses); err == nil {
				t.Errorf("%q is accepted", addresses)
			}
		})
	}
}

func TestReportTable(t *testing.T) {
	a := auditor(t, pages(map[string]string{"/": `<html><body><script src="//stats.example/s.js"></script>`}, "mystery\x9b31m=1"))
	report := audited(t, a, site)
	report.Notes = append(report.Notes, "\x1b[31mred\n")
	var table strings.Builder
	if err := report.Write(&table); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"WHAT    NAME", "host    stats.example  without consent  stats    1      http://data.ville.example/", "Not clean: ", "Checked 1 page with 2 requests",
	} {
		if !strings.Contains(table.String(), want) {
			t.Errorf("lacks %q in\n%s", want, table.String())
		}
	}
	if strings.Contains(table.String(), "\x1b") || strings.Contains(table.String(), "\x9b") {
		t.Error("the site writes to the terminal")
	}
}
