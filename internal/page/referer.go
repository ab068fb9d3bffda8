package page

import (
	"net/http"
	"net/url"
	"strings"
)

// MaxPath bounds the path to come back to.
const MaxPath = 4096

// IsPath tells whether browsers resolve s to this site: a path from the root.
// "//host" and "/\host" name another one, and so does what becomes it when
// browsers take out tabs and newlines (URL standard, "basic URL parser").
func IsPath(s string) bool {
	path, _, _ := strings.Cut(s, "?")
	if len(s) > MaxPath || !strings.HasPrefix(s, "/") || strings.HasPrefix(s, "//") || strings.Contains(path, `\`) {
		return false
	}
	for _, c := range []byte(s) {
		if c <= ' ' || c == 0x7f {
			return false
		}
	}
	u, err := url.Parse(s)
	return err == nil && u.Host == "" && u.Scheme == "" && !strings.HasPrefix(u.EscapedPath(), "//")
}

// RefererPath is the page that the request comes from, if it is one of this site.
func RefererPath(r *http.Request) (string, bool) {
	u, err := url.Parse(r.Header.Get("Referer"))
	if err != nil || u.Host == "" || u.Host != r.Host {
		return "", false
	}
	path := u.EscapedPath()
	if u.RawQuery != "" {
		path += "?" + u.RawQuery
	}
	return path, IsPath(path)
}
