// Package markup rewrites HTML as it streams by: a scanner finds the few places
// where something is to change and yields edits, an applier makes the output. It
// tokenises as the WHATWG HTML standard does (section 13.2.5; the states have the
// standard's names) and knows nothing of what is inserted or why.
package markup

import "bytes"

// Edit says to replace Length bytes of the page at Offset.
type Edit struct {
	Offset      int64
	Length      int
	Replacement []byte
}

// Scanner finds the edits in a page that comes in pieces. It keeps no byte of it:
// all it remembers is its state. The zero value scans HTML and changes nothing.
type Scanner struct {
	// AtBody is inserted where the content of the body begins: right after the
	// <body> start tag, or where the parser would imply it; never into a frameset
	// document. It is inserted once.
	AtBody []byte
	// XML reads the page as XHTML.
	XML bool

	state state
	phase phase
	// base is the offset in the page of the window's first byte; next is where the
	// scan goes on in the window.
	base int64
	next int
	// hold is the offset from which bytes are undecided, -1 where all are decided.
	hold int64

	tokenStart int64 // offset of the "<" of the current token
	isEndTag   bool
	selfClosed bool
	name       [16]byte // of the current tag, lower case
	nameLen    int      // over len(name): longer than any name that matters

	// rawName is the element whose raw text is read, matched how much of its end
	// tag was seen, and script what of the escaped states.
	rawName string
	matched int
	script  scriptState

	headClosed bool  // </head> was seen
	templates  int   // open template elements
	implied    int64 // where the body is implied
	begun      bool
	bom        byte // the first byte of what may be a byte order mark

	edits []Edit
}

type state uint8

const (
	data state = iota
	tagOpen
	endTagOpen
	tagName
	beforeAttributeName
	attributeName
	afterAttributeName
	beforeAttributeValue
	attributeValueDoubleQuoted
	attributeValueSingleQuoted
	attributeValueUnquoted
	afterAttributeValueQuoted
	selfClosingStartTag
	bogusComment
	markupDeclarationOpen
	markupDeclarationOpenDash
	commentStart
	commentStartDash
	comment
	commentEndDash
	commentEnd
	commentEndBang
	rawText // RCDATA, RAWTEXT and script data
	plaintext
	cdataSection          // XML only
	processingInstruction // XML only
)

// Done tells that no later edit is possible: the rest of the page need not be
// scanned.
func (s *Scanner) Done() bool { return s.phase == finished || len(s.AtBody) == 0 }

// Scan reads on. window begins with the bytes that the calls before left
// undecided, followed by new ones. The first decided bytes of it are not asked for
// again; the edits, which lie in them, are valid until the next call. With eof,
// the page ends with the window, and all is decided.
func (s *Scanner) Scan(window []byte, eof bool) (edits []Edit, decided int) {
	s.edits = s.edits[:0]
	if !s.begun {
		s.begun, s.hold, s.implied = true, -1, -1
	}
	if !s.Done() {
		if s.XML {
			s.scanXML(window)
		} else {
			s.scanHTML(window)
			s.giveUpWaiting(s.base + int64(len(window)))
		}
		if eof {
			s.atEOF(int64(len(window)))
		}
	}
	decided = len(window)
	if s.hold >= 0 && !s.Done() && !eof {
		decided = int(s.hold - s.base)
	}
	s.base += int64(decided)
	s.next = len(window) - decided
	return s.edits, decided
}

func (s *Scanner) insert(offset int64) {
	s.edits = append(s.edits, Edit{Offset: offset, Replacement: s.AtBody})
	s.phase, s.hold = finished, -1
}

