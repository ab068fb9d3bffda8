// Package surroundings knows what of Caddy stands around the handler: while it is provisioned, the site's other handlers; with
// a request, what the server has found out about it.
package surroundings

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp/headers"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp/rewrite"
	"go.uber.org/zap"

	"github.com/caddy-consent/caddy-consent/internal/endpoint"
)

// Surroundings are the routes among which a handler stands, from the server's own inwards. They are read while the
// handler is provisioned: routes before it have their handlers by then, its own and those behind have them as JSON.
type Surroundings []caddyhttp.RouteList

// Find finds the surroundings of the handler that is being provisioned: those of its site. The routes of a site without a
// host stand in the server's own list, beside other sites.
func Find(ctx caddy.Context) (around Surroundings) {
	for _, module := range ctx.Modules() {
		if m, ok := module.(*caddyhttp.Subroute); ok {
			routes := m.Routes
			if own(routes) == nil && m.Errors != nil {
				routes = m.Errors.Routes
			}
			around = append(around, routes)
		}
	}
	if server, ok := ctx.Value(caddyhttp.ServerCtxKey).(*caddyhttp.Server); ok && server != nil {
		if r := own(server.Routes); r != nil && (len(around) == 0 || len(hosts(r)) == 0) {
			around = append(Surroundings{server.Routes}, around...)
		}
	}
	return around
}

// hosts are those for which alone a route is; none where it is for any.
func hosts(r *caddyhttp.Route) (all []string) {
	for _, set := range r.MatcherSets {
		i := slices.IndexFunc(set, func(matcher any) bool { _, ok := matcher.(*caddyhttp.MatchHost); return ok })
		if i < 0 {
			return nil
		}
		all = append(all, *set[i].(*caddyhttp.MatchHost)...)
	}
	return all
}

// isOther tells whether a route beside that of the handler is another site's.
func isOther(route, own *caddyhttp.Route) bool {
	if own == nil {
		return false
	}
	here, there := hosts(own), hosts(route)
	return len(here) > 0 && len(there) > 0 && !slices.ContainsFunc(here, func(host string) bool { return slices.Contains(there, host) })
}

// Check finds what would keep the handler from its work: the error says which requests for its own addresses do not
// come to it, a warning which fields that it writes are overwritten.
func (around Surroundings) Check(logger *zap.Logger, addresses ...string) error {
	if name := around.answered(); name != "" {
		return fmt.Errorf("%s stands before the directive and answers all requests, so none would come to it: write consent before %s", name, name)
	}
	for _, path := range addresses {
		if path == "" {
			continue
		}
		if err := around.reach(path); err != nil {
			return err
		}
	}
	overwritten := around.overwritten("Cache-Control", "Content-Security-Policy", "Etag", "Link", "Set-Cookie", "Vary")
	if len(overwritten) > 0 {
		logger.Warn("a deferred header directive of this site overwrites header fields that the module writes: set these fields in "+
			"a separate header directive that removes nothing and is not deferred, or with header_down of reverse_proxy",
			zap.Strings("fields", overwritten))
	}
	return nil
}

// own is the route of a list in which the handler stands, or one that holds it; nil for none.
func own(routes caddyhttp.RouteList) *caddyhttp.Route {
	for i := range routes {
		if r := &routes[i]; len(r.Handlers) == 0 && len(r.HandlersRaw) > 0 && len(r.MatcherSetsRaw) == 0 {
			return r
		}
	}
	return nil
}

// reach tells whether requests for a path come to the handler, as far as paths decide about that; else the error
// says which do.
func (around Surroundings) reach(path string) error {
	asked := path
	for _, routes := range around {
		r := own(routes)
		if r == nil {
			continue
		}
		for i := range routes { // handle_path takes away a prefix first
			if &routes[i] == r {
				break
			}
			for _, handler := range routes[i].Handlers {
				if strip, ok := handler.(*rewrite.Rewrite); ok && len(routes[i].MatcherSets) == 0 {
					asked = strings.TrimPrefix(asked, strip.StripPathPrefix)
				}
			}
		}
		var paths []string
		refused := 0
		for _, set := range r.MatcherSets {
			if patterns := otherPaths(set, asked); len(patterns) > 0 {
				paths = append(paths, patterns...)
				refused++
			}
		}
		if refused > 0 && refused == len(r.MatcherSets) {
			return fmt.Errorf("the directive receives only requests for %s, so nothing would answer the module's own address %s: move it where all requests arrive (outside of handle, handle_path and route, or before them), or give it a path that it receives, such as %s",
				strings.Join(paths, " "), path, strings.TrimSuffix(paths[0], "/*")+string(endpoint.Default))
		}
	}
	return nil
}

