package visitor

import (
	"net/http"
	"net/url"

	"github.com/caddy-consent/caddy-consent/internal/page"
)

// maxLocation bounds what the answer says of it: proxies in front take a header of 4 KB, in which the choice is too. Of
// a longer one, the query is left out.
const maxLocation = 1200

// back is where to send the visitor after a choice: the page the form names, else
// the one the browser says it comes from, else the home page; always a path on this
// site.
func back(r *http.Request, wanted string) string {
	referer, _ := page.RefererPath(r)
	for _, path := range []string{wanted, referer} {
		u, err := url.Parse(path)
		if err != nil || !page.IsPath(path) {
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
