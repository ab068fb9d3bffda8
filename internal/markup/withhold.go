package markup

import (
	"bytes"
	"strings"
)

// element applies the rules to the current start tag, which ends before the offset end.
func (s *Scanner) element(end int64) {
	t := &s.tag
	switch t.element {
	case elementMeta:
		if !s.XML && s.metaForbids() || s.metaPolicy() {
			return
		}
	case elementBase:
		if !t.foreign || s.XML {
			s.takeBase()
		}
		return
	case elementStyle:
		if s.isSheet() {
			s.capture = capture{from: t.offset, text: end, tag: *t}
		}
		return
	}
	if !s.elements() {
		return
	}
	if t.element == elementLink && s.Hashes != nil {
		s.takeHashed()
	}
	activated := s.activated()
	isScript := t.element == elementScript
	isData := isScript && !t.runs() // or waits for somebody who knows its type
	if isScript && activated == nil && s.isGated() && t.isInert() {
		return
	}
	t.count()
	mark, waits, hasURL := s.markOf(activated != nil)
	switch {
	case mark != nil && !(isData && activated != nil):
		s.withhold(t, mark)
	case mark != nil || waits: // activated, it would load what is denied
	case activated != nil:
		s.activate(activated)
	case isScript && !hasURL && !(t.foreign && t.selfClosing) && s.reads(isData):
		s.capture = capture{from: t.offset, text: end, tag: *t, runs: !isData, notation: t.notation()}
	}
}

// reads tells whether a rule is about the text of the current tag, a <script>.
func (s *Scanner) reads(isData bool) bool {
	return !isData && s.Script != nil || s.Host != nil && s.tag.notation() != classic
}

// isGated tells whether the current tag has Gate, if only for what is not granted.
func (s *Scanner) isGated() bool { return s.Gate != "" && s.tag.has(&s.gate) }

// metaPolicy rewrites the content of a <meta http-equiv=content-security-policy>, which counts in
// the head alone (HTML, section 4.2.5.3).
func (s *Scanner) metaPolicy() bool {
	t := &s.tag
	if s.Meta == nil || s.phase != beforeBody || s.templates > 0 || s.depth > 0 {
		return false
	}
	if pragma, _ := t.value(&nameHTTPEquiv); !equalFold(pragma, "content-security-policy") {
		return false
	}
	a, ok := t.find(&nameContent)
	if !ok {
		return true
	}
	s.judged++
	content := decoded(t.valueOf(a))
	if replacement := s.Meta(content); replacement != string(content) {
		s.edit(t.offset+int64(a.valueStart), int(a.end-a.valueStart), `"`+escapeQuoted.Replace(replacement)+`"`)
	}
	return true
}

// markOf asks for each host that the current tag names. waits tells that one under Prefix is
// denied, for which an activated element would go on waiting; hasURL that the tag names a URL
// at all.
func (s *Scanner) markOf(activated bool) (mark *Mark, waits, hasURL bool) {
	t, seen := &s.tag, 0
	for k := range t.spans {
		a := &t.spans[k]
		if nameBit(a.packed)&t.element.urlBits == 0 && !activated {
			continue
		}
		for i := range t.element.urls {
			u := &t.element.urls[i]
			switch {
			case t.is(*a, &u.nameToken) && t.counts(i) && seen&(1<<i) == 0:
				seen |= 1 << i // of several, the first counts
				hasURL = true
				if found := s.markOfValue(u.kind, *a); mark == nil {
					mark = found
				}
			case activated && u.kind != Document && s.isPrefixed(t.name(*a), u.text) && t.counts(i):
				hasURL = true
				waits = s.markOfValue(u.kind, *a) != nil || waits
			}
		}
	}
	return mark, waits, hasURL
}

func (s *Scanner) markOfValue(kind Kind, a span) (mark *Mark) {
	value := s.tag.valueOf(a)
	switch kind {
	case SourceSet:
		for url := range Candidates(decoded(value)) {
			if found := s.ask(url, false); mark == nil {
				mark = found
			}
		}
		return mark
	case Spaced, Animated:
		separators := whitespace
		if kind == Animated {
			separators = ";"
		}
		for url := range bytes.FieldsFuncSeq(decoded(value), func(c rune) bool { return strings.ContainsRune(separators, c) }) {
			if found := s.ask(url, false); mark == nil {
				mark = found
			}
		}
		return mark
	case Refresh:
		return s.ask(refreshURL(decoded(value)), false)
	case Document:
		s.embedded(a)
		return nil
	}
	return s.ask(value, true)
}

// ask asks for the host of a URL, in which there may be character references. That of the
// page itself is not asked for; an empty URL is that, or none at all.
func (s *Scanner) ask(url []byte, escaped bool) *Mark {
	if s.Host == nil || len(url) == 0 {
		return nil
	}
	host, relative := hostOf(url, escaped, s.scheme, &s.host)
	isURL := relative || len(host) > 0
	if relative {
		host = s.baseHost
	}
	if isURL && s.Path != nil && (len(host) == 0 || string(host) == s.Site) {
		if url[0] != '/' { // where it leads depends on the page
			s.judged++
		}
		if mark := s.Path(unescaped(pathOf(url, escaped, s.scheme, s.basePath())), queryOf(url, escaped)); mark != nil {
			return mark
		}
	}
	if len(host) == 0 {
		return nil
	}
	s.judged++
	return s.notes.ask(host, s.Host)
}

