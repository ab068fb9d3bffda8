package page

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// NarrowEncodings leaves of a request's Accept-Encoding the codings in which a page
// can be rewritten, with the client's weights; "identity" where the client accepts
// none of them. A request without the field is left so. RFC 9110, section 12.5.3.
func NarrowEncodings(h http.Header, codings []string) {
	if !AcceptsOther(h, codings) {
		return
	}
	values := h["Accept-Encoding"]
	accepted := make([]string, 0, 8) // most clients' fit, without a look at the heap
	for _, value := range values {
		for element := range strings.SplitSeq(value, ",") {
			if isAmong(element, codings) {
				accepted = append(accepted, strings.TrimSpace(element))
			}
		}
	}
	switch {
	case len(accepted) == 0 && Accepts(values, "*"):
		accepted = codings
	case len(accepted) == 0:
		accepted = append(accepted, "identity")
	}
	h["Accept-Encoding"] = []string{strings.Join(accepted, ", ")}
}

// AcceptsOther tells whether NarrowEncodings has anything to do.
func AcceptsOther(h http.Header, codings []string) bool {
	for _, value := range h["Accept-Encoding"] {
		for element := range strings.SplitSeq(value, ",") {
			if !isAmong(element, codings) {
				return true
			}
		}
	}
	return false
}

// isAmong tells whether an element of Accept-Encoding names one of these codings, or none at all.
func isAmong(element string, codings []string) bool {
	name, _, _ := strings.Cut(element, ";")
	name = strings.TrimSpace(name)
	return strings.EqualFold(name, "identity") || slices.ContainsFunc(codings, func(coding string) bool { return strings.EqualFold(coding, name) })
}

// Accepts tells whether an Accept-Encoding field names a content coding, itself or
// by "*", with a weight that is not zero.
func Accepts(values []string, coding string) bool {
	star := false
	for _, value := range values {
		for element := range strings.SplitSeq(value, ",") {
			name, parameters, _ := strings.Cut(element, ";")
			accepted := weight(parameters) > 0
			switch name = strings.TrimSpace(name); {
			case strings.EqualFold(name, coding):
				return accepted
			case name == "*":
				star = accepted
			}
		}
	}
	return star
}

func weight(parameters string) float64 {
	name, value, found := strings.Cut(parameters, "=")
	if !found || !strings.EqualFold(strings.TrimSpace(name), "q") {
		return 1
	}
	q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	if err != nil {
		return 0
	}
	return q
}

// TranslateConditions makes a page request's conditions the upstream's. An entity
// tag in If-None-Match counts only where it has the suffix that a page for this
// visitor would have now; without such a tag the visitor would be told that an
// outdated page still holds, so the conditions go (also If-Modified-Since, which
// knows nothing of choices).
func TranslateConditions(h http.Header, suffix string) {
	var tags []string
	for _, value := range h["If-None-Match"] {
		for _, tag := range splitTags(value) {
			if upstream, ok := strings.CutSuffix(tag, suffix+`"`); ok {
				tags = append(tags, upstream+`"`)
			}
		}
	}
	delete(h, "If-Modified-Since")
	if len(tags) == 0 {
		delete(h, "If-None-Match")
		return
	}
	h["If-None-Match"] = []string{strings.Join(tags, ", ")}
}

// HasOwnTag tells whether a condition is about a page with that suffix.
func HasOwnTag(h http.Header, suffix string) bool {
	for _, value := range h["If-None-Match"] {
		if strings.Contains(value, suffix+`"`) {
			return true
		}
	}
	return false
}

// DropConditionalRange asks for the whole of a page of which a client wants the rest
// if it has not changed: what the client has may be another variant.
func DropConditionalRange(h http.Header) {
	if len(h["If-Range"]) > 0 {
		delete(h, "If-Range")
		delete(h, "Range")
	}
}

// HasConditions tells whether TranslateConditions has anything to do.
func HasConditions(h http.Header) bool {
	return len(h["If-None-Match"]) > 0 || len(h["If-Modified-Since"]) > 0
}

// DropConditions asks for the whole of what a client has.
func DropConditions(h http.Header) {
	delete(h, "If-None-Match")
	delete(h, "If-Modified-Since")
}

// IsSafe tells whether a condition of the request can only spare an answer. That of another may keep it from writing over
// what is there (RFC 9110, section 13.1).
func IsSafe(r *http.Request) bool {
	return r.Method == http.MethodGet || r.Method == http.MethodHead
}

// splitTags reads a list of entity tags (RFC 9110, section 8.8.3); a comma may
// stand inside one.
func splitTags(list string) []string {
	var tags []string
	for {
		list = strings.TrimLeft(list, " \t,")
		weak := ""
		if rest, ok := strings.CutPrefix(list, "W/"); ok {
			weak, list = "W/", rest
		}
		rest, ok := strings.CutPrefix(list, `"`)
		if !ok {
			return tags
		}
		end := strings.IndexByte(rest, '"')
		if end < 0 {
			return tags
		}
		tags = append(tags, weak+`"`+rest[:end+1])
		list = rest[end+1:]
	}
}
