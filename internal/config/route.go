package config

import (
	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// AlsoAt makes a directive's route, where it has a matcher, match a pattern of paths besides: those that visitors asked for,
// since a rewrite or handle_path may have changed the path on the way here.
func AlsoAt(values []httpcaddyfile.ConfigValue, pattern string) []httpcaddyfile.ConfigValue {
	for i := range values {
		if route, ok := values[i].Value.(caddyhttp.Route); ok && len(route.MatcherSetsRaw) > 0 {
			paths := map[string]map[string]string{"{http.request.orig_uri.path}": {"pattern": pattern}}
			route.MatcherSetsRaw = append(route.MatcherSetsRaw, caddy.ModuleMap{"vars_regexp": caddyconfig.JSON(paths, nil)})
			values[i].Value = route
		}
	}
	return values
}
