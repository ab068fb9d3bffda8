package surroundings

import (
	"encoding/json"
	"testing"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp/headers"
)

func TestMatcherSets(t *testing.T) {
	host := caddyhttp.MatchHost{"localhost"}
	path := caddyhttp.MatchPath{"/x/*", "/y/*"}
	around := Surroundings{caddyhttp.RouteList{{
		HandlersRaw: []json.RawMessage{json.RawMessage(`{"handler":"consent"}`)},
		MatcherSets: caddyhttp.MatcherSets{{&path}, {&host}},
	}}}
	if err := around.reach("/_consent/choice"); err != nil {
		t.Errorf("two sets, of which the second takes all paths: %v", err)
	}
}

func TestDeferredHeaderPatterns(t *testing.T) {
	for _, del := range []string{"content-security-policy", "Content-Security-*", "Set-*", "*-policy"} {
		t.Run(del, func(t *testing.T) {
			deleting := &headers.RespHeaderOps{Deferred: true, HeaderOps: &headers.HeaderOps{Delete: []string{del}}}
			around := Surroundings{caddyhttp.RouteList{{Handlers: []caddyhttp.MiddlewareHandler{&headers.Handler{Response: deleting}}}}}
			if got := around.overwritten("Content-Security-Policy", "Set-Cookie"); len(got) == 0 {
				t.Errorf("%s is not told of", del)
			}
		})
	}
}

func TestLoadBalancerFallbackCookie(t *testing.T) {
	proxy := json.RawMessage(`{"handler":"reverse_proxy","load_balancing":{"selection_policy":` +
		`{"policy":"header","field":"X-Up","fallback":{"policy":"cookie","name":"up"}}}}`)
	around := Surroundings{caddyhttp.RouteList{{HandlersRaw: []json.RawMessage{proxy}}}}
	if got := around.Cookies(); len(got) != 1 {
		t.Errorf("%q", got)
	}
}
