package visitor

import (
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"

	"github.com/caddy-consent/caddy-consent/internal/cookies"
	"github.com/caddy-consent/caddy-consent/internal/policy"
)

// Bounds on what one withdrawal expires.
const (
	maxExpiredNames = 16
	maxExpiredPaths = 6
)

// expire removes the cookies of services that are no longer granted from the
// browser, HttpOnly ones included, whatever Domain and Path they were set with. A
// browser does not tell these, so all that can be are tried.
func (h *Handler) expire(header http.Header, r *http.Request, services policy.Set, wanted string) {
	if services == 0 {
		return
	}
	names := h.cookieNames(r, services)
	for _, domain := range domains(r.Host) {
		for _, path := range paths(r, wanted) {
			for _, name := range names {
				header.Add("Set-Cookie", name+"=; Path="+path+domain+"; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT")
			}
		}
	}
}

// cookieNames are the names of the services' cookies: those that the browser sent
// and those declared without a star.
func (h *Handler) cookieNames(r *http.Request, services policy.Set) []string {
	var names []string
	add := func(name string) {
		if len(names) < maxExpiredNames && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, line := range r.Header["Cookie"] {
		for name := range cookies.Pairs(line) {
			if class := h.Policy.Classify(name); class >= 0 && services.Has(int(class)) {
				add(name)
			}
		}
	}
	for i, s := range h.Policy.Services {
		for _, pattern := range s.Cookies {
			if name := string(pattern); services.Has(i) && !strings.Contains(name, "*") && h.Policy.Classify(name) == policy.Class(i) {
				add(name)
			}
		}
	}
	return names
}

// domains are the Domain attributes that a cookie for this host may have: none, the
// host, and its parents down to the registrable domain (publicsuffix.org).
func domains(host string) []string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	attributes := []string{""}
	registrable, err := publicsuffix.EffectiveTLDPlusOne(host)
	if err != nil || net.ParseIP(host) != nil {
		return attributes
	}
	for {
		attributes = append(attributes, "; Domain="+host)
		if host == registrable || len(attributes) > 5 {
			return attributes
		}
		_, host, _ = strings.Cut(host, ".")
	}
}

// paths are the Path attributes to try: the root, and the folders of the page that
// the visitor comes from and goes back to.
func paths(r *http.Request, wanted string) []string {
	tried := []string{"/"}
	add := func(path string) {
		if len(tried) < maxExpiredPaths && !slices.Contains(tried, path) {
			tried = append(tried, path)
		}
	}
	referer, _ := refererPath(r)
	for _, page := range []string{referer, wanted} {
		u, err := url.Parse(page)
		if err != nil || !isPath(page) {
			continue
		}
		path := u.EscapedPath()
		if strings.Contains(path, ";") { // would end the attribute
			continue
		}
		for i := 1; i < len(path); i++ {
			if path[i] == '/' {
				add(path[:i]) // matches with and without the slash at its end
				add(path[:i+1])
			}
		}
	}
	return tried
}
