package visitor

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/caddy-consent/caddy-consent/internal/notice"
	"github.com/caddy-consent/caddy-consent/internal/page"
	"github.com/caddy-consent/caddy-consent/internal/policy"
)

// placeholder answers with what stands in place of a frame: whose its content is, a form that allows
// that service where the visitor can, and a link to the content.
func (h *Handler) placeholder(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	owners := h.Policy.Owners()
	i := slices.IndexFunc(owners, func(s policy.Service) bool { return s.ID == query.Get("service") })
	if i < 0 {
		fail(w, http.StatusBadRequest, "The request names a service that this site does not know.")
		return
	}
	owner, service := policy.Owner(i), owners[i]
	embed := notice.Embed{
		ID: service.ID, Name: cmp.Or(service.Name, service.ID), Undeclared: h.Policy.IsUndeclared(owner),
		Content: h.content(r, query.Get("url"), owner),
	}
	// Also a page that loads nothing but what agrees to it may show this (HTML, section 7.1.4).
	w.Header().Set("Cross-Origin-Embedder-Policy", "require-corp")
	w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
	// In a page of another site, and in one without an origin, it shows too, but has no button that somebody
	// could be made to press unseen: the choice is made on the site itself.
	if query.Has("embedded") || page.FromElsewhere(r) {
		embed.Page = h.embedding(r, query.Get("embedded"))
		w.Header().Set(contentSecurityPolicy, ownPolicy+"; form-action 'none'")
	}
	h.document(w, r, func(v notice.Visitor) ([]byte, error) {
		v.Embed = embed
		return h.Notice.Placeholder(v)
	})
}

// embedding is the path of the page that has the frame, as it says itself or the browser does.
func (h *Handler) embedding(r *http.Request, path string) string {
	if page.IsPath(path) {
		return path
	}
	if path, ok := page.RefererPath(r); ok {
		return path
	}
	return "/"
}

// content is the address of a frame's content, "" where it is not one of that service: the address
// comes with the request, and the page must not lead anywhere else.
func (h *Handler) content(r *http.Request, address string, owner policy.Owner) string {
	if strings.HasPrefix(address, "//") {
		scheme, _, _ := strings.Cut(h.site(r).Origin(), "//")
		address = scheme + address
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.User != nil {
		return ""
	}
	if h.Policy.Owner([]byte(strings.ToLower(strings.TrimSuffix(u.Hostname(), ".")))) != owner {
		return ""
	}
	return u.String()
}
