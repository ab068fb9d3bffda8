package page

import (
	"net/http"
	"slices"
	"strings"
)

// AsksForSheet tells whether a request may be for a style sheet: by Fetch metadata; where the browser sends none, or a
// script asks, by the name and by what is accepted.
func AsksForSheet(r *http.Request, path string) bool {
	if !IsSafe(r) {
		return false
	}
	switch dest, told := FetchDest(r); {
	case dest == "style":
		return true
	case told && dest != "empty":
		return false
	}
	return strings.HasSuffix(path, ".css") || strings.HasPrefix(first(r.Header["Accept"]), "text/css")
}

// MayBeSheet tells of what IsSheet will not say that it is one, at no cost: of most answers.
func MayBeSheet(r *http.Request, status int, h http.Header) bool {
	if status != http.StatusOK && status != http.StatusNonAuthoritativeInfo {
		return false
	}
	dest, _ := FetchDest(r)
	return dest == "style" || namesSheet(h["Content-Type"])
}

// IsSheet tells whether an answer is one that browsers take for a style sheet, and its encoding, "" where none is
// declared that they know. Without nosniff, a page in quirks mode takes what it asked for as one, whatever its type
// (HTML, section 4.6.7.24).
func IsSheet(r *http.Request, status int, h http.Header) (charset string, is bool) {
	if !MayBeSheet(r, status, h) {
		return "", false
	}
	if dest, _ := FetchDest(r); dest == "style" && !nosniff(h) {
		_, charset = mediaType(h["Content-Type"])
		return charset, true
	}
	essence, charset := mediaType(h["Content-Type"])
	return charset, essence == "text/css"
}

// namesSheet tells whether the type may be that of a style sheet.
func namesSheet(fields []string) bool {
	const css = "text/css"
	for _, field := range fields {
		for i := 0; i+len(css) <= len(field); i++ {
			if strings.EqualFold(field[i:i+len(css)], css) {
				return true
			}
		}
	}
	return false
}

// Validator is by what an answer, or a condition on it, tells its bytes from others; "" where nothing does, or several may be
// meant.
func Validator(h http.Header) string {
	for _, name := range [...]string{"Etag", "If-None-Match", "Last-Modified", "If-Modified-Since"} {
		if values := h[name]; len(values) > 0 {
			if len(values) > 1 || strings.HasSuffix(name, "Match") && len(splitTags(values[0])) != 1 && !isBareTag(values[0]) {
				return ""
			}
			return values[0]
		}
	}
	return ""
}

// Validators are all by which a client may ask for an answer again. A date alone does not tell between answers of which the
// server chooses.
func Validators(h http.Header) []string {
	if VariesByMore(h) {
		return h["Etag"]
	}
	return append(slices.Clip(h["Etag"]), h["Last-Modified"]...)
}

// isBareTag tells whether a condition names one entity tag without its quotes (RFC 9110, section 8.8.3, has none): servers
// send such, browsers send them back, and other servers than Go's compare them. "*" names all.
func isBareTag(condition string) bool {
	return condition != "*" && !strings.ContainsAny(condition, "\", \t")
}

// PrivateSheet makes the header that of a sheet which differs by choice: only the visitor's own browser keeps it, and asks
// each time whether it still holds, by the entity tag alone: a date knows nothing of choices.
func PrivateSheet(h http.Header, suffix string) {
	VaryBy(h, "Cookie", "Sec-GPC")
	SuffixETag(h, suffix)
	delete(h, "Last-Modified")
	stored := !hasDirective(h["Cache-Control"], "no-store")
	NeverStore(h)
	if stored {
		h["Cache-Control"][0] = "private, no-cache"
	}
}

// VariesByMore tells that an answer depends on more of a request than its Accept-Encoding.
func VariesByMore(h http.Header) bool {
	for _, value := range h["Vary"] {
		for name := range strings.SplitSeq(value, ",") {
			if !strings.EqualFold(strings.TrimSpace(name), "Accept-Encoding") {
				return true
			}
		}
	}
	return false
}
