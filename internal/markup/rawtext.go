package markup

import "strings"

// enterRawText begins the text of an element in which tags are not markup, to be
// left by its own end tag (RCDATA, RAWTEXT, script data).
func (s *Scanner) enterRawText(element string) {
	s.state, s.rawName, s.matched, s.script = rawText, element, 0, scriptData
}

// scriptState is which of the script data states the scan is in: inside "<!--" a
// nested <script> hides the next </script>.
type scriptState uint8

const (
	scriptData scriptState = iota
	scriptDataEscaped
	scriptDataDoubleEscaped
)

// The dashes seen in a row are kept in matched while nothing else is matched: it
// counts down from zero.
const (
	oneDash  = -1
	twoDash  = -2
	openTag  = 1 // "<"
	closeTag = 2 // "</"
)

// rawByte takes a byte of raw text. matched counts what was seen of "</name"; in
// scripts also, as matchedOpen, of "<name" and "<!--".
func (s *Scanner) rawByte(c byte) {
	isScript := s.rawName == "script"
	switch {
	case s.matched == openTag:
		switch {
		case c == '/':
			s.matched = closeTag
			return
		case isScript && c == '!' && s.script == scriptData:
			s.matched = matchedBang
			return
		case isScript && s.script == scriptDataEscaped && lower(c) == 's':
			s.matched = matchedOpen + 1
			return
		}
	case s.matched >= matchedOpen:
		n := s.matched - matchedOpen
		if n < len("script") {
			if lower(c) == "script"[n] {
				s.matched++
				return
			}
		} else if isSpace(c) || c == '/' || c == '>' {
			s.script, s.matched = scriptDataDoubleEscaped, 0
			return
		}
	case s.matched == matchedBang:
		if c == '-' {
			s.matched = matchedBangDash
			return
		}
	case s.matched == matchedBangDash:
		if c == '-' { // "<!-->" ends at once: its dashes count
			s.script, s.matched = scriptDataEscaped, twoDash
			return
		}
	case s.matched >= closeTag:
		n := s.matched - closeTag
		if n < len(s.rawName) {
			if lower(c) == s.rawName[n] {
				s.matched++
				return
			}
		} else if isSpace(c) || c == '/' || c == '>' {
			if s.script == scriptDataDoubleEscaped {
				s.script, s.matched = scriptDataEscaped, 0
				return
			}
			s.endRawText(c)
			return
		}
	}
	// Nothing matched: the byte begins anew.
	switch {
	case c == '<':
		s.matched = openTag
	case c == '-' && s.script != scriptData:
		if s.matched == oneDash || s.matched == twoDash {
			s.matched = twoDash
		} else {
			s.matched = oneDash
		}
	case c == '>' && s.matched == twoDash:
		s.script, s.matched = scriptData, 0
	default:
		s.matched = 0
	}
}

// Values of matched beyond the length of any end tag.
const (
	matchedBang     = 100 // "<!"
	matchedBangDash = 101 // "<!-"
	matchedOpen     = 200 // "<" and letters of "script"
)

func (s *Scanner) endRawText(delimiter byte) {
	s.startName(true)
	s.nameLen = copy(s.name[:], s.rawName)
	s.state = beforeAttributeName
	if s.attributeByte(delimiter) {
		s.tagEnd(0)
	}
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// rawTextOf returns the name of the element where its content is raw text. With
// scripting, noscript is; without, it holds markup that no notice belongs into.
func rawTextOf(name string) string {
	const elements = " title textarea style xmp iframe noembed noframes noscript script "
	if i := strings.Index(elements, " "+name+" "); i >= 0 && name != "" {
		return elements[i+1 : i+1+len(name)]
	}
	return ""
}
