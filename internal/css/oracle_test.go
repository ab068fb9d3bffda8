package css_test

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// What follows is CSS Syntax, section 4, as it is written there, over a whole sheet and without any regard for speed. The
// scanner is compared with it.

// point is a code point behind section 3.3, with the bytes that it is made of. A byte that is not ASCII is one by itself:
// what it belongs to makes no difference.
type point struct {
	c        rune
	from, to int
}

const eof rune = -1

func preprocess(sheet string) (points []point) {
	for i := len(sheet) - len(strings.TrimPrefix(sheet, "\ufeff")); i < len(sheet); i++ {
		p := point{rune(sheet[i]), i, i + 1}
		switch p.c {
		case '\r':
			if i+1 < len(sheet) && sheet[i+1] == '\n' {
				i++
				p.to++
			}
			p.c = '\n'
		case '\f':
			p.c = '\n'
		case 0:
			p.c = utf8.RuneError
		}
		points = append(points, p)
	}
	return points
}

// token is one; from and to are where the text of a string or a url stands.
type token struct {
	kind     string // as the standard calls it; a delimiter is itself
	value    string
	from, to int
}

type reference struct {
	points []point
	at     int
	end    int // of the sheet
}

func (r *reference) peek(n int) rune {
	if r.at+n < len(r.points) {
		return r.points[r.at+n].c
	}
	return eof
}

func (r *reference) offset(at int) int {
	if at < len(r.points) {
		return r.points[at].from
	}
	return r.end
}

func text(c rune) string {
	if c >= 0x80 && c <= 0xff {
		return string([]byte{byte(c)})
	}
	return string(c)
}

func isSpace(c rune) bool { return c == '\n' || c == '\t' || c == ' ' }
func isDigit(c rune) bool { return '0' <= c && c <= '9' }
func isHex(c rune) bool   { return isDigit(c) || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F' }
func isIdentStart(c rune) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c >= 0x80 || c == '_'
}
func isIdent(c rune) bool { return isIdentStart(c) || isDigit(c) || c == '-' }
func isNonPrintable(c rune) bool {
	return 0 <= c && c <= 8 || c == 0xb || 0xe <= c && c <= 0x1f || c == 0x7f
}
func isValidEscape(a, b rune) bool {
	return a == '\\' && b != '\n'
}

func startsIdent(a, b, c rune) bool {
	switch {
	case a == '-':
		return isIdentStart(b) || b == '-' || isValidEscape(b, c)
	case isIdentStart(a):
		return true
	}
	return isValidEscape(a, b)
}

func startsNumber(a, b, c rune) bool {
	switch {
	case a == '+' || a == '-':
		return isDigit(b) || b == '.' && isDigit(c)
	case a == '.':
		return isDigit(b)
	}
	return isDigit(a)
}

// escaped consumes one, behind its "\".
func (r *reference) escaped() string {
	c := r.peek(0)
	if c == eof {
		return string(utf8.RuneError)
	}
	r.at++
	if !isHex(c) {
		return text(c)
	}
	digits := string(c)
	for len(digits) < 6 && isHex(r.peek(0)) {
		digits += string(r.peek(0))
		r.at++
	}
	if isSpace(r.peek(0)) {
		r.at++
	}
	value := rune(0)
	for _, d := range strings.ToLower(digits) {
		value = value*16 + rune(strings.IndexRune("0123456789abcdef", d))
	}
	if value == 0 || value >= 0xd800 && value <= 0xdfff || value > 0x10ffff {
		value = utf8.RuneError
	}
	return string(value)
}

func (r *reference) ident() (name string) {
	for {
		switch c := r.peek(0); {
		case c != eof && isIdent(c):
			name += text(c)
			r.at++
		case isValidEscape(c, r.peek(1)):
			r.at++
			name += r.escaped()
		default:
			return name
		}
	}
}

func (r *reference) number() {
	if c := r.peek(0); c == '+' || c == '-' {
		r.at++
	}
	digits := func() {
		for isDigit(r.peek(0)) {
			r.at++
		}
	}
	digits()
	if r.peek(0) == '.' && isDigit(r.peek(1)) {
		r.at++
		digits()
	}
	if c := r.peek(0); c == 'e' || c == 'E' {
		switch sign := r.peek(1); {
		case isDigit(sign):
			r.at++
			digits()
		case (sign == '+' || sign == '-') && isDigit(r.peek(2)):
			r.at += 2
			digits()
		}
	}
}

func (r *reference) numeric() token {
	r.number()
	if startsIdent(r.peek(0), r.peek(1), r.peek(2)) {
		return token{kind: "dimension", value: r.ident()}
	}
	if r.peek(0) == '%' {
		r.at++
	}
	return token{kind: "number"}
}

