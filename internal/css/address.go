package css

import "bytes"

// importBegins looks for the address behind "@import", or in "src(" behind that: a string, or url().
func (s *Scanner) importBegins(w []byte, i int, eof bool) (next int, more bool) {
	if i = behind(w, i, space); i == len(w) {
		return i, true
	}
	switch c := w[i]; {
	case c == '/':
		return s.slash(w, i)
	case c == '"' || c == '\'':
		return s.stringBegins(w, i)
	case c == '\\' && i+1 == len(w) && !eof:
		return i, false
	case class[c]&inName == 0 && !isEscape(w, i):
		s.importing = false
		return i, true
	}
	end, whole := name(w, i, eof)
	switch {
	case !whole && end-i <= longestWritten:
		return i, false
	case whole && end < len(w) && w[end] == '(':
		switch string(s.folded(w[i:end])) {
		case "url", "src":
			s.function(w[i:end])
			return end + 1, true
		}
	}
	s.importing = false
	return i, true
}

// stringBegins begins one with the quote at i. It is an address in a function whose strings are, or behind "@import".
func (s *Scanner) stringBegins(w []byte, i int) (next int, more bool) {
	s.state, s.quote = inString, w[i]
	if s.importing || s.depth > 0 {
		s.addressBegins(i + 1)
	}
	return i + 1, true
}

// addressBegins begins one whose text begins at i.
func (s *Scanner) addressBegins(i int) {
	s.isImport, s.importing = s.importing, false
	if !s.naming {
		s.address = s.base + int64(i)
	}
}

// string reads one (section 4.3.5, "consume a string token"). A line break ends it, and makes it none.
func (s *Scanner) string(w []byte, i int, eof bool) (next int, more bool) {
	classes := inDouble
	if s.quote == '\'' {
		classes = inSingle
	}
	for {
		if i = until(w, i, classes); i == len(w) {
			return i, true
		}
		switch c := w[i]; {
		case c == s.quote:
			s.addressEnds(w, i, i)
			s.state = betweenTokens
			return i + 1, true
		case c != '\\':
			s.addressIsNone(i)
			s.state = betweenTokens
			return i, true
		}
		end, whole := i+1, eof
		if end < len(w) {
			if isLineBreak(w[end]) {
				end, whole = lineBreak(w, end, eof)
			} else {
				end, whole = escape(w, i, eof)
			}
		}
		if !whole {
			return i, false
		}
		i = end
	}
}

// urlBegins tells "url(" with a string, which is a function, from one without, which is a token of its own. White
// space may stand before either, but no comment.
func (s *Scanner) urlBegins(w []byte, i int) (next int, more bool) {
	i = behind(w, i, space)
	switch {
	case i == len(w):
		return i, true
	case w[i] == '"' || w[i] == '\'':
		s.depth++
		return s.stringBegins(w, i)
	}
	s.addressBegins(i)
	s.state = inURL
	return i, true
}

// url reads an unquoted one (section 4.3.6, "consume a url token").
func (s *Scanner) url(w []byte, i int, eof bool) (next int, more bool) {
	for {
		if i = until(w, i, inUnquoted); i == len(w) {
			return i, true
		}
		switch c := w[i]; {
		case c == ')':
			s.addressEnds(w, i, i)
			s.state = betweenTokens
			return i + 1, true
		case class[c]&space != 0:
			s.textEnd = s.base + int64(i)
			s.state = afterURL
			return i, true
		case c == '\\' && i+1 == len(w) && !eof:
			return i, false
		case !isEscape(w, i):
			s.addressIsNone(i)
			s.state = inBadURL
			return i, true
		}
		end, whole := escape(w, i, eof)
		if !whole {
			return i, false
		}
		i = end
	}
}

// urlEnds reads the white space behind an unquoted url.
func (s *Scanner) urlEnds(w []byte, i int) (next int, more bool) {
	i = behind(w, i, space)
	switch {
	case i == len(w):
		return i, true
	case w[i] == ')':
		s.addressEnds(w, s.endOfText(), i)
		s.state = betweenTokens
		return i + 1, true
	}
	s.addressIsNone(i)
	s.state = inBadURL
	return i, true
}

// endOfText is where in the window the text of an unquoted url ended; the window's begin where it is not held.
func (s *Scanner) endOfText() int { return max(int(s.textEnd-s.base), 0) }

// badURL passes over the rest of what is none.
func (s *Scanner) badURL(w []byte, i int, eof bool) (next int, more bool) {
	for ; i < len(w); i++ {
		switch {
		case w[i] == ')':
			s.state = betweenTokens
			return i + 1, true
		case w[i] != '\\':
		case i+1 == len(w) && !eof:
			return i, false
		case isEscape(w, i):
			end, whole := escape(w, i, eof)
			if !whole {
				return i, false
			}
			i = end - 1
		}
	}
	return i, true
}

// addressEnds asks for the address that ends before end, when the token does at i.
func (s *Scanner) addressEnds(w []byte, end, i int) {
	switch {
	case s.address < 0:
		return
	case s.base+int64(i)-s.address > maxToken:
		s.tooLong()
		return
	}
	from := s.address
	written := w[from-s.base : end]
	s.address = -1
	url := written
	if bytes.IndexByte(written, '\\') >= 0 || bytes.IndexByte(written, 0) >= 0 {
		s.scratch = unescape(s.scratch[:0], written, s.state == inString)
		url = s.scratch
	}
	if len(url) == 0 || !s.Denied(url) {
		return
	}
	replacement := inert
	if s.isImport {
		replacement = inertSheet
	}
	s.edits = append(s.edits, Edit{Offset: from, Length: len(written), Replacement: replacement})
}

// addressIsNone forgets the address of a token that turns out to be bad at i.
func (s *Scanner) addressIsNone(i int) {
	if s.address >= 0 && s.base+int64(i)-s.address > maxToken {
		s.Passed.Tokens++
	}
	s.address = -1
}
