package css

import "bytes"

// between passes over tokens that make no difference, up to the next byte that may. It is the part of the scanner in
// which most of a sheet's bytes are passed. Of names only those are read that stand before a "(", have escapes, or
// follow an "@".
func (s *Scanner) between(w []byte, i int, eof bool) (next int, more bool) {
	classes := begins
	if s.depth > 0 {
		classes |= nests
	}
	if s.naming {
		classes |= ends
	}
	if i = s.untilCounts(w, i, classes); i == len(w) {
		return i, true
	}
	switch w[i] {
	case '"', '\'':
		return s.stringBegins(w, i)
	case '(':
		return s.parenthesis(w, i)
	case '/':
		return s.slash(w, i)
	case '@':
		return s.atRule(w, i, eof)
	case '\\':
		return s.escapedName(w, i, eof)
	case '<':
		return s.lessThan(w, i)
	case ')':
		s.depth--
	default:
		s.naming = false
	}
	return i + 1, true
}

// untilCounts is until without the parentheses and the short strings that a glance tells to make no difference. Outside
// of functions whose strings are addresses, most are such.
func (s *Scanner) untilCounts(w []byte, i int, classes uint8) int {
	for {
		i = until(w, i, classes)
		if i == len(w) || s.depth > 0 {
			return i
		}
		next := i
		switch c := w[i]; {
		case c == '"' || c == '\'':
			next = behindString(w, i)
		case c == '(' && !mayCount(w, i):
			next++
		}
		if next == i {
			return i
		}
		i = next
	}
}

// shortString is how far the end of a string is looked for byte by byte: to look up many at once begins slowly.
const shortString = 32

// behindString returns where the short string ends that begins at i; i where that takes more to tell. What stands
// behind a "\" ends no string (section 4.3.7), not even as a line break. White space behind the digits of an escape
// belongs to it too: a line break there is left to the state for strings, as all others are.
func behindString(w []byte, i int) int {
	quote, text := w[i], w[i+1:min(i+shortString, len(w))]
	for k := 0; k < len(text); k++ {
		switch c := text[k]; {
		case class[c]&(inDouble|inSingle) == 0:
		case c == quote:
			return i + 1 + k + 1
		case c == '\\':
			k++
		case isLineBreak(c):
			return i
		}
	}
	return i
}

// mayCount tells whether the name that ends before i may be one of those that count, by its last two letters: of "url",
// "src", "image-set" and "image". It tells so of most that are none.
func mayCount(w []byte, i int) bool {
	if i < 2 {
		return false
	}
	switch [2]byte{w[i-2] | 0x20, w[i-1] | 0x20} {
	case [2]byte{'r', 'l'}, [2]byte{'r', 'c'}, [2]byte{'e', 't'}, [2]byte{'g', 'e'}:
		return true
	}
	return false
}

// parenthesis looks whether a function begins whose name has no escapes. A name that follows a "#" is that of a
// hash, one that begins with a digit the unit of a number.
func (s *Scanner) parenthesis(w []byte, i int) (next int, more bool) {
	begin, whole := s.nameBefore(w, i)
	if !whole || !s.mayName(w, begin) {
		begin = i
	}
	s.function(w[begin:i])
	return i + 1, true
}

// mayName tells whether a name that begins there may be a function's.
func (s *Scanner) mayName(w []byte, begin int) bool {
	last := s.last
	if begin > 0 {
		last = w[begin-1]
	}
	return last != '#'
}

// function opens one, or with an empty name a parenthesis (section 4.3.4, "consume an ident-like token").
func (s *Scanner) function(written []byte) {
	switch string(s.folded(written)) {
	case "url":
		s.state = behindURL
		return
	case "src", "image-set", "-webkit-image-set", "image": // CSS Values, section 4.5; CSS Images, section 2
		s.depth++
		return
	}
	if s.depth > 0 {
		s.depth++
	}
}

// slash begins a comment, or is a delimiter.
func (s *Scanner) slash(w []byte, i int) (next int, more bool) {
	switch {
	case i+1 == len(w):
		return i, false
	case w[i+1] == '*':
		s.state = inComment
		return i + 2, true
	}
	s.importing = false
	return i + 1, true
}

// comment passes over one (section 4.3.2).
func (s *Scanner) comment(w []byte, i int) (next int, more bool) {
	if end := bytes.Index(w[i:], []byte("*/")); end >= 0 {
		s.state = betweenTokens
		return i + end + 2, true
	}
	if w[len(w)-1] == '*' {
		return len(w) - 1, false
	}
	return len(w), true
}

// lessThan passes over a CDO token, "<!--": what follows is no part of a name that begins with its dashes.
func (s *Scanner) lessThan(w []byte, i int) (next int, more bool) {
	const cdo = "<!--"
	switch {
	case bytes.HasPrefix(w[i:], []byte(cdo)):
		s.floor = s.base + int64(i+len(cdo))
		return i + len(cdo), true
	case bytes.HasPrefix([]byte(cdo), w[i:]):
		return i, false
	}
	return i + 1, true
}

// atRule reads the name of one.
func (s *Scanner) atRule(w []byte, i int, eof bool) (next int, more bool) {
	is, known := isNameAt(w, i+1, eof)
	switch {
	case !known:
		return i, false
	case !is:
		return i + 1, true
	}
	end, whole := name(w, i+1, eof)
	if !whole {
		return s.perhapsLong(i, i+1, end)
	}
	switch string(s.folded(w[i+1 : end])) {
	case "import":
		s.importing = true
	case "namespace", "document", "-moz-document":
		s.naming = true
	}
	s.floor = s.base + int64(end) // what stands there may look like a name behind an escape
	return end, true
}

// escapedName reads a name from its first escape on.
func (s *Scanner) escapedName(w []byte, i int, eof bool) (next int, more bool) {
	switch {
	case i+1 == len(w):
		return i, false
	case !isEscape(w, i):
		return i + 1, true
	}
	begin, whole := s.nameBefore(w, i)
	if !whole {
		s.state = inLongName
		return i, true
	}
	end, whole := name(w, i, eof)
	switch {
	case !whole:
		return s.perhapsLong(i, begin, end)
	case end == len(w) || w[end] != '(':
		return end, true
	case !s.mayName(w, begin):
		begin = end
	}
	s.function(w[begin:end])
	return end + 1, true
}

// perhapsLong waits at i for the end of a name, of which there is what stands from begin to end; but not for one that
// is none of those that count.
func (s *Scanner) perhapsLong(i, begin, end int) (next int, more bool) {
	if end-begin <= longestWritten {
		return i, false
	}
	s.state = inLongName
	return end, true
}

// longName passes over the rest of such a name.
func (s *Scanner) longName(w []byte, i int, eof bool) (next int, more bool) {
	end, whole := name(w, i, eof)
	if !whole {
		return end, false
	}
	s.state = betweenTokens
	if end < len(w) && w[end] == '(' {
		s.function(nil)
		end++
	}
	return end, true
}
