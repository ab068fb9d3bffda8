package markup

import (
	"bytes"
	"html"
	"strconv"
	"strings"
	"unicode/utf8"
)

// reference is a character reference: where it stands in an attribute's value, and where what it
// stands for is in the decoded one.
type reference struct{ start, end, decodedStart, decodedEnd int }

// decoded is an attribute's value with the characters that its references stand for.
func decoded(value []byte) []byte {
	if bytes.IndexByte(value, '&') < 0 {
		return value
	}
	decoded, _ := unescape(value)
	return decoded
}

func unescape(value []byte) (decoded []byte, references []reference) {
	decoded = make([]byte, 0, len(value))
	for i := 0; ; {
		hop := bytes.IndexByte(value[i:], '&')
		if hop < 0 {
			return append(decoded, value[i:]...), references
		}
		decoded = append(decoded, value[i:i+hop]...)
		i += hop
		length := referenceLength(value[i:])
		if length == 0 {
			decoded = append(decoded, '&')
			i++
			continue
		}
		start := len(decoded)
		whole := string(value[i : i+length])
		if !strings.HasSuffix(whole, ";") {
			whole += ";"
		}
		decoded = append(decoded, html.UnescapeString(whole)...)
		references = append(references, reference{i, i + length, start, len(decoded)})
		i += length
	}
}

// escaped finds what stands in a decoded text, from its beginning to its end, in the text as it is written.
type escaped struct {
	value      []byte
	references []reference
	shift      int // by how much the one is behind the other
	passed     int // references before
}

// place is where that is. open tells that the reference before it has no ";" to end it.
func (e *escaped) place(offset int) (at int, open bool) {
	for ; e.passed < len(e.references) && e.references[e.passed].decodedEnd <= offset; e.passed++ {
		e.shift = e.references[e.passed].end - e.references[e.passed].decodedEnd
	}
	at = offset + e.shift
	return at, at > 0 && e.passed > 0 && e.references[e.passed-1].end == at && e.value[at-1] != ';'
}

// maxReference is the length of the longest name of a character, besides "&" and ";".
const maxReference = 31

// referenceLength is that of the character reference with which b begins, as it is read in
// attributes (section 13.2.5.73); 0: there is none.
func referenceLength(b []byte) int {
	i, digits := 1, "0123456789"
	switch {
	case len(b) > 2 && b[1] == '#' && b[2]|0x20 == 'x':
		i, digits = 3, "0123456789abcdefABCDEF"
	case len(b) > 1 && b[1] == '#':
		i = 2
	default:
		return namedLength(b)
	}
	rest := bytes.TrimLeft(b[i:], digits)
	end := len(b) - len(rest)
	switch {
	case end == i:
		return 0
	case len(rest) > 0 && rest[0] == ';':
		return end + 1
	}
	return end
}

func namedLength(b []byte) int {
	end := 1
	for end < len(b) && end <= maxReference && (class[b[end]]&letter != 0 || '0' <= b[end] && b[end] <= '9') {
		end++
	}
	name := string(b[:end])
	if end < len(b) && b[end] == ';' {
		if !strings.HasSuffix(html.UnescapeString(name+";"), ";") || name == "&semi" {
			return end + 1
		}
		return 0
	}
	// Without the ";" only some are known; none is before a "=".
	if end > 1 && (end == len(b) || b[end] != '=') && utf8.RuneCountInString(html.UnescapeString(name)) == 1 {
		return end
	}
	return 0
}

// spaceReference is the length of the character reference to white space with which b
// begins; 0: there is none. cut tells that it depends on what follows b; the length is then that
// at the end of the page.
func spaceReference(b []byte) (length int, cut bool) {
	for _, name := range [...]string{"&Tab;", "&NewLine;"} {
		if bytes.HasPrefix(b, []byte(name)) {
			return len(name), false
		}
		cut = cut || len(b) > 0 && bytes.HasPrefix([]byte(name), b)
	}
	if len(b) < 2 || b[1] != '#' {
		return 0, cut
	}
	digits, base := b[2:], 10
	if len(digits) > 0 && digits[0]|0x20 == 'x' {
		digits, base = digits[1:], 16
	}
	length = referenceLength(b)
	if length == 0 {
		return 0, len(digits) == 0
	}
	if length > maxName {
		return 0, false
	}
	cut = length == len(b) && b[length-1] != ';'
	number := bytes.TrimSuffix(b[len(b)-len(digits):length], []byte(";"))
	if code, err := strconv.ParseUint(string(number), base, 32); err != nil || code > ' ' || class[code] != space {
		return 0, cut
	}
	return length, cut
}
