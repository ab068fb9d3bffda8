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

func TestOtherHosts(t *testing.T) {
	route := func(hosts ...string) caddyhttp.Route {
		host := caddyhttp.MatchHost(hosts)
		return caddyhttp.Route{MatcherSets: caddyhttp.MatcherSets{{&host}}, Handlers: []caddyhttp.MiddlewareHandler{new(headers.Handler)}}
	}
	handler := route("a.example", "b.example")
	handler.Handlers, handler.HandlersRaw = nil, []json.RawMessage{json.RawMessage(`{"handler":"consent"}`)}
	everywhere := caddyhttp.Route{Handlers: []caddyhttp.MiddlewareHandler{new(headers.Handler)}}
	around := Surroundings{caddyhttp.RouteList{route("c.example"), route("b.example"), everywhere, handler}}
	if n := len(around.Before()); n != 2 {
		t.Errorf("%d handlers stand before, of 2 that the site has", n)
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
