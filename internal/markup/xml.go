package markup

import "bytes"

// The states of XHTML besides data and comment (XML 1.0, sections 2.4 to 2.8).
const (
	xmlTag state = 100 + iota
	xmlDoctype
	xmlSection // a comment, a CDATA section or a processing instruction
)

// tokeniseXML reads a page as an XML parser does: nothing is implied, script and style
// hold markup, names have one case.
func (s *Scanner) tokeniseXML(w []byte, i int) int {
	for i < len(w) && !s.Done() {
		switch s.state {
		case data:
			hop := bytes.IndexByte(w[i:], '<')
			if hop < 0 {
				return len(w)
			}
			i += hop
			next, known := s.openXML(w, i)
			if !known {
				return i
			}
			i = next
		case xmlTag:
			for ; i < len(w) && s.state == xmlTag; i++ {
				switch c := w[i]; {
				case s.xml.quote != 0:
					if c == s.xml.quote {
						s.xml.quote = 0
					}
				case c == '"' || c == '\'':
					s.xml.quote = c
				case c == '>':
					s.state = data
					s.tag.selfClosing = s.xml.last == '/'
					s.xmlTagEnds(w, i+1)
				}
				s.xml.last = w[i]
			}
		case xmlDoctype:
			for ; i < len(w) && s.state == xmlDoctype; i++ {
				switch c := w[i]; {
				case c == '[':
					s.xml.subset = true
				case c == ']':
					s.xml.subset = false
				case c == '>' && !s.xml.subset:
					s.state = data
				}
			}
		case xmlSection:
			end := s.xml.end
			j := bytes.Index(w[i:], []byte(end))
			if j < 0 { // the last bytes may begin the end
				return max(i, len(w)-len(end)+1)
			}
			i += j + len(end)
			s.state = data
		}
	}
	return i
}

// xml is the state of tokeniseXML.
type xml struct {
	quote, last byte
	subset      bool // in the brackets of a DOCTYPE
	end         string
	ends        bool // the tag is an end tag
}

// openXML begins what the "<" at i begins; known is false while too little is there to
// tell.
func (s *Scanner) openXML(w []byte, i int) (next int, known bool) {
	rest := w[i:]
	for _, section := range [...]struct{ start, end string }{{"<!--", "-->"}, {"<![CDATA[", "]]>"}, {"<?", "?>"}} {
		if bytes.HasPrefix(rest, []byte(section.start)) {
			s.state, s.xml.end = xmlSection, section.end
			return i + len(section.start), true
		}
		if bytes.HasPrefix([]byte(section.start), rest) {
			return i, false
		}
	}
	if rest[1] == '!' {
		s.state, s.xml.subset = xmlDoctype, false
		return i + 2, true
	}
	start := i + 1
	s.xml.ends = rest[1] == '/'
	if s.xml.ends {
		start++
	}
	p := start
	for p < len(w) && p-i <= maxName && class[w[p]]&endsName == 0 {
		p++
	}
	if p == len(w) && p-i <= maxName {
		return i, false
	}
	s.state, s.xml.quote, s.xml.last = xmlTag, 0, 0
	e := elementNamed(pack(w[start:p]), w[start:p])
	if e != nil && string(w[start:p]) != e.name {
		e = nil
	}
	if s.xml.ends {
		if e != nil && s.capture.from >= 0 && e == s.capture.tag.element {
			s.textEnds(w, i)
		}
		return p, true
	}
	if s.capture.from >= 0 { // in a script or a <style>, whose text is markup
		s.passText()
	}
	s.tag = startTag{element: e, offset: s.base + int64(i), nameEnd: p - i, spans: s.tag.spans[:0], foreign: true}
	s.tag.asked = e != nil && (e.flags&loads != 0 && s.elements() || e == elementHTML && s.phase == beforeHead || e == elementMeta && s.phase == beforeBody || e == elementBase && s.Base != nil)
	s.tag.held = s.tag.asked || s.Host != nil && s.tag.nameEnd <= maxName
	return p, true
}

// xmlTagEnds acts on a tag that has ended, before end in the window.
func (s *Scanner) xmlTagEnds(w []byte, end int) {
	t := &s.tag
	if s.xml.ends {
		return
	}
	s.readTag(w, end)
	if t.element == elementHTML {
		s.readLang()
	}
	if !t.selfClosing {
		switch {
		case t.element == elementHead && s.phase == beforeHead:
			s.insertHead(s.base + int64(end))
		case t.element == elementBody && s.phase != finished:
			s.insertBody(s.base + int64(end))
		}
	}
	if t.bytes != nil {
		s.attributes(s.base + int64(end))
	}
	t.bytes = nil
}
