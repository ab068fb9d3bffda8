package csp

import "strings"

// origin is a page's: what 'self' means, and where all that we need is.
type origin struct {
	scheme string
	host   string // "" where no host-source can name it
	port   string // the scheme's own where none is written
}

// originOf reads an origin as a browser serializes it. No host-source can name an IPv6
// address or a host with an underscore (CSP3, section 2.3.1); a page there has only
// 'self'. IPv4 addresses are not to match either (section 6.7.2.10), but do in all
// browsers, as developers' machines and intranets need it.
func originOf(s string) origin {
	scheme, authority, _ := strings.Cut(s, "://")
	host, port, _ := strings.Cut(authority, ":")
	o := origin{scheme, host, port}
	if port == "" {
		o.port = defaultPort(scheme)
	}
	if !isHost(host) || !isPort(o.port) {
		o.host = ""
	}
	return o
}

func defaultPort(scheme string) string {
	switch {
	case strings.EqualFold(scheme, "https"):
		return "443"
	case strings.EqualFold(scheme, "http"):
		return "80"
	}
	return ""
}

// isHost tells a name that a host-source can have: labels of letters, digits and "-".
func isHost(s string) bool {
	for label := range strings.SplitSeq(s, ".") {
		if label == "" {
			return false
		}
		for i := 0; i < len(label); i++ {
			if c := label[i]; !isLetter(c) && !isDigit(c) && c != '-' {
				return false
			}
		}
	}
	return true
}

func isPort(s string) bool {
	for i := 0; i < len(s); i++ {
		if !isDigit(s[i]) {
			return false
		}
	}
	return s != ""
}

// matchesAny tells whether a list allows a path of the page's own origin.
// CSP3, section 6.7.2.7.
func (o origin) matchesAny(list, path string) bool {
	for word, rest := next(list); word != ""; word, rest = next(rest) {
		if o.matches(word, path) {
			return true
		}
	}
	return false
}

// matches tells whether a source expression allows a path of the page's own origin.
// CSP3, section 6.7.2.8.
func (o origin) matches(expression, path string) bool {
	if expression == "*" || strings.EqualFold(expression, "'self'") {
		return true
	}
	s, ok := parseSource(expression)
	return ok && (s.scheme == "" || o.matchesScheme(s.scheme)) &&
		(s.host == "" || o.matchesHost(s.host) && o.matchesPort(s.port) && matchesPath(s.path, path))
}

// matchesScheme lets http stand for https. CSP3, section 6.7.2.9, has ws stand for
// http as well, as sockets are opened by it; some browsers do not.
func (o origin) matchesScheme(scheme string) bool {
	return strings.EqualFold(scheme, o.scheme) ||
		strings.EqualFold(scheme, "http") && strings.EqualFold(o.scheme, "https")
}

// matchesHost compares with the page's host, of which "*.example.com" means what is
// below example.com only. CSP3, section 6.7.2.10.
func (o origin) matchesHost(pattern string) bool {
	if o.host == "" {
		return false
	}
	if suffix, ok := strings.CutPrefix(pattern, "*."); ok {
		at := len(o.host) - len(suffix)
		return at > 0 && o.host[at-1] == '.' && strings.EqualFold(o.host[at:], suffix)
	}
	return pattern == "*" || strings.EqualFold(pattern, o.host)
}

// matchesPort takes a source without a port for the scheme's own. CSP3, section
// 6.7.2.11.
func (o origin) matchesPort(port string) bool {
	if port == "" {
		port = defaultPort(o.scheme)
	}
	return port == "*" || port == o.port
}

// source is the narrowest that allows a path: without the scheme, so that it holds as
// well where TLS ends in front of us, unseen.
func (o origin) source(path string) string {
	if o.host == "" {
		return "'self'"
	}
	host := o.host
	if o.port != defaultPort(o.scheme) {
		host += ":" + o.port
	}
	return host + escape(path)
}
