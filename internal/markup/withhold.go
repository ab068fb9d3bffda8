package markup

import "bytes"

// element applies the rules to the current start tag, which ends before the offset end.
func (s *Scanner) element(end int64) {
	t := &s.tag
	switch t.element {
	case elementMeta:
		if s.metaForbids() {
			return
		}
	case elementBase:
		s.takeBase()
		return
	}
	if !s.elements() {
		return
	}
	activated := s.activated()
	isScript := t.element == elementScript
	if isScript && activated == nil && !t.runs() {
		return // a data block, or one that waits
	}
	mark, hasURL := s.markOf()
	switch {
	case mark != nil:
		s.withhold(t, mark)
	case activated != nil:
		s.activate(activated)
	case isScript && !hasURL && !t.selfClosing && s.Script != nil:
		s.capture = capture{from: t.offset, text: end, tag: *t}
	}
}

// markOf asks for each host that the current tag names; hasURL tells whether it names a
// URL at all.
func (s *Scanner) markOf() (mark *Mark, hasURL bool) {
	t, seen := &s.tag, 0
	for _, a := range t.spans {
		for i := range t.element.urls {
			u := &t.element.urls[i]
			is := t.is(a, u)
			if seen&(1<<i) != 0 || !is && (s.Granted == nil || !s.isPrefixed(t.name(a), u.name)) || u.when != nil && !u.when(t) {
				continue
			}
			if is {
				seen |= 1 << i // of several, the first counts
			}
			hasURL = true
			if found := s.markOfValue(u.kind, a); mark == nil {
				mark = found
			}
		}
	}
	return mark, hasURL
}

func (s *Scanner) markOfValue(kind valueKind, a span) (mark *Mark) {
	value := s.tag.valueOf(a)
	switch kind {
	case sourceSet:
		for url := range candidates(value) {
			if found := s.ask(url); mark == nil {
				mark = found
			}
		}
		return mark
	case refresh:
		return s.ask(refreshURL(value))
	case document:
		s.embedded(a)
		return nil
	}
	return s.ask(value)
}

// ask asks for the host of a URL. That of the page itself is not asked for.
func (s *Scanner) ask(url []byte) *Mark {
	if s.Host == nil {
		return nil
	}
	host, relative := hostOf(url, &s.host)
	if relative {
		host = s.baseHost
	}
	if len(host) == 0 {
		return nil
	}
	return s.Host(host)
}

// takeBase takes the first <base href>, against which the URLs behind it are resolved.
func (s *Scanner) takeBase() {
	href, ok := s.tag.value("href")
	if ok && !s.baseSeen {
		host, _ := hostOf(href, &s.host)
		s.baseSeen, s.baseHost = true, append(s.baseHost[:0], host...)
	}
}

// withhold moves the URLs of a tag out of the way, and a script's type, so that the element
// loads and runs nothing.
func (s *Scanner) withhold(t *startTag, mark *Mark) {
	added := mark.Attributes
	switch t.element.name {
	case "iframe", "frame":
		added += mark.Frame
	case "script":
		added += ` type="text/plain"`
	}
	s.edit(t.offset+int64(t.nameEnd), 0, added)
	for _, a := range t.spans {
		if t.moves(t.name(a)) {
			s.edit(t.offset+int64(a.start), 0, s.Prefix)
		}
	}
}

// moves tells the attributes that keep an element from loading when they move.
func (t *startTag) moves(name []byte) bool {
	if t.element == elementScript && equalFold(name, "type") {
		return true
	}
	for i := range t.element.urls {
		u := &t.element.urls[i]
		if u.kind != document && equalFold(name, u.name) && (u.when == nil || u.when(t)) {
			return true
		}
	}
	return false
}

// activated tells how the current tag is to be activated, where its author has gated it.
func (s *Scanner) activated() *Mark {
	if s.Granted == nil {
		return nil
	}
	service, ok := s.tag.value(s.Gate)
	if !ok {
		return nil
	}
	return s.Granted(service)
}

// activate gives the attributes of a gated element their names back, and takes away those
// that stood in their place.
func (s *Scanner) activate(mark *Mark) {
	t := &s.tag
	s.edit(t.offset+int64(t.nameEnd), 0, mark.Attributes)
	for _, a := range t.spans {
		at, name := t.offset+int64(a.start), t.name(a)
		switch {
		case t.hasPrefixed(s.Prefix, name) || t.element == elementScript && equalFold(name, "type"):
			s.edit(at, int(a.end-a.start), "")
		case s.isMoved(name):
			s.edit(at, len(s.Prefix), "")
		}
	}
}

// isPrefixed tells whether the name of an attribute is Prefix and then name.
func (s *Scanner) isPrefixed(attribute []byte, name string) bool {
	return hasPrefixFold(attribute, s.Prefix) && equalFold(attribute[len(s.Prefix):], name)
}

// isMoved tells whether an attribute stands under Prefix that the current tag would load
// from.
func (s *Scanner) isMoved(attribute []byte) bool {
	return hasPrefixFold(attribute, s.Prefix) && s.tag.moves(attribute[len(s.Prefix):])
}

// hasPrefixed tells whether the tag has the attribute name a second time, behind prefix.
func (t *startTag) hasPrefixed(prefix string, name []byte) bool {
	if !t.moves(name) {
		return false
	}
	for _, a := range t.spans {
		if other := t.name(a); hasPrefixFold(other, prefix) && bytes.EqualFold(other[len(prefix):], name) {
			return true
		}
	}
	return false
}
