// Package css finds what a style sheet would load, as the sheet streams by: a scanner yields edits that make inert in
// place what is denied, an applier makes the output. Every other byte stays.
//
// It tokenises as CSS Syntax Level 3 does (section 4), as far as that tells where an address stands: comments,
// strings, url tokens and the names of functions and at-rules. It builds no rules, and need not: an address counts
// wherever it stands, but where it is a name (@namespace, @document). It knows nothing of whom it is for or why.
//
// What loads is url(), quoted or not, the first address of @import, and strings in src(), image-set(),
// -webkit-image-set() and image(). A string that a custom property holds is not told from any other, and a sheet in
// a data: URL is not read.
package css

import "github.com/caddy-consent/caddy-consent/internal/deflate"

// Edit is one of the package that edits compressed text, so that Scan is a [deflate.Scan].
type Edit = deflate.Edit

// Passed counts what of a sheet passed without being looked at.
type Passed struct {
	// Tokens are addresses over 64 KiB.
	Tokens int
	// Encoding is the character encoding for which the sheet was left alone; "" where it was not.
	Encoding string
}

const (
	// maxToken bounds what is held.
	maxToken = 64 << 10

	// What an address becomes. A sheet that an @import gets must be text/css, or browsers complain.
	inert      = "data:,"
	inertSheet = "data:text/css,"
)

// Scanner finds the edits in a sheet that comes in pieces. It keeps no byte of it: all it remembers is its state.
type Scanner struct {
	// Denied is asked for each address that would load, as a URL parser gets it: without escapes. The bytes are valid
	// during the call only. With a nil Denied the sheet passes unread.
	Denied func(url []byte) bool
	// Charset is the name of the encoding (Encoding standard, section 4.2) that the sheet came with; "" where it came
	// with none, so that what it says itself counts.
	Charset string
	// Passed counts what was not looked at.
	Passed Passed

	state state
	begun bool

	// base is the offset in the sheet of the window's first byte; next is where the scan goes on in the window.
	base int64
	next int

	// address is the offset of the text of the string or url token that is read, -1 where it is of no interest;
	// textEnd is where that of a url token ended before white space, quote is that of a string.
	address int64
	textEnd int64
	quote   byte
	// importing tells that the next token may be the address of an @import, isImport that the current one is.
	importing, isImport bool
	// naming tells that addresses are names up to the end of the prelude.
	naming bool
	// depth counts the parentheses open from the outermost function on whose strings are addresses.
	depth int

	// floor is an offset over which no name extends that ends behind it; last is the byte before the window. long
	// tells that before the window there is so much of a name that it is none of those that count.
	floor int64
	last  byte
	long  bool

	edits   []Edit
	scratch []byte               // an address without escapes
	name    [longestWritten]byte // the last one, folded
}

// state is what the scan stands in.
type state uint8

const (
	betweenTokens state = iota
	inComment
	inString
	behindURL  // the "url(", and white space
	inURL      // an unquoted one
	afterURL   // white space that must be followed by ")"
	inBadURL   // section 4.3.14, "consume the remnants of a bad url"
	inLongName // one that is none of those that count
	leftAlone
)

// Reset makes the scanner ready for another sheet, with its memory.
func (s *Scanner) Reset(denied func(url []byte) bool, charset string) {
	clear(s.edits)
	*s = Scanner{Denied: denied, Charset: charset, edits: s.edits[:0], scratch: s.scratch[:0]}
}

// Done tells that no later edit is possible: the rest of the sheet need not be scanned.
func (s *Scanner) Done() bool { return s.Denied == nil || s.state == leftAlone }

// Scan reads on. window begins with the bytes that the calls before left undecided, followed by new ones. The first
// decided bytes of it are not asked for again; the edits, which lie in them, in order, are valid until the next call.
// With eof, the sheet ends with the window, and all is decided.
func (s *Scanner) Scan(window []byte, eof bool) (edits []Edit, decided int) {
	s.edits = s.edits[:0]
	if !s.begun && s.Denied != nil {
		if !s.begin(window, eof) {
			return nil, 0
		}
	}
	if s.Done() {
		return nil, len(window)
	}
	i, more := s.next, true
	for more && i < len(window) {
		i, more = s.step(window, i, eof)
	}
	decided = s.decide(window, i)
	if eof {
		s.atEOF(window)
		decided = len(window)
	}
	if decided > 0 {
		s.last = window[decided-1]
	}
	s.base += int64(decided)
	s.next = max(i-decided, 0)
	return s.edits, decided
}

// Text finds the edits in a sheet that is there as a whole, and is text already: what it says of its encoding does
// not count.
func (s *Scanner) Text(sheet []byte) []Edit {
	s.begun, s.address = true, -1
	edits, _ := s.Scan(sheet, true)
	return edits
}

// step reads what stands at i. more is false where that depends on what follows the window.
func (s *Scanner) step(w []byte, i int, eof bool) (next int, more bool) {
	switch s.state {
	case inComment:
		return s.comment(w, i)
	case inString:
		return s.string(w, i, eof)
	case behindURL:
		return s.urlBegins(w, i)
	case inURL:
		return s.url(w, i, eof)
	case afterURL:
		return s.urlEnds(w, i)
	case inBadURL:
		return s.badURL(w, i, eof)
	case inLongName:
		return s.longName(w, i, eof)
	}
	if s.importing {
		return s.importBegins(w, i, eof)
	}
	return s.between(w, i, eof)
}

// decide tells how much of the window is decided, of which i bytes are read. An address waits for its end as long as
// it may be; so does what may be the beginning of a name that counts.
func (s *Scanner) decide(w []byte, i int) int {
	if s.address >= 0 && s.base+int64(i)-s.address > maxToken {
		s.tooLong()
	}
	switch {
	case s.address >= 0:
		return int(s.address - s.base)
	case s.state != betweenTokens:
		s.long = false
		return i
	}
	begin, whole := s.nameBefore(w, i)
	s.long = !whole
	if s.long {
		return i
	}
	return begin
}

// tooLong lets an address go unread.
func (s *Scanner) tooLong() {
	s.Passed.Tokens++
	s.address = -1
}

// atEOF ends what the sheet leaves open (section 4.3: the end closes strings and url tokens).
func (s *Scanner) atEOF(w []byte) {
	switch s.state {
	case inString, inURL:
		s.addressEnds(w, len(w), len(w))
	case afterURL:
		s.addressEnds(w, s.endOfText(), len(w))
	}
}
