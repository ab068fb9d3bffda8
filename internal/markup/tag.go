package markup

// startTagNamed acts on a start tag that may make a difference when its name is known: from
// start in the window up to end.
func (s *Scanner) startTagNamed(e *element, packed uint64, start, end int) {
	s.plain = false
	s.tag = startTag{element: e, packed: packed, offset: s.base + int64(start), nameEnd: end - start, spans: s.tag.spans[:0]}
	t := &s.tag
	t.foreign = s.byForeignRules(e)
	if t.foreign && e != nil && e.flags&breaksOut != 0 {
		s.breakOut()
		t.foreign = s.byForeignRules(e)
	}
	if s.capture.from >= 0 { // in a script or a <style> of SVG, whose text is markup
		s.passText()
	}
	switch {
	case t.foreign: // the attributes of these decide
		t.asked = e == elementFont || e == elementAnnotationXML
	case s.phase != finished:
		s.structureStartTag(e, t.offset)
		t.asked = e == elementInput || e == elementHTML
	}
	if e != nil && (e.flags&loads != 0 && s.elements() || e == elementMeta || e == elementBase && s.Base != nil) {
		t.asked = true
	}
	t.held = t.asked || s.Host != nil && t.nameEnd <= maxName
}

// startTagEnds acts on that tag when it has ended, before end in the window, and
// decides in which state the scan goes on.
func (s *Scanner) startTagEnds(w []byte, end int) {
	t, e := &s.tag, s.tag.element
	s.readTag(w, end)
	if e == elementFont && t.foreign && (t.has(&nameColor) || t.has(&nameFace) || t.has(&nameSize)) {
		s.breakOut()
		t.foreign = s.byForeignRules(e)
	}
	if !t.foreign && s.phase != finished {
		s.structureStartTagEnds(s.base + int64(end))
	}
	if e == elementTemplate && !t.foreign && len(s.open) == 0 {
		s.templates++
		s.settle()
	}
	switch {
	case t.foreign:
		if !t.selfClosing {
			s.foreignStartTag()
		}
	case e == nil:
		s.pushHTML()
	case e.flags&isForeign != 0:
		if !t.selfClosing {
			s.push(t.packed, rootKind(e))
		}
	case e.flags&isRawText != 0:
		s.raw, s.state = e, rawText
	case e.flags&isPlaintext != 0:
		s.state = plaintext
	case e.flags&isVoid == 0:
		s.pushHTML()
	}
	if t.bytes != nil {
		s.attributes(s.base + int64(end))
	}
	if e == elementNoscript && s.state == rawText && s.elements() {
		s.capture = capture{from: s.base + int64(end), text: s.base + int64(end)}
	}
	t.bytes = nil
}

// readTag reads the attributes of the current tag, which ends before end in the window, if
// it was held for that.
func (s *Scanner) readTag(w []byte, end int) {
	t := &s.tag
	if !t.held {
		return
	}
	t.held, t.bytes = false, w[t.offset-s.base:end]
	switch {
	case len(t.bytes) > maxTag:
		s.passTag()
	case !t.asked && !mayStyle(t.bytes):
		t.bytes = nil
	case !t.read():
		s.passTag()
	}
}

// attributes applies the rules to those of the current start tag, which ends before the offset end.
func (s *Scanner) attributes(end int64) {
	t := &s.tag
	var style *Mark
	if s.Host != nil && t.names&nameStyle.bit != 0 {
		style = s.style()
	}
	if t.element != nil && t.element.flags&loads != 0 {
		s.element(end)
	}
	if style != nil {
		s.keepStyle(style)
	}
}

// passTag lets the bytes of the current tag go unread.
func (s *Scanner) passTag() {
	s.tag.held, s.tag.bytes, s.tag.spans = false, nil, s.tag.spans[:0]
	s.Passed.Tags++
}

// endTagNamed acts on an end tag, from start in the window on, while the document's
// structure is followed.
func (s *Scanner) endTagNamed(w []byte, start int, name []byte) {
	packed := pack(name)
	e := elementNamed(packed, name)
	if s.capture.from >= 0 { // in a script or a <style> of SVG
		if e != nil && e == s.capture.tag.element {
			s.textEnds(w, start)
		} else {
			s.passText()
		}
	}
	if len(s.open) > 0 && !s.foreignEndTag(packed, e) {
		return
	}
	if e == elementTemplate && s.templates > 0 {
		s.templates--
		s.settle()
		return
	}
	if s.phase != finished {
		s.structureEndTag(e, s.base+int64(start))
	}
}
