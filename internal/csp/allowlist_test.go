package csp

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
)

func TestAllowlistDirectives(t *testing.T) {
	policy := Allowlist([]string{"cdn.example", "*.maps.example", "https://x.example:8443"}, "/_consent/report")
	want := "default-src 'self' cdn.example *.maps.example https://x.example:8443 'unsafe-inline' 'unsafe-eval' data: blob: filesystem:" +
		"; form-action 'self' cdn.example *.maps.example https://x.example:8443 data: blob: javascript: mailto:; report-uri /_consent/report"
	if policy != want {
		t.Errorf("%s\n%s", policy, want)
	}
	parsed := parseOne(policy)
	own, _ := url.Parse(page)
	directives := strings.Fields("script-src-elem worker-src frame-src img-src connect-src media-src font-src " +
		"style-src-elem object-src form-action manifest-src prefetch-src child-src")
	for address, allowed := range map[string]bool{
		page + "/x": true, "https://cdn.example/x": true, "https://a.maps.example/": true, "https://x.example:8443/": true,
		"https://x.example/": false, "https://maps.example/": false, "https://evil.example/": false, "http://cdn.example/": false,
		"data:x": true, "blob:x": true,
	} {
		t.Run(fmt.Sprintf("%q", address), func(t *testing.T) {
			u, _ := url.Parse(address)
			for _, directive := range directives {
				if parsed.allows(request{directive: directive, url: u}, own) != allowed {
					t.Errorf("%s %s: %v", directive, address, !allowed)
				}
			}
		})
	}
	for _, r := range []request{
		{directive: "script-src", eval: true}, {directive: "script-src-elem", inline: true}, {directive: "script-src-attr", inline: true},
		{directive: "style-src-elem", inline: true}, {directive: "style-src-attr", inline: true},
	} {
		t.Run(r.directive, func(t *testing.T) {
			if !parsed.allows(r, own) {
				t.Errorf("refused: %+v", r)
			}
		})
	}
}

func TestAllowlistSourceInvalid(t *testing.T) {
	got := Allowlist([]string{"", "a;b", "a,b", "a b", "'unsafe-inline'", "é", "ok.example"}, "")
	if got != strings.ReplaceAll(Allowlist(nil, ""), "'self'", "'self' ok.example") || strings.Contains(got, "report-uri") {
		t.Error(got)
	}
	if got := Allowlist(nil, "/r;script-src *,x y"); !strings.HasSuffix(got, "; report-uri /r%3Bscript-src%20*%2Cx%20y") {
		t.Error(got)
	}
}

func TestWatchlistDirectives(t *testing.T) {
	const want = "default-src 'self' tiles.example 'unsafe-inline' 'unsafe-eval' data: blob: filesystem:; report-uri /_consent/report"
	if got := Watchlist([]string{"tiles.example", "a;b"}, "/_consent/report"); got != want {
		t.Errorf("%s\n%s", got, want)
	}
}
