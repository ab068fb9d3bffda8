package page

import (
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/caddy-consent/caddy-consent/internal/markup"
)

// A Site is where the visitor's browser shows a page. Proxies in front may have ended TLS and changed the Host; those that
// are trusted say how the request came, in X-Forwarded-Proto and X-Forwarded-Host. Of several in a row it is the
// first one in the list that knows.
type Site struct {
	// HTTPS tells whether the visitor's connection is encrypted.
	HTTPS bool
	// Host is with its port, as the browser sent it.
	Host string
}

// SiteOf reads a request; trusted tells whether what sent it is.
func SiteOf(r *http.Request, trusted bool) Site {
	s := Site{r.TLS != nil, r.Host}
	if trusted {
		s.HTTPS = s.HTTPS || strings.EqualFold(forwarded(r, "X-Forwarded-Proto"), "https")
		if host := forwarded(r, "X-Forwarded-Host"); host != "" {
			s.Host = host
		}
	}
	return s
}

// forwarded is what the first proxy in the row has seen.
func forwarded(r *http.Request, name string) string {
	value, _, _ := strings.Cut(first(r.Header[name]), ",")
	return strings.TrimSpace(value)
}

// Origin is for what a path alone does not say; "" where the Host is not one that could be written into a page.
func (s Site) Origin() string {
	const hostCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]"
	if s.Host == "" || strings.Trim(s.Host, hostCharacters) != "" {
		return ""
	}
	if s.HTTPS {
		return "https://" + s.Host
	}
	return "http://" + s.Host
}

// Name is the host in lower case, without port, as hosts in URLs are compared.
func (s Site) Name() string {
	host := s.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

// IsElsewhere tells whether an absolute path, against that base, leads to another origin than the
// page's. What proxies in front that are not trusted do to the scheme is not seen here, so that the host and the port decide.
func (s Site) IsElsewhere(base string) bool {
	host, absolute := markup.Host(base)
	if !absolute {
		return false
	}
	u, err := url.Parse(strings.TrimSpace(base))
	return err != nil || string(host) != s.Name() || ownPort(u.Host) != ownPort(s.Host)
}

// ownPort is the port that stands behind a host, "" for that of a scheme.
func ownPort(host string) string {
	_, port, _ := net.SplitHostPort(host)
	if port == "80" || port == "443" {
		return ""
	}
	return port
}
