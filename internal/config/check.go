package config

import (
	"fmt"
	"regexp"
	"strings"
)

// placeholder is one of Caddy's that a request or the process would fill.
var placeholder = regexp.MustCompile(`\{(?:env|file|http|vars|system|time)\.[^{}\s]*\}`)

// RefusePlaceholder tells that nobody fills a placeholder in an option: what is declared holds for all requests.
func RefusePlaceholder(text string) error {
	if found := placeholder.FindString(text); found != "" {
		return fmt.Errorf("%s: placeholders are not filled here; {$NAME} is, when a Caddyfile is read", found)
	}
	return nil
}

// IsURLPath tells whether a path is one that needs no escaping and names no folder: "/cookies".
func IsURLPath(path string) bool {
	const characters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/-._~"
	return len(path) > 1 && path[0] == '/' && !strings.HasSuffix(path, "/") && !strings.Contains(path, "//") && strings.Trim(path, characters) == ""
}
