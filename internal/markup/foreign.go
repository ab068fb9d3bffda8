package markup

// foreign are the open elements from the outermost <svg> or <math> on. What stands in them is
// tokenised and closed by rules of its own (section 13.2.6.5), but for the HTML
// in their integration points, whose elements are on the stack too.
//
// The elements outside are not known. So an end tag that matches nothing on the stack, but
// may be one of theirs, ends foreign content: a doubt is decided for HTML.
type foreign struct {
	open []openElement
}

type openElement struct {
	packed uint64
	kind   openKind
}

type openKind uint8

const (
	openHTML openKind = iota
	openSVG
	openMath
	openSVGWithHTML    // foreignObject, desc, title
	openMathWithHTML   // annotation-xml of HTML
	openMathText       // mi, mo, mn, ms, mtext
	openMathAnnotation // another annotation-xml
)

// maxOpen bounds the stack. What is deeper is taken for what it is in.
const maxOpen = 64

// inForeignContent tells whether the adjusted current node is not an HTML element.
func (s *Scanner) inForeignContent() bool {
	return len(s.open) > 0 && s.top() != openHTML
}

func (s *Scanner) top() openKind { return s.open[len(s.open)-1].kind }

// byForeignRules tells whether a start tag is processed by the rules for foreign content
// (section 13.2.6, "tree construction dispatcher").
func (s *Scanner) byForeignRules(e *element) bool {
	if len(s.open) == 0 {
		return false
	}
	switch s.top() {
	case openHTML, openSVGWithHTML, openMathWithHTML:
		return false
	case openMathText:
		return e == elementMglyph || e == elementMalignmark
	case openMathAnnotation:
		return e != elementSVG
	}
	return true
}

// breakOut leaves foreign content up to the next integration point.
func (s *Scanner) breakOut() {
	for len(s.open) > 0 {
		switch s.top() {
		case openHTML, openSVGWithHTML, openMathWithHTML, openMathText:
			return
		}
		s.pop(len(s.open) - 1)
	}
}

func (s *Scanner) pop(to int) {
	if s.open = s.open[:to]; to == 0 {
		s.settle()
	}
}

func (s *Scanner) push(packed uint64, kind openKind) {
	if len(s.open) < maxOpen {
		s.open = append(s.open, openElement{packed, kind})
		s.unsettled = true
	}
}

// rootKind is that of <svg> or <math>.
func rootKind(e *element) openKind {
	if e == elementSVG {
		return openSVG
	}
	return openMath
}

// pushHTML pushes the current tag of HTML in an integration point.
func (s *Scanner) pushHTML() {
	if len(s.open) > 0 {
		s.push(s.tag.packed, openHTML)
	}
}

// foreignStartTag pushes the current tag, which is not self-closing, in foreign content.
func (s *Scanner) foreignStartTag() {
	kind := openMath
	switch s.top() {
	case openSVG, openSVGWithHTML:
		kind = openSVG
	}
	e := s.tag.element
	switch {
	case kind == openSVG && (e == elementForeignObject || e == elementDesc || e == elementTitle):
		kind = openSVGWithHTML
	case kind == openMath && e == elementAnnotationXML:
		kind = openMathAnnotation
		if encoding, _ := s.tag.value(&nameEncoding); equalFold(encoding, "text/html") || equalFold(encoding, "application/xhtml+xml") {
			kind = openMathWithHTML
		}
	case kind == openMath && e != nil:
		switch e.name {
		case "mi", "mo", "mn", "ms", "mtext":
			kind = openMathText
		}
	}
	s.push(s.tag.packed, kind)
}

// foreignEndTag closes what an end tag closes while the stack is not empty. It tells
// whether the tag is one of HTML content outside.
func (s *Scanner) foreignEndTag(packed uint64, e *element) (outside bool) {
	if s.top() == openHTML {
		for i := len(s.open) - 1; i >= 0 && s.open[i].kind == openHTML; i-- {
			if s.open[i].packed == packed {
				s.pop(i)
				break
			}
		}
		return false
	}
	if e == elementP || e == elementBr {
		s.breakOut()
		return len(s.open) == 0
	}
	for i := len(s.open) - 1; i >= 0; i-- {
		if s.open[i].kind == openHTML {
			return false // by the rules for HTML, which find an integration point first
		}
		if s.open[i].packed == packed {
			s.pop(i)
			return false
		}
	}
	if e == nil || e.flags&(isVoid|isRawText|isPlaintext|isForeign|inForeign) != 0 {
		return false // none of this name is open around foreign content
	}
	s.pop(0)
	return true
}
