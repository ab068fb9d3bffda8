package page

import (
	"net/http"
	"slices"
	"strings"

	"golang.org/x/text/encoding/htmlindex"
)

// mediaType is what a browser makes of a response's Content-Type fields: a type in lower case without
// parameters, "" where nothing can be read, and the name of the encoding, "" for none that browsers know
// (Fetch, section 3.5, "extract a MIME type"; Encoding, section 4.2).
func mediaType(fields []string) (essence, charset string) {
	if len(fields) == 1 { // as most answers have it
		const utf8 = "; charset=utf-8"
		plain, charset := fields[0], ""
		if end := len(plain) - len(utf8); end > 0 && strings.EqualFold(plain[end:], utf8) {
			plain, charset = plain[:end], "utf-8"
		}
		if isPlain(plain) {
			return plain, charset
		}
	}
	label := ""
	for _, value := range splitFields(fields) {
		is, parameter, ok := parseMediaType(value)
		if !ok || is == "*/*" {
			continue
		}
		if is != essence || parameter != "" {
			label = parameter
		}
		essence = is
	}
	if label == "" {
		return essence, ""
	}
	encoding, err := htmlindex.Get(strings.Trim(label, "\t\n\f\r "))
	if err != nil {
		return essence, ""
	}
	charset, _ = htmlindex.Name(encoding)
	return essence, charset
}

// isPlain tells of what is a type as it stands, at no cost.
func isPlain(value string) bool {
	slash := 0
	for i := range len(value) {
		switch c := value[i]; {
		case c == '/' && slash == 0 && 0 < i && i < len(value)-1:
			slash = i
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '-', c == '+', c == '.':
		default:
			return false
		}
	}
	return slash > 0
}

// splitFields separates values at commas that are not in quotes (Fetch, section 2.2.2, "get, decode, and
// split").
func splitFields(fields []string) []string {
	all := strings.Join(fields, ", ")
	var values []string
	start, quoted := 0, false
	for i := 0; i <= len(all); i++ {
		switch {
		case i == len(all) || all[i] == ',' && !quoted:
			values = append(values, strings.Trim(all[start:i], "\t "))
			start = i + 1
		case all[i] == '\\' && quoted:
			i = min(i+1, len(all)-1)
		case all[i] == '"':
			quoted = !quoted
		}
	}
	return values
}

// parseMediaType reads a type and its charset (MIME Sniffing, section 4.4).
func parseMediaType(value string) (essence, charset string, ok bool) {
	value, parameters, _ := strings.Cut(strings.Trim(value, "\t\n\r "), ";")
	kind, subtype, _ := strings.Cut(value, "/")
	if subtype = strings.TrimRight(subtype, "\t\n\r "); isToken(kind) && !isToken(subtype) {
		subtype, _ = cutAny(subtype, "\t (") // some browsers end a type there
	}
	if !isToken(kind) || !isToken(subtype) {
		return "", "", false
	}
	for parameters != "" {
		name, rest := cutAny(strings.TrimLeft(parameters, "\t\n\r "), ";=")
		if !strings.HasPrefix(rest, "=") {
			parameters = strings.TrimPrefix(rest, ";")
			continue
		}
		var text string
		quoted := strings.HasPrefix(rest, `="`)
		if quoted {
			text, rest = Unquote(rest[len(`="`):])
			_, parameters, _ = strings.Cut(rest, ";")
		} else {
			text, parameters, _ = strings.Cut(rest[1:], ";")
			text = strings.TrimRight(text, "\t\n\r ")
		}
		// The first counts, if it is one: an empty one only in quotes.
		if strings.EqualFold(name, "charset") && (text != "" || quoted) && isQuotable(text) {
			return strings.ToLower(kind + "/" + subtype), text, true
		}
	}
	return strings.ToLower(kind + "/" + subtype), "", true
}

// cutAny cuts before the first of some characters.
func cutAny(s, chars string) (before, after string) {
	if i := strings.IndexAny(s, chars); i >= 0 {
		return s[:i], s[i:]
	}
	return s, ""
}

// Unquote reads the rest of a quoted string, behind its opening quote; a backslash escapes (Fetch, section 2.2,
// "collect an HTTP quoted string").
func Unquote(s string) (text, rest string) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return b.String(), s[i+1:]
		case s[i] == '\\' && i+1 < len(s):
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String(), ""
}

// isToken tells RFC 9110's tokens, which are not empty.
func isToken(s string) bool {
	return s != "" && strings.IndexFunc(s, func(c rune) bool {
		return !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.ContainsRune("!#$%&'*+-.^_`|~", c))
	}) < 0
}

// isQuotable tells what may stand in a quoted string.
func isQuotable(s string) bool {
	return !slices.ContainsFunc([]byte(s), func(c byte) bool { return c < ' ' && c != '\t' || c == 0x7f })
}

// IsSniffed tells whether a browser names the type of a body itself, by its first bytes: where nobody has
// named one that it knows (MIME Sniffing, section 7).
func IsSniffed(h http.Header) bool {
	fields, typed := h["Content-Type"]
	if typed {
		switch essence, _ := mediaType(fields); essence {
		case "", "unknown/unknown", "application/unknown", "*/*":
		default:
			return false
		}
	}
	return !nosniff(h)
}

// nosniff tells that a type is to be taken at its word (Fetch, section 3.6).
func nosniff(h http.Header) bool {
	fields := h["X-Content-Type-Options"]
	return len(fields) > 0 && strings.EqualFold(splitFields(fields)[0], "nosniff")
}

// CanRun tells whether a browser that is shown an answer may take it for a document in which scripts run:
// HTML or any XML, SVG among it.
func CanRun(h http.Header) bool {
	switch essence, _ := mediaType(h["Content-Type"]); {
	case essence == "text/html", essence == "text/xml", essence == "application/xml", essence == "text/xsl", strings.HasSuffix(essence, "+xml"):
		return true
	}
	return IsSniffed(h)
}
