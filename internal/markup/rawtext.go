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

// What matched says was seen last; zero is nothing that matters.
const (
	oneDash         = -1  // "-", in the escaped states
	twoDash         = -2  // "--" or more
	openTag         = 1   // "<"
	closeTag        = 2   // "</", and one more for each letter of the element's name
	matchedBang     = 100 // "<!": beyond the length of any end tag
	matchedBangDash = 101 // "<!-"
	matchedOpen     = 200 // "<", and one more for each letter of "script"
)

// rawByte takes a byte of raw text.
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
