package surroundings

import (
	"net/http"
	"net/url"
	"time"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/caddy-consent/caddy-consent/internal/decision"
)

// OriginalURL is the one that the visitor asked for, before any rewrite.
func OriginalURL(r *http.Request) *url.URL {
	if original, ok := r.Context().Value(caddyhttp.OriginalRequestCtxKey).(http.Request); ok && original.URL != nil {
		return original.URL
	}
	return r.URL
}

// Began is when a request came; Caddy has looked at the clock already.
func Began(r *http.Request) time.Time {
	if t, ok := caddyhttp.GetVar(r.Context(), "start_time").(time.Time); ok {
		return t
	}
	return time.Now()
}

// Trusts tells whether a request comes from a proxy that the server trusts (its option trusted_proxies).
func Trusts(r *http.Request) bool {
	trusted, _ := caddyhttp.GetVar(r.Context(), caddyhttp.TrustedProxyVarKey).(bool)
	return trusted
}

// Publish sets the variables that the rest of the Caddyfile may use.
func Publish(r *http.Request, variables []decision.Var) {
	vars, ok := r.Context().Value(caddyhttp.VarsCtxKey).(map[string]any)
	if !ok {
		return
	}
	for i := range variables {
		vars[variables[i].Name] = variables[i].Value
	}
}
