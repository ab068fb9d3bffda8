package markup

import "github.com/caddy-consent/caddy-consent/internal/css"

// Scanner finds the edits in a page that comes in pieces. It keeps no byte of it:
// all it remembers is its state. Rules and XML are set before the first piece.
type Scanner struct {
	Rules
	// XML reads the page as XHTML.
	XML bool
	// Charset tells that the page came with the name of its encoding, so that what it says
	// itself does not count.
	Charset bool
	// Passed counts what was not looked at.
	Passed Passed

	state state
	phase phase
	begun bool
	// unsettled tells that the document's structure has to be followed: the head or the
	// body is still to come, or foreign content is open.
	unsettled bool
	// wanted are the flags of the elements that matter where it has not.
	wanted flags

	// base is the offset in the page of the window's first byte; next is where the
	// scan goes on in the window.
	base int64
	next int

	// plain tells that the current tag makes no difference; else tag is the current start
	// tag.
	plain bool
	tag   startTag

	gate     nameToken // Gate
	raw      *element  // the element whose raw text is read
	dashes   int       // at most two "-" in a row, in the escaped states of script data
	brackets int       // at most two "]" in a row, in a CDATA section
	capture  capture   // the text of a script or a noscript element

	xml xml
	structure
	foreign
	baseHost []byte // of <base href>; empty: the page's own
	against  string // its path, where paths are asked for; "": the page's own
	scheme   string // of <base href>, else Scheme
	baseSeen bool
	depth    int           // of documents in documents
	host     [maxHost]byte // the last one
	inner    *Scanner      // for markup in text
	sheet    *sheet        // for the text of a <style>
	room     [8]span       // for the attributes of most tags
	lang     []byte        // of <html>, in langRoom
	langRoom [maxLang]byte

	edits []Edit
	given int // edits that the last call returned

	run    run
	notes  notes
	judged int // grows with each edit, and with each question to Rules whose answer is not the text's alone
}

// Reset makes the scanner ready for another page, with its memory.
func (s *Scanner) Reset(rules Rules) {
	clear(s.edits) // what was inserted is the visitor's
	edits, open, spans, inner, sheet := s.edits[:0], s.open[:0], s.tag.spans[:0], s.inner, s.sheet
	*s = Scanner{Rules: rules, edits: edits, inner: inner, sheet: sheet}
	s.open, s.tag.spans = open, spans
}

// Done tells that no later edit is possible: the rest of the page need not be
// scanned.
func (s *Scanner) Done() bool { return s.phase == finished && !s.elements() }

// begin is called with the first byte.
func (s *Scanner) begin() {
	s.begun = true
	s.implied, s.head, s.capture.from = -1, -1, -1
	s.gate = nameOf(s.Gate)
	if s.depth == 0 {
		s.scheme = s.Scheme
	}
	if s.tag.spans == nil {
		s.tag.spans = s.room[:0]
	}
	if s.depth > 0 || s.Head == "" && s.Body == nil && s.Meta == nil {
		s.phase = finished
	}
	s.settle()
}

// settle is called where what unsettled is made of may have changed.
func (s *Scanner) settle() {
	s.unsettled = s.phase != finished || len(s.open) > 0 || s.templates > 0
	s.wanted = everywhere
	if !s.elements() {
		s.wanted &^= loads | seldom
	}
}

// Scan reads on. window begins with the bytes that the calls before left
// undecided, followed by new ones. The first decided bytes of it are not asked for
// again; the edits, which lie in them, in order, are valid until the next call. With eof,
// the page ends with the window, and all is decided.
func (s *Scanner) Scan(window []byte, eof bool) (edits []Edit, decided int) {
	s.edits = append(s.edits[:0], s.edits[s.given:]...)
	if !s.begun {
		s.begin()
	}
	i := len(window)
	switch {
	case s.Done():
	case s.depth == 0 && s.base == 0 && s.next == 0 && !s.byteOrderMark(window, eof):
		i = 0
	case s.Done():
	case s.XML:
		i = s.tokeniseXML(window, s.next)
	default:
		i = s.tokenise(window, s.next)
	}
	if !s.Done() {
		s.giveUp(s.base + int64(i))
		if eof {
			if e := s.capture.tag.element; e == nil || e == elementStyle { // a <noscript> or a <style> that ends with the page
				s.textEnds(window, len(window))
			}
			s.atEOF(window, i)
		}
	}
	decided = i
	if s.Done() || eof {
		decided = len(window)
	} else if held := s.held(); held >= 0 {
		decided = min(decided, int(held-s.base))
	}
	s.base += int64(decided)
	s.next = i - decided
	for s.given = 0; s.given < len(s.edits) && s.edits[s.given].Offset < s.base; s.given++ {
	}
	if s.Done() || eof {
		s.given = len(s.edits)
	}
	return s.edits[:s.given], decided
}

// byteOrderMark skips that of UTF-8. After that of UTF-16 nothing in the page is what
// it seems (Encoding standard, "decode"). It returns false where too little has come
// to tell.
func (s *Scanner) byteOrderMark(w []byte, eof bool) bool {
	encoding, size, known := css.ByteOrderMark(w, eof)
	switch {
	case size > 0:
		s.next = size
	case encoding != "":
		s.leave(encoding)
	}
	return known
}

// leave gives the page up at the current tag, if any: the rest passes as it is.
func (s *Scanner) leave(encoding string) {
	if s.phase == impliedBody && s.tag.offset > s.implied+maxUndecided {
		s.insertBody(s.implied) // as giveUp would have done between smaller windows
	}
	if s.head >= 0 && s.tag.offset <= s.head+maxPrescan {
		s.edits = s.edits[:0] // of which none has gone yet
	}
	s.Passed.Encoding = encoding
	s.passRest()
}

// passRest lets the rest of the page pass as it is.
func (s *Scanner) passRest() {
	s.phase, s.head, s.Rules, s.open, s.templates = finished, -1, Rules{}, s.open[:0], 0
}

// held is the offset from which bytes are undecided besides those not yet scanned, -1
// where there are none.
func (s *Scanner) held() int64 {
	held := int64(-1)
	if s.tag.held {
		held = s.tag.offset
	}
	for _, offset := range [...]int64{s.implied, s.head, s.capture.from} {
		if offset >= 0 && (held < 0 || offset < held) {
			held = offset
		}
	}
	return held
}

// giveUp ends each wait that has lasted too long; scanned is the offset up to which the
// page was read. The limits do not depend on how the page was split.
func (s *Scanner) giveUp(scanned int64) {
	if s.phase == impliedBody && (!s.tag.held && scanned > s.implied+maxUndecided || s.tag.held && s.tag.offset > s.implied+maxUndecided) {
		s.insertBody(s.implied)
	}
	if s.tag.held && scanned > s.tag.offset+maxTag {
		s.passTag()
	}
	if s.head >= 0 && (!s.tag.held && scanned > s.head+maxPrescan || s.tag.held && s.tag.offset > s.head+maxPrescan) {
		s.head = -1
	}
	if s.capture.from >= 0 && scanned > s.capture.text+maxText {
		s.passText()
	}
}

// edit puts an edit in its place: behind an implied body others may have got theirs
// already.
func (s *Scanner) edit(offset int64, length int, replacement string) {
	s.judged++
	s.edits = append(s.edits, Edit{Offset: offset, Length: length, Replacement: replacement})
	for i := len(s.edits) - 1; i > 0 && s.edits[i-1].Offset > offset; i-- {
		s.edits[i-1], s.edits[i] = s.edits[i], s.edits[i-1]
	}
}
