package markup

import "bytes"

// phase is how far the document is on its way to the body: the insertion modes of
// the standard (section 13.2.6.4) as far as they differ for that.
type phase uint8

const (
	// beforeHead: no token has opened the head yet.
	beforeHead phase = iota
	// inHeadTag: the attributes of the <head> start tag are being read.
	inHeadTag
	// beforeBody: in the head or after it.
	beforeBody
	// impliedBody: a token has opened the body unsaid; a <frameset> may still take its
	// place while the parser's frameset-ok flag says so.
	impliedBody
	// inBodyTag: the attributes of the <body> start tag are being read.
	inBodyTag
	// finished: the body is open, or it is a frameset document.
	finished
)

// structure is where the scan is in the document.
type structure struct {
	headClosed    bool  // </head> was seen
	templates     int   // open template elements
	framesetNotOK bool  // the parser's frameset-ok flag is "not ok"
	implied       int64 // where the body is implied, in the phase impliedBody; else -1
	head          int64 // where Head is inserted, while it may still show that nothing must be; else -1
}

// maxUndecided bounds how much is held while a <frameset> is possible.
const maxUndecided = 64 << 10

// text takes characters of the document, at i in the window. Other than white space
// they open the body and clear frameset-ok; a NUL does the former only.
func (s *Scanner) text(t []byte, i int) { s.textWithReferences(t, i, false) }

// textWithReferences is text where white space may also be written as a character
// reference. It returns how much it took: not one that may be such when more has come, if t is
// open.
func (s *Scanner) textWithReferences(t []byte, i int, open bool) (taken int) {
	if s.phase == finished {
		return len(t)
	}
	k, cut := s.spaceLength(t, "", open)
	if cut || k == len(t) {
		return k
	}
	if s.templates == 0 && len(s.open) == 0 {
		s.implyBody(s.base + int64(i+k))
	}
	if s.framesetNotOK || s.phase == finished {
		return len(t)
	}
	more, cut := s.spaceLength(t[k:], "\x00", open)
	if k += more; cut {
		return k
	}
	if k < len(t) {
		s.clearFramesetOK()
	}
	return len(t)
}

// spaceLength is that of the white space with which t begins, and of the bytes besides. cut tells
// that what follows it may be a reference to one, when more of an open t has come.
func (s *Scanner) spaceLength(t []byte, besides string, open bool) (length int, cut bool) {
	for {
		rest := bytes.TrimLeft(t[length:], whitespace+besides)
		length = len(t) - len(rest)
		if s.state != data || len(rest) == 0 || rest[0] != '&' {
			return length, false
		}
		n, cut := spaceReference(rest)
		if n == 0 || cut && open {
			return length, cut && open
		}
		length += n
	}
}

// implyHead opens the head before the token at offset.
func (s *Scanner) implyHead(offset int64) {
	if s.phase == beforeHead {
		s.insertHead(offset)
	}
}

// implyBody opens the body before the token at offset.
func (s *Scanner) implyBody(offset int64) {
	s.implyHead(offset)
	if s.phase != beforeBody {
		return
	}
	s.phase, s.implied, s.head = impliedBody, offset, -1
	if s.framesetNotOK {
		s.insertBody(offset)
	}
}

func (s *Scanner) clearFramesetOK() {
	s.framesetNotOK = true
	if s.phase == impliedBody {
		s.insertBody(s.implied)
	}
}

// maxPrescan is how far into the page its encoding is looked for (HTML, section 13.2.3.2).
const maxPrescan = 1024

func (s *Scanner) insertHead(offset int64) {
	s.insert(offset, s.Head)
	if s.Head != "" && !s.Charset && !s.XML {
		s.head = offset
	}
	if s.phase = beforeBody; s.Body == nil && s.Meta == nil && s.head < 0 {
		s.finish()
	}
}

func (s *Scanner) insertBody(offset int64) {
	if s.Body != nil {
		s.insert(offset, s.Body(s.lang))
	}
	s.finish()
}

func (s *Scanner) insert(offset int64, markup string) {
	if markup != "" {
		s.edit(offset, 0, markup)
	}
}

func (s *Scanner) finish() {
	s.phase, s.implied, s.head = finished, -1, -1
	s.settle()
}

