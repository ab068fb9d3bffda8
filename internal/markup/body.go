package markup

// phase is how far the document is on its way to the body: the insertion modes of
// the standard (section 13.2.6.4) as far as they differ for that.
type phase uint8

const (
	// beforeBody: no token has opened the body yet.
	beforeBody phase = iota
	// impliedBody: a token has opened it unsaid; a <frameset> may still take its
	// place while the parser's frameset-ok flag says so.
	impliedBody
	// inBodyTag: the attributes of the <body> start tag are being read.
	inBodyTag
	// finished: inserted, or a frameset document.
	finished
)

// maxUndecided bounds how much is held while a <frameset> is possible.
const maxUndecided = 64 << 10

// release lets held bytes pass where no body is implied.
func (s *Scanner) release() {
	if s.phase == beforeBody || s.phase == inBodyTag {
		s.hold = -1
	}
}

// text takes a character that is no white space. It opens the body and clears
// frameset-ok; a NUL does the former only.
func (s *Scanner) text(offset int64, c byte) {
	if s.templates > 0 {
		return
	}
	if s.phase == beforeBody {
		s.implyBody(offset)
	}
	if s.phase == impliedBody && c != 0 {
		s.insert(s.implied)
	}
}

func (s *Scanner) implyBody(offset int64) {
	s.phase, s.implied, s.hold = impliedBody, offset, offset
}

// tagNamed acts on a tag as soon as its name is known.
func (s *Scanner) tagNamed() {
	name := s.tag()
	if s.isEndTag {
		s.endTagNamed(name)
		return
	}
	if s.templates > 0 {
		return
	}
	switch {
	case name == "frameset" && s.phase == impliedBody && s.tokenStart > s.implied+maxUndecided:
		s.insert(s.implied)
	case name == "frameset":
		s.phase = finished // nothing has cleared frameset-ok before
	case s.phase == beforeBody:
		switch {
		case name == "body":
			s.phase = inBodyTag
		case name == "html" || name == "head" || isMetadata(name) || name == "noscript" && !s.headClosed:
		default:
			s.implyBody(s.tokenStart)
			s.clearFramesetOK(name)
		}
	case s.phase == impliedBody:
		s.clearFramesetOK(name)
	}
}

func (s *Scanner) endTagNamed(name string) {
	if s.templates > 0 {
		return
	}
	switch name {
	case "head":
		s.headClosed = true
	case "body", "html", "br":
		if s.phase == beforeBody {
			s.implyBody(s.tokenStart)
		}
		if name == "br" && s.phase == impliedBody { // read as <br>
			s.insert(s.implied)
		}
	}
}

// isMetadata tells the elements that stay in the head, before and after its end
// tag ("in head" and "after head" insertion modes).
func isMetadata(name string) bool {
	switch name {
	case "base", "basefont", "bgsound", "link", "meta", "noframes", "script", "style", "template", "title":
		return true
	}
	return false
}

// clearFramesetOK inserts where the start tag of that name, in the body, sets the
// parser's frameset-ok flag to "not ok"; foreign content counts as such.
func (s *Scanner) clearFramesetOK(name string) {
	switch name {
	case "pre", "listing", "li", "dd", "dt", "button", "applet", "marquee", "object", "table",
		"area", "br", "embed", "img", "image", "keygen", "wbr", "input", "hr", "textarea", "xmp", "iframe",
		"select", "svg", "math", "plaintext":
		s.insert(s.implied)
	}
}

// giveUpWaiting inserts when no <frameset> came for long. It looks past the limit
// as far as a name that began before it may reach, so that the result does not
// depend on where the page was split.
func (s *Scanner) giveUpWaiting(scanned int64) {
	if s.phase == impliedBody && scanned > s.implied+maxUndecided+2*int64(len(s.name)) {
		s.insert(s.implied)
	}
}

// tagEnd acts at the ">" of a tag; offset is that of the byte behind it.
func (s *Scanner) tagEnd(offset int64) {
	s.state = data
	name := s.tag()
	if s.phase == inBodyTag {
		s.insert(offset)
		return
	}
	switch {
	case name == "template" && s.isEndTag && s.templates > 0:
		s.templates--
	case name == "template" && !s.isEndTag:
		s.templates++
	case s.isEndTag:
	case name == "plaintext":
		s.state = plaintext
	default:
		if element := rawTextOf(name); element != "" {
			s.enterRawText(element)
		}
	}
}

// atEOF decides what the end of the page decides: a body that only the end of
// file opens. A page without a single token is left empty.
func (s *Scanner) atEOF(window int64) {
	end := s.base + window
	switch {
	case s.phase == finished || s.XML || end == 0:
	case s.phase == impliedBody:
		s.insert(s.implied)
	case s.phase != beforeBody || s.templates > 0:
	case s.state == data:
		s.insert(end)
	case s.state == tagOpen || s.state == endTagOpen || s.state == tagName:
		s.insert(s.tokenStart) // "<" and "</" are text, a piece of a tag is dropped
	}
}
