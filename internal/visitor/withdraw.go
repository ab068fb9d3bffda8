package visitor

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/caddy-consent/caddy-consent/internal/cookies"
	"github.com/caddy-consent/caddy-consent/internal/page"
	"github.com/caddy-consent/caddy-consent/internal/policy"
)

// maxExpiredNames bounds how many names one withdrawal looks at.
const maxExpiredNames = 200

// expire removes the cookies of services that are no longer granted from the
// browser, HttpOnly ones included, whatever Domain and Path they were set with, as far as the header has room. The
// choice says what was withdrawn, so that the visitor's next pages delete the rest.
func (h *Handler) expire(header http.Header, r *http.Request, services policy.Set, wanted string) {
	if services == 0 {
		return
	}
	site := h.site(r)
	deletions := cookies.Deletions{Domains: cookies.Domains(site.Host), HTTPS: site.HTTPS, Room: page.Room(header)}
	sent, declared := h.cookieNames(r, services)
	// The likely ones first: trackers set theirs for the whole site or domain.
	for _, names := range [][]string{sent, declared} {
		for _, path := range append([]string{"/"}, paths(r, wanted)...) {
			for _, name := range names {
				for _, line := range deletions.Of(name, path) {
					header.Add("Set-Cookie", line)
				}
			}
		}
	}
}

// cookieNames are the names of the services' cookies: those that the browser sent, and others that are declared
// without a star.
func (h *Handler) cookieNames(r *http.Request, services policy.Set) (sent, declared []string) {
	for _, line := range r.Header["Cookie"] {
		for name := range cookies.Pairs(line) {
			if class := h.Policy.Classify(name); class >= 0 && services.Has(int(class)) && len(sent) < maxExpiredNames && !slices.Contains(sent, name) {
				sent = append(sent, name)
			}
		}
	}
	for i, s := range h.Policy.Services {
		for _, pattern := range s.Cookies {
			if name := string(pattern); services.Has(i) && !strings.Contains(name, "*") && h.Policy.Classify(name) == policy.Class(i) && !slices.Contains(sent, name) {
				declared = append(declared, name)
			}
		}
	}
	return sent, declared
}

// paths are the Path attributes to try besides the root: the page that the visitor
// comes from, the one to go back to, and the folders of both.
func paths(r *http.Request, wanted string) []string {
	var tried []string
	referer, _ := page.RefererPath(r)
	for _, visited := range []string{referer, wanted} {
		u, err := url.Parse(visited)
		if err != nil || !page.IsPath(visited) {
			continue
		}
		for _, path := range cookies.Paths(u.EscapedPath()) {
			if !slices.Contains(tried, path) {
				tried = append(tried, path)
			}
		}
	}
	return tried
}