// scanHTML is the tokeniser, as far as it matters for where tokens end.
func (s *Scanner) scanHTML(w []byte) {
	for i := s.next; i < len(w); i++ {
		c := w[i]
		switch s.state {
		case data:
			if s.bom != 0 && c == '<' { // it was none
				s.text(0, c)
			} else if c == '<' {
				s.tokenStart, s.state = s.base+int64(i), tagOpen
				if s.hold < 0 {
					s.hold = s.tokenStart
				}
			} else if !isSpace(c) && !s.inBOM(s.base+int64(i), c) {
				s.text(s.base+int64(i), c)
			}
		case tagOpen:
			switch {
			case isLetter(c):
				s.startName(false)
				i--
			case c == '/':
				s.state = endTagOpen
			case c == '!':
				s.state = markupDeclarationOpen
				s.release()
			case c == '?':
				s.state = bogusComment
				s.release()
			default: // the "<" is text
				s.state = data
				s.text(s.tokenStart, '<')
				s.release()
				i--
			}
		case endTagOpen:
			switch {
			case isLetter(c):
				s.startName(true)
				i--
			case c == '>':
				s.state = data
				s.release()
			default:
				s.state = bogusComment
				s.release()
				i--
			}
		case tagName:
			if !isSpace(c) && c != '/' && c != '>' {
				if s.addName(c); s.nameLen == len(s.name)+1 {
					s.nameLen++
					s.tagNamed() // what comes of so long a name is known
					s.release()
				}
				break
			}
			if s.nameLen <= len(s.name) {
				s.tagNamed()
				s.release()
			}
			s.state = beforeAttributeName
			i--
		case rawText:
			if s.matched == 0 && s.script == scriptData {
				hop := bytes.IndexByte(w[i:], '<')
				if hop < 0 {
					i = len(w)
					break
				}
				i += hop
				c = '<'
			}
			s.rawByte(c)
		case plaintext:
			i = len(w)
		case markupDeclarationOpen:
			// DOCTYPE and, outside foreign content, CDATA end at the next ">" as
			// bogus comments do.
			if c == '-' {
				s.state = markupDeclarationOpenDash
			} else {
				s.state = bogusComment
				i--
			}
		case markupDeclarationOpenDash:
			if c == '-' {
				s.state = commentStart
			} else {
				s.state = bogusComment
				i--
			}
		case bogusComment:
			hop := bytes.IndexByte(w[i:], '>')
			if hop < 0 {
				i = len(w)
				break
			}
			i += hop
			s.state = data
		case commentStart, commentStartDash, comment, commentEndDash, commentEnd, commentEndBang:
			if s.state == comment {
				hop := bytes.IndexByte(w[i:], '-')
				if hop < 0 {
					i = len(w)
					break
				}
				i += hop
				c = '-'
			}
			s.state = afterCommentByte(s.state, c)
		default:
			if s.attributeByte(c) {
				s.tagEnd(s.base + int64(i) + 1)
			}
		}
		if s.phase == finished {
			return
		}
	}
}

// inBOM tells whether the page begins with the bytes of a byte order mark so far;
// they are no text (Encoding standard, "decode"). After that of UTF-16 nothing in
// the page is what it seems.
func (s *Scanner) inBOM(offset int64, c byte) bool {
	const utf8BOM = "\xef\xbb\xbf"
	switch {
	case offset == 0:
		if c == utf8BOM[0] || c == 0xfe || c == 0xff {
			s.bom, s.hold = c, 0
		}
		return s.bom != 0
	case s.bom == 0 || offset >= int64(len(utf8BOM)):
		return false
	case offset == 1 && (s.bom == 0xfe && c == 0xff || s.bom == 0xff && c == 0xfe):
		s.phase = finished
		return true
	case s.bom == utf8BOM[0] && c == utf8BOM[offset]:
		if offset == int64(len(utf8BOM))-1 {
			s.bom, s.hold = 0, -1
		}
		return true
	}
	s.text(0, c)
	return true
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

// attributeByte takes a byte of a tag behind its name and tells whether the tag
// ends with it.
func (s *Scanner) attributeByte(c byte) (end bool) {
	switch s.state {
	case attributeValueDoubleQuoted:
		if c == '"' {
			s.state = afterAttributeValueQuoted
		}
		return false
	case attributeValueSingleQuoted:
		if c == '\'' {
			s.state = afterAttributeValueQuoted
		}
		return false
	case attributeValueUnquoted:
		if isSpace(c) {
			s.state = beforeAttributeName
		}
		return c == '>'
	case beforeAttributeValue:
		switch {
		case isSpace(c):
		case c == '"':
			s.state = attributeValueDoubleQuoted
		case c == '\'':
			s.state = attributeValueSingleQuoted
		default:
			s.state = attributeValueUnquoted
		}
		return c == '>'
	}
	wasName := s.state == attributeName || s.state == afterAttributeName
	s.selfClosed = s.state == selfClosingStartTag && c == '>'
	switch {
	case c == '>':
		return true
	case c == '/':
		s.state = selfClosingStartTag
	case c == '=' && wasName:
		s.state = beforeAttributeValue
	case !isSpace(c):
		s.state = attributeName
	case wasName:
		s.state = afterAttributeName
	default:
		s.state = beforeAttributeName
	}
	return false
}

func (s *Scanner) startName(end bool) {
	s.state, s.isEndTag, s.nameLen, s.selfClosed = tagName, end, 0, false
}

func (s *Scanner) addName(c byte) {
	if s.nameLen < len(s.name) {
		s.name[s.nameLen] = lower(c)
	}
	if s.nameLen <= len(s.name) {
		s.nameLen++
	}
}

// tag is the current tag's name; "" for one longer than any that matters.
func (s *Scanner) tag() string {
	if s.nameLen > len(s.name) {
		return ""
	}
	return string(s.name[:s.nameLen])
}

func isSpace(c byte) bool {
	return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f'
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