// basePath is the path against which relative ones are resolved.
func (s *Scanner) basePath() string {
	if s.against != "" {
		return s.against
	}
	return s.Page
}

// takeBase takes the first <base href>, against which the URLs behind it are resolved.
func (s *Scanner) takeBase() {
	href, ok := s.tag.value(&nameHref)
	if ok {
		s.judged++ // whether it counts depends on what stood before
	}
	if ok && !s.baseSeen && s.templates == 0 {
		s.baseSeen = true
		if s.Base != nil {
			s.Base(href)
		}
		host, relative := hostOf(href, false, s.scheme, &s.host)
		if s.Path != nil && (relative || len(host) > 0) {
			s.against = pathOf(href, false, s.scheme, s.Page)
		}
		if !relative {
			s.baseHost = append(s.baseHost[:0], host...)
			href = bytes.TrimFunc(href, isControlOrSpace)
			if end := schemeLength(href); end > 0 {
				s.scheme = strings.ToLower(string(href[:end]))
			}
		}
	}
}

// takeHashed tells of a <link> that demands a hash.
func (s *Scanner) takeHashed() {
	hash, _ := s.tag.value(&nameIntegrity)
	if href, ok := s.tag.value(&nameHref); ok && len(bytes.TrimSpace(hash)) > 0 {
		s.judged++
		s.Hashes.DemandsHash(href)
	}
}

// withhold moves the URLs of a tag out of the way, and a script's type, so that the element
// loads and runs nothing.
func (s *Scanner) withhold(t *startTag, mark *Mark) {
	added := mark.Attributes
	t.marked = true
	switch t.element.name {
	case "iframe", "frame":
		if s.Frame != nil {
			src, _ := t.value(&nameSrc)
			added += s.Frame(mark, src)
		}
	case "script":
		added += ` type="text/plain"`
	}
	s.edit(t.offset+int64(t.nameEnd), 0, added)
	for _, a := range t.spans {
		// What its author has put there makes way in the same manner: no attribute may stand twice.
		if name := t.name(a); t.moving(name) >= 0 || s.moved(name) >= 0 || s.Gate != "" && equalFold(name, s.Gate) || s.holdsSheet(t, name) {
			s.edit(t.offset+int64(a.start), 0, s.Prefix)
		}
	}
}

// moving returns the number of the attribute with that name among those that keep an element
// from loading when they move; -1: it is none.
func (t *startTag) moving(name []byte) int {
	for i := range t.element.urls {
		if u := &t.element.urls[i]; t.counts(i) && equalFold(name, u.text) {
			return i
		}
	}
	if t.element == elementScript && equalFold(name, "type") {
		return len(t.element.urls)
	}
	return -1
}

// activated tells how the current tag is to be activated, where its author has gated it.
func (s *Scanner) activated() *Mark {
	if s.Granted == nil {
		return nil
	}
	service, ok := s.tag.value(&s.gate)
	if !ok {
		return nil
	}
	s.judged++
	return s.Granted(service)
}

// activate gives the attributes of a gated element their names back, and takes away those
// that stood in their place.
func (s *Scanner) activate(mark *Mark) {
	t := &s.tag
	t.marked = true
	s.edit(t.offset+int64(t.nameEnd), 0, mark.Attributes)
	replaced := 0
	if t.element == elementScript && t.isInert() {
		replaced = 1 << len(t.element.urls) // the type
	}
	for _, a := range t.spans {
		if i := s.moved(t.name(a)); i >= 0 {
			replaced |= 1 << i
		}
	}
	for _, a := range t.spans {
		at, name := t.offset+int64(a.start), t.name(a)
		if i := t.moving(name); i >= 0 && replaced&(1<<i) != 0 {
			s.edit(at, int(a.end-a.start), "")
		} else if s.moved(name) >= 0 {
			s.edit(at, len(s.Prefix), "")
		}
	}
}

// isPrefixed tells whether the name of an attribute is Prefix and then name.
func (s *Scanner) isPrefixed(attribute []byte, name string) bool {
	return hasPrefixFold(attribute, s.Prefix) && equalFold(attribute[len(s.Prefix):], name)
}

// moved is moving for an attribute that stands under Prefix. A document that does waits for the guard: the
// hosts in it are to be asked for.
func (s *Scanner) moved(attribute []byte) int {
	if !hasPrefixFold(attribute, s.Prefix) {
		return -1
	}
	i := s.tag.moving(attribute[len(s.Prefix):])
	if urls := s.tag.element.urls; i >= 0 && i < len(urls) && urls[i].kind == Document {
		return -1
	}
	return i
}
