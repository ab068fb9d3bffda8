package markup

import (
	"bytes"
)

// state is one of the standard's tokenisation states (section 13.2.5), as far as the
// scan may stop in it at the end of a window. Tags up to the end of their names and
// markup declarations are read again from their "<" when more has come; they are
// short.
type state uint8

const (
	data state = iota
	tagName
	beforeAttributeName
	attributeName
	afterAttributeName
	beforeAttributeValue
	attributeValueDoubleQuoted
	attributeValueSingleQuoted
	attributeValueUnquoted
	selfClosingStartTag
	bogusComment
	commentStart
	commentStartDash
	comment
	commentEndDash
	commentEnd
	commentEndBang
	cdataSection
	rawText // RCDATA, RAWTEXT and script data
	scriptDataEscaped
	scriptDataDoubleEscaped
	plaintext
)

// whitespace is the standard's ASCII whitespace.
const whitespace = " \t\n\f\r"

// class sorts bytes for the loops below.
var class = func() (table [256]uint8) {
	for _, c := range whitespace {
		table[c] = space
	}
	for c := 'a'; c <= 'z'; c++ {
		table[c], table[c-0x20] = letter|inHost, letter|inHost
	}
	for c := '0'; c <= '9'; c++ {
		table[c] = inHost
	}
	table['/'], table['>'], table['='], table['-'], table['<'], table['.'] = slash, greater, equals, dash|inHost, less, inHost
	return table
}()

const (
	space   = 1 << iota
	slash   // "/"
	greater // ">"
	equals  // "="
	letter  // ASCII alpha
	dash    // "-"
	less    // "<"
	inHost  // a letter, a digit, "-" or "."

	endsName      = space | slash | greater
	endsAttribute = endsName | equals
	endsUnquoted  = space | greater
	endsEscaped   = dash | less | greater
)

// maxName is longer than any name that matters. A custom element with a longer one may have a style; that passes.
const maxName = 64

