package markup

import "bytes"

// scanXML finds the <body> start tag of a page that an XML parser reads: nothing is
// implied, script and style hold markup, CDATA sections and processing
// instructions do not (XML 1.0, sections 2.4 to 2.7).
func (s *Scanner) scanXML(w []byte) {
	for i := s.next; i < len(w); i++ {
		c := w[i]
		switch s.state {
		case data:
			hop := bytes.IndexByte(w[i:], '<')
			if hop < 0 {
				return
			}
			i += hop
			s.state = tagOpen
		case tagOpen:
			switch c {
			case '!':
				s.state, s.matched = markupDeclarationOpen, 0
			case '?':
				s.state, s.matched = processingInstruction, 0
			case '/':
				s.startName(true)
			default:
				s.startName(false)
				i--
			}
		case tagName:
			if !isSpace(c) && c != '/' && c != '>' {
				s.addXMLName(c)
				break
			}
			if s.tag() == "body" && !s.isEndTag {
				s.phase = inBodyTag
			}
			s.state = beforeAttributeName
			i--
		case markupDeclarationOpen:
			switch c {
			case '-':
				s.state = markupDeclarationOpenDash
			case '[':
				s.state, s.matched = cdataSection, 0
			default:
				s.state = bogusComment // DOCTYPE
				i--
			}
		case markupDeclarationOpenDash:
			s.state = comment
		case bogusComment:
			s.doctypeByte(c)
		case processingInstruction:
			s.untilByte(c, "?>")
		case cdataSection:
			s.untilByte(c, "]]>")
		case comment:
			s.untilByte(c, "-->")
		default:
			if s.attributeByte(c) {
				selfClosed := s.selfClosed
				s.state = data
				if s.phase == inBodyTag {
					s.phase = beforeBody
					if !selfClosed {
						s.insert(s.base + int64(i) + 1)
					}
				}
			}
		}
		if s.phase == finished {
			return
		}
	}
}

// addXMLName keeps the case: XML tells <BODY> from <body>.
func (s *Scanner) addXMLName(c byte) {
	if 'A' <= c && c <= 'Z' {
		s.nameLen = len(s.name) + 1
		return
	}
	s.addName(c)
}

// untilByte ends a section at its terminator; matched counts what of it was seen.
func (s *Scanner) untilByte(c byte, terminator string) {
	switch {
	case c == terminator[s.matched]:
		s.matched++
	case s.matched == len(terminator)-1 && c == terminator[0] && len(terminator) == 3:
		// "]]]>" and "--->": the last two still count
	default:
		s.matched = 0
		if c == terminator[0] {
			s.matched = 1
		}
	}
	if s.matched == len(terminator) {
		s.state, s.matched = data, 0
	}
}

// doctypeByte skips a document type declaration with its internal subset, which
// stands in brackets.
func (s *Scanner) doctypeByte(c byte) {
	switch {
	case c == '[':
		s.matched = 1
	case c == ']':
		s.matched = 0
	case c == '>' && s.matched == 0:
		s.state = data
	}
}
