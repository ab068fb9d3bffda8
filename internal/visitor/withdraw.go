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

// Bounds on what one withdrawal expires: what clients and proxies take of headers
// is about a hundred lines and some kilobytes.
const (
	maxExpiredLines = 48
	maxExpiredNames = 16
)

// expire removes the cookies of services that are no longer granted from the
// browser, HttpOnly ones included, whatever Domain and Path they were set with. A
// browser does not tell these, so all that can be are tried.
func (h *Handler) expire(header http.Header, r *http.Request, services policy.Set, wanted string) {
	if services == 0 {
		return
	}
	https := h.isHTTPS(r)
	names, lines := h.cookieNames(r, services), 0
	add := func(path, domain string) {
		for _, name := range names {
			if lines++; lines <= maxExpiredLines {
				header.Add("Set-Cookie", cookies.Expire(name, path, domain, https))
			}
		}
	}
	// The likely ones first: trackers set theirs for the whole site or domain.
	domains, paths := domains(r.Host), paths(r, wanted)
	for _, domain := range domains {
		add("/", domain)
	}
	for _, path := range paths {
		add(path, "")
	}
	for _, path := range paths {
		for _, domain := range domains[1:] {
			add(path, domain)
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
// registrable domain (publicsuffix.org), the host and what lies between.
func domains(host string) []string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	attributes := []string{""}
	registrable, err := publicsuffix.EffectiveTLDPlusOne(host)
	if err != nil || net.ParseIP(host) != nil {
		return attributes
	}
	attributes = append(attributes, registrable)
	for host != registrable && len(attributes) < 6 {
		attributes = append(attributes, host)
		_, host, _ = strings.Cut(host, ".")
	}
	return attributes
}

// paths are the Path attributes to try besides the root: the page that the visitor
// comes from, the one to go back to, and the folders of both.
func paths(r *http.Request, wanted string) []string {
	var tried []string
	referer, _ := refererPath(r)
	for _, visited := range []string{referer, wanted} {
		u, err := url.Parse(visited)
		if err != nil || !isPath(visited) {
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
