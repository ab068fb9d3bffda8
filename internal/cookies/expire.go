package cookies

import (
	"net"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// Deletions are the Set-Cookie lines that delete cookies from a browser, as many as a response's header has room
// for. A browser does not tell with what Domain and Path a cookie was set, so that all that can be are tried
// (RFC 6265bis, section 5.7).
type Deletions struct {
	// Domains are the Domain attributes to try; "" is none, for a cookie of the host alone.
	Domains []string
	// HTTPS tells that the visitor's connection is encrypted. Then the lines are Secure, without which browsers would
	// keep cookies whose names begin with __Secure- or __Host-, and cookies of a partition of their own (CHIPS) are
	// deleted as well; else the former are left, as a browser would not take the line.
	HTTPS bool
	// Room is how many bytes the header has left.
	Room int
}

// Of are the lines for the cookies of one name at a path.
func (d *Deletions) Of(name, path string) (lines []string) {
	secure, host := hasPrefix(name, "__Secure-"), hasPrefix(name, "__Host-")
	if (secure || host) && !d.HTTPS {
		return nil
	}
	for _, domain := range d.Domains {
		if host && (domain != "" || path != "/") { // the prefix says that there is none
			continue
		}
		line := name + "=; Path=" + path
		if domain != "" {
			line += "; Domain=" + domain
		}
		line += "; Max-Age=0"
		if !d.HTTPS {
			lines = d.add(lines, line)
			continue
		}
		lines = d.add(d.add(lines, line+"; Secure"), line+"; Secure; Partitioned")
	}
	return lines
}

// add adds a line if there is room.
func (d *Deletions) add(lines []string, line string) []string {
	const field = len("Set-Cookie: \r\n")
	if d.Room < field+len(line) {
		d.Room = 0 // a shorter one must not go before
		return lines
	}
	d.Room -= field + len(line)
	return append(lines, line)
}

// hasPrefix compares as browsers do with the prefixes of names (section 4.1.3), without regard to case.
func hasPrefix(name, prefix string) bool {
	return len(name) >= len(prefix) && strings.EqualFold(name[:len(prefix)], prefix)
}

// maxDomains bounds how many Domain attributes are tried.
const maxDomains = 6

// Domains are the Domain attributes that a cookie for this host may have: none, the
// registrable domain (publicsuffix.org), the host and what lies between.
func Domains(host string) []string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	attributes := []string{""}
	registrable, err := publicsuffix.EffectiveTLDPlusOne(host)
	if err != nil || net.ParseIP(host) != nil {
		return attributes
	}
	attributes = append(attributes, registrable)
	for host != registrable && len(attributes) < maxDomains {
		attributes = append(attributes, host)
		_, host, _ = strings.Cut(host, ".")
	}
	return attributes
}

// maxPathsOfAPage bounds how far up from a page its folders are looked at.
const maxPathsOfAPage = 4

// Paths are the Path attributes, besides "/", of cookies that a browser sends with a page (section
// 5.1.4): its escaped path and the folders above, with and without a slash at the end.
func Paths(page string) []string {
	if strings.Contains(page, ";") { // would end the attribute
		return nil
	}
	var paths []string
	page = strings.TrimSuffix(page, "/")
	for range maxPathsOfAPage {
		if page == "" {
			break
		}
		paths = append(paths, page, page+"/")
		page = page[:strings.LastIndexByte(page, '/')]
	}
	return paths
}