// structureStartTag acts on a start tag in HTML content, as soon as its name is known.
func (s *Scanner) structureStartTag(e *element, offset int64) {
	var f flags
	if e != nil {
		f = e.flags
	}
	if s.templates == 0 {
		switch s.phase {
		case beforeHead:
			switch e {
			case elementHTML:
				return
			case elementHead:
				s.phase = inHeadTag
				return
			}
			s.implyHead(offset)
		case impliedBody:
			if e == elementBody {
				s.clearFramesetOK()
			}
		}
		if s.phase == beforeBody {
			switch {
			case e == elementBody:
				s.phase = inBodyTag
				return
			case e == elementFrameset:
			case e == elementHTML || e == elementHead || f&isMetadata != 0 || e == elementNoscript && !s.headClosed:
				return
			default:
				s.implyBody(offset)
			}
		}
		if e == elementFrameset && s.phase != finished {
			if s.phase == impliedBody && offset > s.implied+maxUndecided {
				s.insertBody(s.implied)
				return
			}
			s.finish() // nothing has cleared frameset-ok before
			return
		}
	}
	if f&endsFrameset != 0 && e != elementInput { // of <input>, the attributes decide
		s.clearFramesetOK()
	}
}

// structureStartTagEnds acts at the ">" of that start tag; offset is that of the byte
// behind it.
func (s *Scanner) structureStartTagEnds(offset int64) {
	switch s.phase {
	case inHeadTag:
		s.insertHead(offset)
		return
	case inBodyTag:
		s.insertBody(offset)
		return
	}
	switch s.tag.element {
	case elementHTML:
		if s.isAMP() {
			s.Passed.AMP = true
			s.passRest()
			return
		}
		s.readLang()
	case elementInput:
		if hidden, _ := s.tag.value(&nameType); !equalFold(hidden, "hidden") {
			s.clearFramesetOK()
		}
	}
}

// isAMP tells that the page, whose <html> is the current tag, is one of AMP (AMP HTML, "required markup").
func (s *Scanner) isAMP() bool {
	return s.phase == beforeHead && (s.tag.has(&nameAMP) || s.tag.has(&nameBolt))
}

// maxLang bounds a language tag; RFC 5646 (section 4.4.1) wants room for 35 characters.
const maxLang = 35

// readLang reads the language of the page from the current tag, <html>. What a second one
// says counts only where the first says nothing ("in body" insertion mode).
func (s *Scanner) readLang() {
	if len(s.lang) > 0 || s.templates > 0 {
		return
	}
	value, _ := s.tag.value(&nameLang)
	if xml, ok := s.tag.value(&nameXMLLang); ok && s.XML { // HTML, section 3.2.6.2
		value = xml
	}
	if len(value) <= maxLang {
		s.lang = append(s.langRoom[:0], value...)
	}
}

// structureEndTag acts on an end tag in HTML content.
func (s *Scanner) structureEndTag(e *element, offset int64) {
	if s.templates > 0 {
		return
	}
	switch e {
	case elementHead:
		s.implyHead(offset)
		s.headClosed = true
	case elementBody, elementHTML, elementBr:
		s.implyBody(offset)
		if e == elementBr { // read as <br>
			s.clearFramesetOK()
		}
	}
}

// atEOF decides what the end of the page decides: a body that only the end of
// file opens. A page without a single token is left empty. The page was read up to i.
func (s *Scanner) atEOF(w []byte, i int) {
	end := s.base + int64(len(w))
	if s.phase == finished || s.XML || end == 0 {
		return
	}
	if s.phase == impliedBody {
		s.insertBody(s.implied)
		return
	}
	rest := w[i:] // a token that is cut short: "<" and "</" are text, a piece of a tag is dropped
	if s.templates > 0 || len(s.open) > 0 || s.state != data && s.state != tagName || bytes.HasPrefix(rest, []byte("<!")) {
		return
	}
	if s.phase == inHeadTag || s.phase == inBodyTag {
		return
	}
	if length, _ := spaceReference(rest); length == 0 {
		end -= int64(len(rest))
	}
	s.implyBody(end)
	if s.phase == impliedBody {
		s.insertBody(end)
	}
}
