package markup

import (
	"bytes"
	"strings"

	"golang.org/x/text/encoding/htmlindex"
)

// SniffLength is how many bytes StartsLikeDocument looks at.
const SniffLength = 1024

// StartsLikeDocument tells a whole document from a fragment that a script asked
// for, by its first token besides white space and comments: a DOCTYPE, or the
// start tag of html, head, body, title, meta or base. decided is false while more
// bytes may change the answer; it is true from SniffLength bytes on.
func StartsLikeDocument(prefix []byte) (document, decided bool) {
	rest := bytes.TrimPrefix(prefix, []byte("\xef\xbb\xbf"))
	for {
		rest = bytes.TrimLeft(rest, whitespace)
		end := ""
		switch {
		case bytes.HasPrefix(rest, []byte("<!--")):
			end = "-->"
		case bytes.HasPrefix(rest, []byte("<?")):
			end = ">"
		}
		if end == "" {
			break
		}
		i := bytes.Index(rest[2:], []byte(end))
		if i < 0 {
			return false, len(prefix) >= SniffLength
		}
		rest = rest[2+i+len(end):]
	}
	for _, start := range []string{"<!doctype", "<html", "<head", "<body", "<title", "<meta", "<base"} {
		n := min(len(start), len(rest))
		if !strings.EqualFold(string(rest[:n]), start[:n]) {
			continue
		}
		if len(rest) <= len(start) {
			return false, len(prefix) >= SniffLength // may still become one
		}
		if c := rest[len(start)]; class[c] == space || c == '>' || c == '/' {
			return true, true
		}
	}
	return false, true
}

// ASCIICompatible tells whether in the encoding with that label (Encoding
// standard, section 4.2; "" is the default) ASCII bytes are ASCII characters
// wherever they stand, so that markup can be found and inserted. Unknown labels
// are not.
func ASCIICompatible(label string) bool {
	if label == "" || strings.EqualFold(label, "utf-8") {
		return true
	}
	encoding, err := htmlindex.Get(strings.TrimSpace(label))
	if err != nil {
		return false
	}
	name, err := htmlindex.Name(encoding)
	if err != nil {
		return false
	}
	switch name {
	case "utf-16be", "utf-16le", "iso-2022-jp", "replacement":
		return false
	}
	return true
}

// metaForbids reads the encoding that a <meta> names, and gives the page up where markup
// cannot be found in it (HTML, section 13.2.3.2: the two UTF-16 and unknown names are
// not taken at their word there).
func (s *Scanner) metaForbids() bool {
	if s.Charset || s.depth > 0 {
		return false
	}
	label, ok := s.tag.value(&nameCharset)
	if pragma, _ := s.tag.value(&nameHTTPEquiv); !ok && equalFold(pragma, "content-type") {
		content, _ := s.tag.value(&nameContent)
		label, ok = charsetOf(content)
	}
	if !ok {
		return false
	}
	if name, bad := forbidden(bytes.Trim(label, whitespace)); bad {
		s.leave(name)
		return true
	}
	s.head = -1 // what a second one says does not count
	return false
}

// forbidden tells encodings that are not what ASCIICompatible wants, and are taken at their word.
func forbidden(label []byte) (name string, bad bool) {
	if equalFold(label, "utf-8") || hasPrefixFold(label, "utf-16") {
		return "", false
	}
	name = strings.ToLower(string(label))
	_, err := htmlindex.Get(name)
	return name, err == nil && !ASCIICompatible(name)
}

// charsetOf extracts the encoding from the content of <meta http-equiv=content-type> (HTML,
// section 2.6.4).
func charsetOf(content []byte) (label []byte, ok bool) {
	const word = "charset"
	for i := range content {
		if !hasPrefixFold(content[i:], word) {
			continue
		}
		rest, found := bytes.CutPrefix(bytes.TrimLeft(content[i+len(word):], whitespace), []byte("="))
		if !found {
			continue
		}
		rest = bytes.TrimLeft(rest, whitespace)
		if len(rest) > 0 && (rest[0] == '"' || rest[0] == '\'') {
			label, _, ok = bytes.Cut(rest[1:], rest[:1])
			return label, ok
		}
		if end := bytes.IndexAny(rest, whitespace+";"); end >= 0 {
			rest = rest[:end]
		}
		return rest, true
	}
	return nil, false
}
