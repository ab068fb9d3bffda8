package page

import (
	"net/http"
	"strconv"
	"strings"
)

// Vary says what a page depends on besides its URL; withAccept where Accept told
// that it was asked for as a page, withLanguage where what is inserted may be in the
// browser's language.
func Vary(h http.Header, withAccept, withLanguage bool) {
	if len(h["Vary"]) == 0 && !withAccept { // as with most pages
		h["Vary"] = []string{"Cookie, Sec-Fetch-Dest, Sec-GPC"}
		if withLanguage {
			h["Vary"][0] = "Cookie, Sec-Fetch-Dest, Sec-GPC, Accept-Language"
		}
		return
	}
	names := append(make([]string, 0, 5), "Cookie", "Sec-Fetch-Dest", "Sec-GPC")
	if withAccept {
		names = append(names, "Accept")
	}
	if withLanguage {
		names = append(names, "Accept-Language")
	}
	VaryBy(h, names...)
}

// VaryBy says that it depends on these fields too.
func VaryBy(h http.Header, names ...string) {
	var missing []string
	for _, name := range names {
		if !hasDirective(h["Vary"], name) && !hasDirective(h["Vary"], "*") {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		h["Vary"] = append(h["Vary"], strings.Join(missing, ", "))
	}
}

// IsEnforced tells that another instance of the module, behind this one, has made a page: it says what the page
// depends on in our words.
func IsEnforced(h http.Header) bool {
	for _, value := range h["Vary"] {
		if strings.Contains(value, "Sec-Fetch-Dest, Sec-GPC") {
			return true
		}
	}
	return false
}

// DemandsIntegrity tells whether a page's Integrity-Policy, also one that only reports, is about scripts: they
// then need an integrity="" and are loaded by CORS (Subresource Integrity, section 3.7).
func DemandsIntegrity(h http.Header) bool {
	for _, name := range [...]string{"Integrity-Policy", "Integrity-Policy-Report-Only"} {
		for _, value := range h[name] {
			if strings.Contains(value, "script") {
				return true
			}
		}
	}
	return false
}

// SuffixETag makes a page's entity tag that of its variant, weak or strong.
func SuffixETag(h http.Header, suffix string) {
	if tag := h.Get("Etag"); strings.HasSuffix(tag, `"`) && len(tag) > 1 {
		h["Etag"] = []string{tag[:len(tag)-1] + suffix + `"`}
	}
}

// Changed drops what does not hold for a page whose bytes are about to change: its
// length, digests (RFC 9530 and older ones), and that ranges of it can be had.
func Changed(h http.Header) {
	for _, name := range []string{"Content-Length", "Accept-Ranges", "Content-Md5", "Digest", "Content-Digest", "Repr-Digest"} {
		delete(h, name)
	}
}

// NeverStore keeps a page out of every cache: a notice must not come back, from the
// browser's cache or a shared one, after the visitor has chosen.
func NeverStore(h http.Header) {
	for name := range h {
		if isTargeted(name) || name == "Expires" || name == "Pragma" {
			delete(h, name)
		}
	}
	h["Cache-Control"] = []string{"private, no-store"}
}

// isTargeted tells of a field that is for shared caches alone and outweighs Cache-Control there: RFC 9213, and those of
// Fastly, nginx and Akamai.
func isTargeted(name string) bool {
	return strings.HasSuffix(name, "Cdn-Cache-Control") || name == "Surrogate-Control" || name == "X-Accel-Expires" || name == "Edge-Control"
}

// Unshare keeps an answer that sets a cookie for one visitor out of shared caches (RFC 9111, section 5.2.2.7), from where
// others would get it. By themselves, they store no such answer: only one that says that they may is changed.
func Unshare(h http.Header) {
	shared := false
	for name := range h {
		if isTargeted(name) {
			delete(h, name)
			shared = true
		}
	}
	var directives []string
	for _, value := range h["Cache-Control"] {
		for directive := range strings.SplitSeq(value, ",") {
			directive = strings.TrimSpace(directive)
			switch name, _, _ := strings.Cut(strings.ToLower(directive), "="); name {
			case "private", "no-store":
				return
			case "public", "s-maxage":
				shared = true
			case "":
			default:
				directives = append(directives, directive)
			}
		}
	}
	if shared {
		h["Cache-Control"] = []string{strings.Join(append([]string{"private"}, directives...), ", ")}
	}
}

// Length is the one that a header tells of the body; 0 where it tells none.
func Length(h http.Header) int {
	length, err := strconv.Atoi(first(h["Content-Length"]))
	if err != nil || length < 0 {
		return 0
	}
	return length
}

// KeepCodings returns the codings that a client gets of a page: those in which it came, if it can read all of them, else none,
// which the header then says.
func KeepCodings(h http.Header, codings, accept []string) []string {
	for _, coding := range codings {
		if !Accepts(accept, coding) {
			delete(h, "Content-Encoding")
			return nil
		}
	}
	return codings
}
