package markup

import (
	"bytes"
	"iter"
	"net/url"
	"strings"

	"golang.org/x/net/idna"
)

// hostOf tells from which host the URL in an attribute's value is loaded, as the URL standard
// parses it (section 4.4) on a page that came by HTTP: nil with relative true for
// one on the page's own base, nil with relative false for one that is of no host. The
// host is in lower case, in ASCII, without port and final dot. Where the value is escaped there
// may be character references in it. scheme is the base's, "" where nobody knows.
func hostOf(value []byte, escaped bool, scheme string, buffer *[maxHost]byte) (host []byte, relative bool) {
	if len(value) > 1 && value[0] == '/' && class[value[1]]&letter != 0 {
		return nil, true // what most are
	}
	v := bytes.TrimFunc(value, isControlOrSpace)
	doubts := "\t\n\r" // which the URL parser removes
	if escaped {
		doubts = "&\t\n\r"
	}
	authority, kind := authorityOf(v, scheme)
	if kind == opaqueURL || kind == relativeURL && !bytes.ContainsAny(untilPath(v), doubts) {
		return nil, kind == relativeURL
	}
	if kind == relativeURL || bytes.ContainsAny(authority, doubts) {
		if escaped {
			value = decoded(value)
		}
		clean := strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(string(value))
		if authority, kind = authorityOf(bytes.TrimFunc([]byte(clean), isControlOrSpace), scheme); kind != absolute {
			return nil, kind == relativeURL
		}
	}
	return canonical(authority, buffer), false
}

// untilPath is the part of a relative URL in which a character more would make it an
// absolute one.
func untilPath(v []byte) []byte {
	if len(v) > 1 && isSlash(v[0]) {
		return v[1:2]
	}
	if end := bytes.IndexAny(v, `/\?#`); end > 0 {
		return v[:end]
	}
	return v
}

// maxHost is longer than any name in the DNS.
const maxHost = 256

func isControlOrSpace(r rune) bool { return r <= ' ' }

type urlKind uint8

const (
	opaqueURL urlKind = iota // data:, javascript:, mailto: and the like
	relativeURL
	absolute
)

// authorityOf returns what stands between the scheme and the path. Behind the base's own scheme there is a host
// only after two slashes ("special relative or authority state").
func authorityOf(v []byte, base string) (authority []byte, kind urlKind) {
	rest := v
	if end := schemeLength(v); end > 0 {
		known := false
		for _, scheme := range []string{"https", "http", "wss", "ws", "ftp"} {
			known = known || equalFold(v[:end], scheme)
		}
		if !known {
			return nil, opaqueURL
		}
		rest = v[end+1:]
		if base != "" && equalFold(v[:end], base) && (len(rest) < 2 || !isSlash(rest[0]) || !isSlash(rest[1])) {
			return nil, relativeURL
		}
	} else if len(v) < 2 || !isSlash(v[0]) || !isSlash(v[1]) {
		return nil, relativeURL
	}
	for len(rest) > 0 && isSlash(rest[0]) {
		rest = rest[1:]
	}
	if end := bytes.IndexAny(rest, `/\?#`); end >= 0 {
		rest = rest[:end]
	}
	return rest, absolute
}

func isSlash(c byte) bool { return c == '/' || c == '\\' }

// schemeLength is where the ":" behind a scheme is; 0: there is no scheme.
func schemeLength(v []byte) int {
	for i, c := range v {
		switch {
		case class[c]&letter != 0:
		case i > 0 && ('0' <= c && c <= '9' || c == '+' || c == '-' || c == '.'):
		case c == ':':
			return i
		default:
			return 0
		}
	}
	return 0
}

// canonical makes the host of an authority; nil for one that no browser would load from.
func canonical(authority []byte, buffer *[maxHost]byte) []byte {
	if at := bytes.LastIndexByte(authority, '@'); at >= 0 {
		authority = authority[at+1:]
	}
	host := authority
	if bytes.HasPrefix(host, []byte("[")) { // IPv6
		if end := bytes.IndexByte(host, ']'); end >= 0 {
			host = host[:end+1]
		}
	} else if colon := bytes.IndexByte(host, ':'); colon >= 0 {
		host = host[:colon]
	}
	if out, ok := plainHost(host, buffer); ok {
		return out
	}
	decoded, err := url.PathUnescape(string(host))
	if err != nil {
		return nil
	}
	ascii, err := domainToASCII.ToASCII(decoded)
	if err != nil || len(ascii) > maxHost {
		return nil
	}
	out := bytes.TrimSuffix(append(buffer[:0], strings.ToLower(ascii)...), []byte("."))
	if len(out) == 0 || bytes.ContainsFunc(out, isForbiddenInHost) {
		return nil
	}
	return out
}

