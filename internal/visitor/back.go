package visitor

import (
	"net/http"
	"net/url"
	"strings"
)

// maxReturn bounds the path to come back to.
const maxReturn = 4096

// back is where to send the visitor after a choice: the page the form names, else
// the one the browser says it comes from, else the home page; always a path on this
// site.
func back(r *http.Request, wanted string) string {
	if u, err := url.Parse(wanted); err == nil && isPath(wanted) {
		return u.String() // escapes what is not ASCII
	}
	if referer, ok := refererPath(r); ok {
		return referer
	}
	return "/"
}

// isPath tells whether browsers resolve s to this site: a path from the root.
// "//host" and "/\host" name another one, and so does what becomes it when
// browsers take out tabs and newlines (URL standard, "basic URL parser").
func isPath(s string) bool {
	path, _, _ := strings.Cut(s, "?")
	if len(s) > maxReturn || !strings.HasPrefix(s, "/") || strings.HasPrefix(s, "//") || strings.Contains(path, `\`) {
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

// refererPath is the page that the request comes from, if it is one of this site.
func refererPath(r *http.Request) (string, bool) {
	u, err := url.Parse(r.Header.Get("Referer"))
	if err != nil || u.Host == "" || u.Host != r.Host {
		return "", false
	}
	path := u.EscapedPath()
	if u.RawQuery != "" {
		path += "?" + u.RawQuery
	}
	return path, isPath(path)
}
