// Command caddy is a Caddy with the consent module, for `go run` and for trying
// a change. A production binary is better built with xcaddy (see the README).
package main

import (
	caddycmd "github.com/caddyserver/caddy/v2/cmd"

	_ "github.com/caddyserver/caddy/v2/modules/standard"

	_ "github.com/caddy-consent/caddy-consent"
)

func main() {
	caddycmd.Main()
}