// plainHost is the way of a host of letters, digits, "-" and ".", which most are.
func plainHost(host []byte, buffer *[maxHost]byte) (out []byte, ok bool) {
	if len(host) < 2 || len(host) > maxHost {
		return nil, false
	}
	for i, c := range host {
		if class[c]&inHost == 0 {
			return nil, false
		}
		buffer[i] = c | 0x20
	}
	return bytes.TrimSuffix(buffer[:len(host)], []byte(".")), true
}

// isForbiddenInHost tells the forbidden domain code points (section 3.3), but for those of an
// IPv6 address.
func isForbiddenInHost(r rune) bool {
	return isControlOrSpace(r) || r == 0x7f || r < 0x80 && strings.IndexByte(`#%/<>?@\^|`, byte(r)) >= 0
}

// domainToASCII is that of the URL standard, section 3.3, when it is not strict.
var domainToASCII = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(false), idna.CheckHyphens(false))

// Candidates yields the URLs of a srcset (HTML, section 4.8.4.2.1).
func Candidates(value []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		rest := value
		for {
			rest = bytes.TrimLeft(rest, whitespace+",")
			if len(rest) == 0 {
				return
			}
			end := bytes.IndexAny(rest, whitespace)
			if end < 0 {
				end = len(rest)
			}
			url := rest[:end]
			rest = rest[end:]
			if trimmed := bytes.TrimRight(url, ","); len(trimmed) < len(url) {
				url = trimmed
			} else {
				rest = afterDescriptors(rest)
			}
			if !yield(url) {
				return
			}
		}
	}
}

// afterDescriptors passes over what follows a URL up to the comma that ends it; one in
// parentheses does not.
func afterDescriptors(b []byte) []byte {
	depth := 0
	for i, c := range b {
		switch {
		case c == '(':
			depth = 1
		case c == ')':
			depth = 0
		case c == ',' && depth == 0:
			return b[i:]
		}
	}
	return nil
}

// refreshURL is where the content of <meta http-equiv=refresh> leads (HTML, section
// 4.2.5.3, "shared declarative refresh steps"); empty: to the page itself.
func refreshURL(content []byte) []byte {
	rest := bytes.TrimLeft(content, whitespace)
	digits := bytes.TrimLeft(rest, "0123456789.")
	if len(digits) == len(rest) || len(digits) == 0 || bytes.IndexByte([]byte(whitespace+";,"), digits[0]) < 0 {
		return nil
	}
	rest = bytes.TrimLeft(digits, whitespace)
	if len(rest) > 0 && (rest[0] == ';' || rest[0] == ',') {
		rest = bytes.TrimLeft(rest[1:], whitespace)
	}
	if hasPrefixFold(rest, "url") {
		if value := bytes.TrimLeft(rest[len("url"):], whitespace); len(value) > 0 && value[0] == '=' {
			rest = bytes.TrimLeft(value[1:], whitespace)
		}
	}
	if len(rest) > 0 && (rest[0] == '"' || rest[0] == '\'') {
		quote := rest[0]
		rest = rest[1:]
		if end := bytes.IndexByte(rest, quote); end >= 0 {
			rest = rest[:end]
		}
	}
	return rest
}

// Host tells from which host a URL is loaded, as a browser does on a page that came by HTTP; ok is false
// for one on the page's own host, and for one that is of no host.
func Host(url string) (host []byte, ok bool) {
	var buffer [maxHost]byte
	host, _ = hostOf([]byte(url), false, "", &buffer)
	return host, len(host) > 0
}

// Hosts tells the same of many URLs, without an allocation for each. A host is valid until the next call.
type Hosts struct {
	// Scheme is the page's own, as that of [Rules].
	Scheme string
	buffer [maxHost]byte
}

// Of tells from which host a URL is loaded, as Host does.
func (h *Hosts) Of(url []byte) (host []byte, ok bool) {
	host, _ = hostOf(url, false, h.Scheme, &h.buffer)
	return host, len(host) > 0
}

// RefreshHost tells the same of where a Refresh field, or the content of <meta http-equiv=refresh>, leads.
func RefreshHost(content string) (host []byte, ok bool) {
	return Host(string(refreshURL([]byte(content))))
}