func (r *reference) str(quote rune) token {
	t := token{kind: "string", from: r.offset(r.at)}
	for {
		t.to = r.offset(r.at)
		c := r.peek(0)
		switch {
		case c == eof:
			return t
		case c == quote:
			r.at++
			return t
		case c == '\n':
			t.kind = "bad-string"
			return t
		case c == '\\' && r.peek(1) == eof:
			r.at++
		case c == '\\' && r.peek(1) == '\n':
			r.at += 2
		case c == '\\':
			r.at++
			t.value += r.escaped()
		default:
			t.value += text(c)
			r.at++
		}
	}
}

func (r *reference) identLike() token {
	name := r.ident()
	switch {
	case strings.EqualFold(name, "url") && r.peek(0) == '(':
		r.at++
		for isSpace(r.peek(0)) && isSpace(r.peek(1)) {
			r.at++
		}
		first, second := r.peek(0), r.peek(1)
		if first == '"' || first == '\'' || isSpace(first) && (second == '"' || second == '\'') {
			return token{kind: "function", value: name}
		}
		return r.url()
	case r.peek(0) == '(':
		r.at++
		return token{kind: "function", value: name}
	}
	return token{kind: "ident", value: name}
}

func (r *reference) url() token {
	for isSpace(r.peek(0)) {
		r.at++
	}
	t := token{kind: "url", from: r.offset(r.at)}
	for {
		t.to = r.offset(r.at)
		c := r.peek(0)
		switch {
		case c == ')':
			r.at++
			return t
		case c == eof:
			return t
		case isSpace(c):
			for isSpace(r.peek(0)) {
				r.at++
			}
			if next := r.peek(0); next == ')' || next == eof {
				r.at++
				return t
			}
			return r.badURL()
		case c == '"' || c == '\'' || c == '(' || isNonPrintable(c):
			return r.badURL()
		case c == '\\' && !isValidEscape(c, r.peek(1)):
			return r.badURL()
		case c == '\\':
			r.at++
			t.value += r.escaped()
		default:
			t.value += text(c)
			r.at++
		}
	}
}

func (r *reference) badURL() token {
	for {
		c := r.peek(0)
		r.at++
		switch {
		case c == ')' || c == eof:
			return token{kind: "bad-url"}
		case isValidEscape(c, r.peek(0)):
			r.escaped()
		}
	}
}

func (r *reference) next() token {
	c := r.peek(0)
	switch {
	case c == eof:
		return token{kind: "EOF"}
	case c == '/' && r.peek(1) == '*':
		for r.at += 2; r.peek(0) != eof; r.at++ {
			if r.peek(0) == '*' && r.peek(1) == '/' {
				r.at += 2
				break
			}
		}
		return token{kind: "comment"}
	case isSpace(c):
		r.at++
		return token{kind: "whitespace"}
	case c == '"' || c == '\'':
		r.at++
		return r.str(c)
	case c == '#' && (isIdent(r.peek(1)) && r.peek(1) != eof || isValidEscape(r.peek(1), r.peek(2))):
		r.at++
		return token{kind: "hash", value: r.ident()}
	case startsNumber(c, r.peek(1), r.peek(2)):
		return r.numeric()
	case c == '-' && r.peek(1) == '-' && r.peek(2) == '>':
		r.at += 3
		return token{kind: "CDC"}
	case c == '<' && r.peek(1) == '!' && r.peek(2) == '-' && r.peek(3) == '-':
		r.at += 4
		return token{kind: "CDO"}
	case c == '@' && startsIdent(r.peek(1), r.peek(2), r.peek(3)):
		r.at++
		return token{kind: "at-keyword", value: r.ident()}
	case startsIdent(c, r.peek(1), r.peek(2)):
		return r.identLike()
	}
	r.at++
	return token{kind: text(c)}
}

// expected is what the scanner should make of a sheet.
func expected(sheet string, denied func([]byte) bool) string {
	r := reference{points: preprocess(sheet), end: len(sheet)}
	var out bytes.Buffer
	depth, naming, importing, passed := 0, false, false, 0
	for {
		t := r.next()
		isImport := importing
		importing = importing && (t.kind == "comment" || t.kind == "whitespace")
		switch name := strings.ToLower(t.value); t.kind {
		case "EOF":
			return out.String() + sheet[passed:]
		case "at-keyword":
			importing = name == "import"
			naming = naming || name == "namespace" || name == "document" || name == "-moz-document"
		case ";", "{", "}":
			naming = false
		case "function":
			importing = isImport && (name == "url" || name == "src")
			if name == "url" || name == "src" || name == "image" || name == "image-set" || name == "-webkit-image-set" || depth > 0 {
				depth++
			}
		case "(":
			if depth > 0 {
				depth++
			}
		case ")":
			depth = max(depth-1, 0)
		case "string", "url":
			if t.kind == "string" && depth == 0 && !isImport || naming || t.value == "" || t.to-t.from > 64<<10 || !denied([]byte(t.value)) {
				continue
			}
			replacement := "data:,"
			if isImport {
				replacement = "data:text/css,"
			}
			out.WriteString(sheet[passed:t.from] + replacement)
			passed = t.to
		}
	}
}
