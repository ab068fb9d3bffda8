package visitor

import (
	"net/http"
	"net/url"
	"strings"
)

// maxLocation bounds what the answer says of it: proxies in front take a header of 4 KB, in which the choice is too. Of
// a longer one, the query is left out.
const maxLocation = 1200

// maxReturn bounds the path to come back to.
const maxReturn = 4096

// back is where to send the visitor after a choice: the page the form names, else
// the one the browser says it comes from, else the home page; always a path on this
// site.
func back(r *http.Request, wanted string) string {
	referer, _ := refererPath(r)
	for _, path := range []string{wanted, referer} {
		u, err := url.Parse(path)
		if err != nil || !isPath(path) {
			continue
		}
		whole := u.String() // escapes what is not ASCII
		if len(whole) <= maxLocation {
			return whole
		}
		if len(u.EscapedPath()) <= maxLocation {
			return u.EscapedPath()
		}
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
