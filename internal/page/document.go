// Package page tells which responses are pages that a visitor reads, and keeps
// their headers true when they are rewritten (RFC 9110, RFC 9111, Fetch metadata).
package page

import (
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/caddy-consent/caddy-consent/internal/markup"
)

// Asker tells who asks for a document.
type Asker uint8

const (
	// Other is a script's fetch, an image: not the visitor.
	Other Asker = iota
	// Framed is the visitor's browser, for a frame of a page.
	Framed
	// Navigation is the visitor, by Sec-Fetch-Dest.
	Navigation
	// Perhaps is what may be a navigation of a browser that sends no Fetch
	// metadata (old, or the site is not served over https): it accepts HTML. Whether
	// it is, the response's first bytes tell.
	Perhaps
)

// AskedBy judges a request.
func AskedBy(r *http.Request) Asker {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost:
	default:
		return Other
	}
	if dest, ok := r.Header["Sec-Fetch-Dest"]; ok {
		if len(dest) != 1 {
			return Other
		}
		switch dest[0] {
		case "document":
			return Navigation
		case "iframe", "frame", "embed", "object":
			return Framed
		}
		return Other
	}
	for _, accept := range r.Header["Accept"] {
		if strings.Contains(accept, "text/html") {
			return Perhaps
		}
	}
	return Other
}

// FromElsewhere tells that a page of another site, or one without an origin, makes the browser ask.
func FromElsewhere(r *http.Request) bool {
	switch first(r.Header["Sec-Fetch-Site"]) {
	case "cross-site", "same-site":
		return true
	}
	return false
}

// IsWorker tells whether a request is for the script of a worker, which goes by a policy of its own
// (HTML, section 10.2.4).
func IsWorker(r *http.Request) bool {
	switch first(r.Header["Sec-Fetch-Dest"]) {
	case "worker", "sharedworker", "serviceworker":
		return true
	}
	return false
}

// Document is what a response's header says of a document.
type Document struct {
	XHTML bool
	// Charset is the one declared, "" where none is, a name that no encoding has where
	// it cannot be read.
	Charset string
}

// IsDocument tells whether a response carries a document that a browser displays
// and that may be changed: HTML or XHTML with a body of its own, not a part (206),
// not a download, not one whose sender forbids to change it (no-transform).
func IsDocument(status int, h http.Header) (Document, bool) {
	switch {
	case status < 200, status == http.StatusNoContent, status == http.StatusResetContent,
		status == http.StatusPartialContent, status == http.StatusNotModified,
		status/100 == 3 && first(h["Location"]) != "": // browsers go on without showing it
		return Document{}, false
	}
	contentType := first(h["Content-Type"])
	media, _, _ := strings.Cut(contentType, ";")
	media = strings.TrimSpace(media)
	xhtml := isType(media, "application/xhtml+xml")
	if !xhtml && !isType(media, "text/html") {
		return Document{}, false
	}
	if disposition, _, _ := strings.Cut(first(h["Content-Disposition"]), ";"); strings.EqualFold(strings.TrimSpace(disposition), "attachment") {
		return Document{}, false
	}
	if hasDirective(h["Cache-Control"], "no-transform") {
		return Document{}, false
	}
	if strings.EqualFold(contentType, "text/html; charset=utf-8") { // what most pages say
		return Document{Charset: "utf-8"}, true
	}
	_, parameters, err := mime.ParseMediaType(contentType)
	charset := parameters["charset"]
	if err != nil && strings.Contains(strings.ToLower(contentType), "charset=") {
		charset = "unreadable" // known to nobody, so the page is not changed
	}
	return Document{XHTML: xhtml, Charset: charset}, true
}

// isType compares media types. The lengths tell most of them apart in no time.
func isType(media, name string) bool {
	return len(media) == len(name) && strings.EqualFold(media, name)
}

// first is http.Header.Get for a name that is canonical already.
func first(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}

// IsHTTPS tells whether the visitor's connection is encrypted, also where another
// proxy in front ends TLS and says so. A client that lies about it fools itself
// alone: what depends on it is never stored by shared caches.
func IsHTTPS(r *http.Request) bool {
	return r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")
}

// Origin is the scheme and host that the visitor's browser shows, for what a path alone
// does not say; "" where the Host is not one that could be written
// into a page.
func Origin(r *http.Request) string {
	const hostCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]"
	if r.Host == "" || strings.Trim(r.Host, hostCharacters) != "" {
		return ""
	}
	if IsHTTPS(r) {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// IsElsewhere tells whether an absolute path, against that base, leads to another origin than the
// page's. What proxies in front do to the scheme is not seen here, so that the host and the port decide.
func IsElsewhere(r *http.Request, base string) bool {
	host, absolute := markup.Host(base)
	if !absolute {
		return false
	}
	u, err := url.Parse(strings.TrimSpace(base))
	return err != nil || string(host) != Host(r) || ownPort(u.Host) != ownPort(r.Host)
}

// ownPort is the port that stands behind a host, "" for that of a scheme.
func ownPort(host string) string {
	_, port, _ := net.SplitHostPort(host)
	if port == "80" || port == "443" {
		return ""
	}
	return port
}

// Host is the site's, in lower case, without port, as hosts in URLs are compared.
func Host(r *http.Request) string {
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

// hasDirective tells whether a comma-separated list has the token, in any case.
func hasDirective(values []string, token string) bool {
	for _, value := range values {
		for element := range strings.SplitSeq(value, ",") {
			if strings.EqualFold(strings.TrimSpace(element), token) {
				return true
			}
		}
	}
	return false
}
