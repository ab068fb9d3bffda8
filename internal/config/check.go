package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/caddy-consent/caddy-consent/internal/endpoint"
	"github.com/caddy-consent/caddy-consent/internal/policy"
)

// placeholder is one of Caddy's that a request or the process would fill.
var placeholder = regexp.MustCompile(`\{(?:env|file|http|vars|system|time)\.[^{}\s]*\}`)

// RefusePlaceholder tells that nobody fills a placeholder in an option: what is declared holds for all requests.
func RefusePlaceholder(text string) error {
	if found := placeholder.FindString(text); found != "" {
		return fmt.Errorf("%s: placeholders are not replaced here; in a Caddyfile, use {$NAME}", found)
	}
	return nil
}

// CheckWords refuses values of which one is none of an option's words.
func CheckWords(option string, values []string, words ...string) error {
	for _, value := range values {
		if !slices.Contains(words, value) {
			return policy.Errorf(option, "invalid value %q: expected one of %s", value, strings.Join(words, ", "))
		}
	}
	return nil
}

// CheckRemember refuses a choice that would hold for longer than 13 months (CNIL guidelines), or for less than no time.
func CheckRemember(remember time.Duration) error {
	switch {
	case remember < 0:
		return policy.Errorf("remember", "%s is negative", remember)
	case remember > policy.MaxLifetime:
		return policy.Errorf("remember", "%.0fd is longer than 13 months (395d)", remember.Hours()/24)
	}
	return nil
}

// CheckPaths refuses a prefix and a charter's path that are no paths, or of which one is inside the other.
func CheckPaths(prefix endpoint.Prefix, charter string) error {
	for word, path := range map[string]string{"path": string(prefix), "charter": strings.TrimSuffix(charter, "/")} {
		if path != "" && !isURLPath(path) {
			return policy.Errorf(word, `invalid path %q: give one such as /cookies, which starts with "/", does not end with it, and has only letters, digits and "/-._~"`, path)
		}
	}
	if charter == "/" {
		return policy.Errorf("charter", "/ is the home page: choose another path, such as /cookies")
	}
	if charter != "" && strings.HasPrefix(charter+"/", string(prefix)+"/") {
		return policy.Errorf("charter", "%s is inside the module's own path %s", charter, prefix)
	}
	return nil
}

// isURLPath tells whether a path is one that needs no escaping and names no folder: "/cookies".
func isURLPath(path string) bool {
	const characters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/-._~"
	return len(path) > 1 && path[0] == '/' && !strings.HasSuffix(path, "/") && !strings.Contains(path, "//") && strings.Trim(path, characters) == ""
}
