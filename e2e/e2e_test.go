// Package e2e drives the module as its users do: through a real Caddy, in front of
// a real Django site, with a real browser.
package e2e

import _ "github.com/caddy-consent/caddy-consent"