// tokenise reads w from i on, and returns where to go on when more has come: the
// end of w, or a "<" with which a token begins that w does not hold far enough.
//
// The labels are the standard's states. What follows the last rule is not read.
func (s *Scanner) tokenise(w []byte, i int) int {
	var (
		n      = len(w)
		start  = 0 // of the current tag
		p, j   = 0, 0
		c      = byte(0)
		packed = uint64(0)
		e      *element
	)
	switch s.state {
	case tagName:
		goto tagName
	case beforeAttributeName:
		goto beforeAttributeName
	case attributeName:
		goto attributeName
	case afterAttributeName:
		goto afterAttributeName
	case beforeAttributeValue:
		goto beforeAttributeValue
	case attributeValueDoubleQuoted:
		goto attributeValueDoubleQuoted
	case attributeValueSingleQuoted:
		goto attributeValueSingleQuoted
	case attributeValueUnquoted:
		goto attributeValueUnquoted
	case selfClosingStartTag:
		goto selfClosingStartTag
	case bogusComment:
		goto bogusComment
	case commentStart, commentStartDash, comment, commentEndDash, commentEnd, commentEndBang:
		goto comment
	case cdataSection:
		goto cdataSection
	case rawText:
		goto rawText
	case scriptDataEscaped, scriptDataDoubleEscaped:
		goto scriptDataEscaped
	case plaintext:
		goto plaintext
	}

data:
	s.state = data
	if !s.unsettled {
		end := n
		if s.Known != nil {
			i, end = s.recall(w, i)
		}
		if i = s.skip(w, i, end); i == end && i < n {
			goto data
		}
	}
	j = bytes.IndexByte(w[i:], '<')
	if s.unsettled {
		length := j
		if j < 0 {
			length = n - i
		}
		taken := s.textWithReferences(w[i:i+length], i, j < 0)
		if s.Done() {
			return n
		}
		if taken < length {
			return i + taken
		}
	}
	if j < 0 {
		return n
	}
	i += j

	// Tag open state.
	if i+1 >= n {
		return i
	}
	switch c = w[i+1]; {
	case class[c]&letter != 0:
	case c == '/':
		goto endTagOpen
	case c == '!':
		goto markupDeclarationOpen
	case c == '?':
		i += 2
		goto bogusComment
	default:
		if s.unsettled {
			s.text(w[i:i+1], i)
		}
		i++
		goto data
	}

	// Tag name state, of a start tag.
	start = i
	if p = i + 1 + until(w[i+1:], endsName); p == n && p-start <= maxName {
		return start
	}
	s.plain = true
	packed = pack(w[start+1 : p])
	e = nil
	if p < n {
		e = elementNamed(packed, w[start+1:p])
	}
	if s.unsettled || e != nil && e.flags&s.wanted != 0 || s.Host != nil && p < n && p-start <= maxName && !hasNoStyle(w[p:], p-start) {
		if s.startTagNamed(e, packed, start, p); s.Done() {
			return n
		}
	}
	i = p
	if i < n && !s.plain {
		if end, slash := endOfTag(w[i:]); end > 0 && !slash {
			i += end
			goto tagEnd
		}
	}
	goto tagName

endTagOpen:
	if i+2 >= n {
		return i
	}
	switch c = w[i+2]; {
	case class[c]&letter != 0:
	case c == '>':
		i += 3
		goto data
	default:
		i += 2
		goto bogusComment
	}
	// Tag name state, of an end tag.
	start = i
	if p = i + 2 + until(w[i+2:], endsName); p == n && p-start <= maxName {
		return start
	}
	s.plain = true
	if s.unsettled && p < n {
		if s.endTagNamed(w, start, w[start+2:p]); s.Done() {
			return n
		}
	}
	i = p
	goto tagName

tagName: // of a name that makes no difference, or at the end of one that may
	if i += until(w[i:], endsName); i == n {
		s.state = tagName
		return n
	}

beforeAttributeName: // also the "after attribute value (quoted)" state, which does the same
	if i == n {
		s.state = beforeAttributeName
		return n
	}
	c = w[i]
	i++
	switch class[c] {
	case greater:
		goto tagEnd
	case space:
		goto beforeAttributeName
	case slash:
		goto selfClosingStartTag
	}
	// A "=" that comes here begins a name.

attributeName:
	if i += until(w[i:], endsAttribute); i == n {
		s.state = attributeName
		return n
	}
	if w[i] == '=' {
		i++
		goto beforeAttributeValue
	}

afterAttributeName:
	for i < n && class[w[i]] == space {
		i++
	}
	if i == n {
		s.state = afterAttributeName
		return n
	}
	c = w[i]
	i++
	switch c {
	case '>':
		goto tagEnd
	case '/':
		goto selfClosingStartTag
	case '=':
		goto beforeAttributeValue
	}
	goto attributeName

beforeAttributeValue:
	for i < n && class[w[i]] == space {
		i++
	}
	if i == n {
		s.state = beforeAttributeValue
		return n
	}
	switch w[i] {
	case '"':
		i++
		goto attributeValueDoubleQuoted
	case '\'':
		i++
		goto attributeValueSingleQuoted
	}

attributeValueUnquoted:
	if i += until(w[i:], endsUnquoted); i == n {
		s.state = attributeValueUnquoted
		return n
	}
	goto beforeAttributeName

attributeValueDoubleQuoted:
	if j = bytes.IndexByte(w[i:], '"'); j < 0 {
		s.state = attributeValueDoubleQuoted
		return n
	}
	i += j + 1
	goto beforeAttributeName

attributeValueSingleQuoted:
	if j = bytes.IndexByte(w[i:], '\''); j < 0 {
		s.state = attributeValueSingleQuoted
		return n
	}
	i += j + 1
	goto beforeAttributeName

selfClosingStartTag:
	if i == n {
		s.state = selfClosingStartTag
		return n
	}
	if w[i] != '>' {
		goto beforeAttributeName
	}
	i++
	if !s.plain {
		s.tag.selfClosing = true
	}

tagEnd:
	if s.plain {
		goto data
	}
	s.state = data
	if s.startTagEnds(w, i); s.Done() {
		return n
	}
	switch s.state {
	case rawText:
		goto rawText
	case plaintext:
		goto plaintext
	}
	goto data

markupDeclarationOpen:
	switch rest := w[i+2:]; {
	case bytes.HasPrefix(rest, []byte("--")):
		i += len("<!--")
		s.state = commentStart
		goto comment
	case s.inForeignContent() && bytes.HasPrefix(rest, []byte("[CDATA[")):
		i += len("<![CDATA[")
		s.brackets = 0
		goto cdataSection
	case bytes.HasPrefix([]byte("--"), rest), s.inForeignContent() && bytes.HasPrefix([]byte("[CDATA["), rest):
		return i // may still become one
	}
	// A DOCTYPE ends as a bogus comment does, whatever quotes are in it.
	i += 2

bogusComment:
	if j = bytes.IndexByte(w[i:], '>'); j < 0 {
		s.state = bogusComment
		return n
	}
	i += j + 1
	goto data

comment:
	for ; i < n; i++ {
		if s.state == comment {
			if j = bytes.IndexByte(w[i:], '-'); j < 0 {
				return n
			}
			i += j
		}
		if s.state = afterCommentByte(s.state, w[i]); s.state == data {
			i++
			goto data
		}
	}
	return n

cdataSection:
	s.state = cdataSection
	for ; i < n; i++ {
		switch c = w[i]; {
		case c == ']':
			s.brackets = min(s.brackets+1, 2)
			continue
		case c == '>' && s.brackets == 2:
			i++
			goto data
		}
		s.brackets = 0
		if j = bytes.IndexByte(w[i:], ']'); j < 0 {
			j = n - i
		}
		if s.text(w[i:i+j], i); s.Done() {
			return n
		}
		i += j - 1
	}
	return n

rawText:
	s.state = rawText
	if j = bytes.IndexByte(w[i:], '<'); j < 0 {
		return n
	}
	i += j
	if i+1 >= n {
		return i
	}
	switch c = w[i+1]; {
	case c == '/':
		switch ends, known := endTagOf(s.raw.name, w[i+2:]); {
		case !known:
			return i
		case ends:
			goto rawTextEndTag
		}
	case c == '!' && s.raw == elementScript:
		switch rest := w[i+2:]; {
		case bytes.HasPrefix(rest, []byte("--")):
			i += len("<!--")
			s.state, s.dashes = scriptDataEscaped, 2 // "<!-->" leaves the state at once
			goto scriptDataEscaped
		case bytes.HasPrefix([]byte("--"), rest):
			return i
		}
	}
	i++
	goto rawText

scriptDataEscaped: // and script data double escaped
	for ; i < n; i++ {
		if next := until(w[i:], endsEscaped); next > 0 {
			s.dashes = 0
			if i += next; i == n {
				return n
			}
		}
		switch w[i] {
		case '-':
			s.dashes = min(s.dashes+1, 2)
			continue
		case '>':
			if s.dashes == 2 {
				i++
				goto rawText
			}
		case '<':
			if i+1 >= n {
				return i
			}
			if w[i+1] == '/' {
				ends, known := endTagOf("script", w[i+2:])
				switch {
				case !known:
					return i
				case ends && s.state == scriptDataEscaped:
					goto rawTextEndTag
				case ends:
					s.state = scriptDataEscaped
				}
			} else if s.state == scriptDataEscaped {
				switch begins, known := endTagOf("script", w[i+1:]); {
				case !known:
					return i
				case begins:
					s.state = scriptDataDoubleEscaped
				}
			}
		}
		s.dashes = 0
	}
	return n

rawTextEndTag:
	s.textEnds(w, i)
	s.plain = true
	i += 2
	goto tagName

plaintext:
	if s.unsettled {
		s.text(w[i:], i)
	}
	return n
}

// until returns how many bytes come before one of the classes stop.
func until(b []byte, stop uint8) int {
	for i, c := range b {
		if class[c]&stop != 0 {
			return i
		}
	}
	return len(b)
}

// endTagOf tells whether rest, what follows "</", is the end tag of the raw text element
// with that name ("appropriate end tag token"); known is false while too little is
// there to tell.
func endTagOf(name string, rest []byte) (is, known bool) {
	if len(rest) <= len(name) {
		return false, !equalFold(rest, name[:len(rest)])
	}
	return class[rest[len(name)]]&endsName != 0 && equalFold(rest[:len(name)], name), true
}

// afterCommentByte is the comment states' table; "<!" inside a comment leads to
// the same ends by other names and is left out.
func afterCommentByte(from state, c byte) state {
	switch {
	case c == '>' && (from == commentStart || from == commentStartDash || from == commentEnd || from == commentEndBang):
		return data
	case c == '-':
		switch from {
		case commentStart:
			return commentStartDash
		case comment, commentEndBang:
			return commentEndDash
		}
		return commentEnd
	case c == '!' && from == commentEnd:
		return commentEndBang
	}
	return comment
}