// answered names a handler in front of the handler that answers all requests; none where there is no such.
func (around Surroundings) answered() (name string) {
	for _, routes := range around {
		r := own(routes)
		if r == nil {
			continue
		}
		for i := range routes {
			if &routes[i] == r {
				break
			}
			if len(routes[i].MatcherSets) > 0 {
				continue
			}
			for _, handler := range routes[i].Handlers {
				module, ok := handler.(caddy.Module)
				if raw, err := json.Marshal(handler); ok && err == nil {
					name = cmp.Or(name, answering(module.CaddyModule().ID.Name(), raw))
				}
			}
		}
		for _, raw := range r.HandlersRaw {
			var h struct {
				Handler string `json:"handler"`
			}
			if len(r.MatcherSets) > 0 || json.Unmarshal(raw, &h) != nil || h.Handler == "consent" {
				break
			}
			name = cmp.Or(name, answering(h.Handler, raw))
		}
	}
	return name
}

// answering is the directive of a handler that passes no request on; none for others. A proxy that handles answers may.
func answering(handler string, raw []byte) string {
	var options struct {
		PassThru bool            `json:"pass_thru"`
		Handle   json.RawMessage `json:"handle_response"`
	}
	if json.Unmarshal(raw, &options) != nil || options.PassThru || options.Handle != nil {
		return ""
	}
	return map[string]string{"reverse_proxy": "reverse_proxy", "file_server": "file_server", "static_response": "respond"}[handler]
}

// otherPaths are the path patterns of a matcher set that a path does not match; none where it does, or paths do not
// decide.
func otherPaths(set caddyhttp.MatcherSet, path string) []string {
	r := &http.Request{Method: http.MethodGet, URL: &url.URL{Path: path}, Header: make(http.Header)}
	r = r.WithContext(context.WithValue(context.Background(), caddy.ReplacerCtxKey, caddy.NewReplacer()))
	for _, matcher := range set {
		var patterns []string
		switch m := matcher.(type) {
		case *caddyhttp.MatchPath:
			patterns = *m
		case *caddyhttp.MatchPathRE:
			patterns = []string{m.Pattern}
		default:
			continue
		}
		if matches, err := matcher.(caddyhttp.RequestMatcherWithError).MatchWithError(r); err == nil && !matches {
			return patterns
		}
	}
	return nil
}

// Before are the handlers that stand before the handler, in its own list of routes and those around.
func (around Surroundings) Before() (handlers []caddyhttp.MiddlewareHandler) {
	for _, routes := range around {
		r := own(routes)
		for i := range routes {
			if !isOther(&routes[i], r) {
				handlers = append(handlers, routes[i].Handlers...)
			}
		}
	}
	return handlers
}

// overwritten are those of the fields that a header directive in front of the handler overwrites, or takes away, after
// it: one that is deferred.
func (around Surroundings) overwritten(fields ...string) (overwritten []string) {
	look := func(ops *headers.RespHeaderOps) {
		if ops == nil || ops.HeaderOps == nil || !ops.Deferred && ops.Require == nil {
			return
		}
		touches := slices.Clone(ops.Delete)
		for field := range ops.Set {
			touches = append(touches, field)
		}
		for field := range ops.Replace {
			touches = append(touches, field)
		}
		for _, touched := range touches {
			for _, field := range fields {
				if matches, _ := path.Match(strings.ToLower(touched), strings.ToLower(field)); matches && !slices.Contains(overwritten, field) && !onlyWithout(ops.Require, field) {
					overwritten = append(overwritten, field)
				}
			}
		}
	}
	for _, handler := range around.Before() {
		if h, ok := handler.(*headers.Handler); ok {
			look(h.Response)
		}
	}
	for _, routes := range around {
		r := own(routes)
		if r == nil {
			continue
		}
		for _, raw := range r.HandlersRaw {
			var h struct {
				Handler  string                 `json:"handler"`
				Response *headers.RespHeaderOps `json:"response"`
			}
			if json.Unmarshal(raw, &h) != nil || h.Handler == "consent" {
				break
			}
			if h.Handler == "headers" {
				look(h.Response)
			}
		}
	}
	slices.Sort(overwritten)
	return overwritten
}

// onlyWithout tells that a header directive acts where a field is absent alone, as with "?Field".
func onlyWithout(require *caddyhttp.ResponseMatcher, field string) bool {
	if require == nil {
		return false
	}
	values, ok := require.Headers[http.CanonicalHeaderKey(field)]
	return ok && values == nil
}

// Cookies are the names of cookies that Caddy itself sets in what stands behind the handler: those by which
// reverse_proxy finds the upstream of a visitor again (lb_policy cookie).
func (around Surroundings) Cookies() (names []string) {
	var walk func(value any)
	walk = func(value any) {
		switch v := value.(type) {
		case []any:
			for _, element := range v {
				walk(element)
			}
		case map[string]any:
			for _, key := range []string{"selection_policy", "fallback"} {
				policy, ok := v[key].(map[string]any)
				if !ok || policy["policy"] != "cookie" {
					continue
				}
				name, _ := policy["name"].(string)
				if name == "" {
					name = "lb" // as reverse_proxy has it
				}
				if !slices.Contains(names, name) {
					names = append(names, name)
				}
			}
			for _, element := range v {
				walk(element)
			}
		}
	}
	for _, routes := range around {
		for i := range routes {
			for _, raw := range routes[i].HandlersRaw {
				var value any
				if json.Unmarshal(raw, &value) == nil {
					walk(value)
				}
			}
		}
	}
	slices.Sort(names)
	return names
}
