package markup

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
)

// What a style attribute names that is denied becomes inert in place, as with the guard: an address that holds the one
// that its author wrote, and beside it an empty attribute that says so.

// styleName is that of this attribute, behind Prefix.
const styleName = "style"

// style makes inert what the style attribute of the current tag names, and returns the mark of the first that is denied.
// That of a script or a <style>, which nobody sees, passes.
func (s *Scanner) style() *Mark {
	t := &s.tag
	a, ok := t.find(&nameStyle)
	if !ok || t.element == elementScript || t.element == elementStyle || s.XML && string(t.name(a)) != styleName {
		return nil
	}
	within := escaped{value: t.valueOf(a)}
	text := within.value
	if bytes.IndexByte(text, '&') >= 0 {
		text, within.references = unescape(text)
	}
	switch {
	case bytes.IndexByte(text, '(') < 0:
		return nil
	case s.Hashes != nil && s.Hashes.IsHashedStyle(nil, true):
		s.Passed.Texts++
		return nil
	}
	edits, mark := s.inSheet(text)
	start := t.offset + int64(a.valueStart)
	if len(within.value) < int(a.end-a.valueStart) {
		start++ // the quote
	}
	for _, e := range edits {
		at, open := within.place(int(e.Offset))
		kept := keptAddress(text, int(e.Offset), int(e.Offset)+e.Length, within.references)
		end, _ := within.place(int(e.Offset) + e.Length)
		if open {
			kept = ";" + kept
		}
		s.edit(start+int64(at), end-at, kept)
	}
	return mark
}

// keepStyle lets the current tag say for what its style attribute is held. One that its author has gated does not: of
// that, scripts would take every attribute under Prefix for the author's.
func (s *Scanner) keepStyle(mark *Mark) {
	t := &s.tag
	if s.isGated() {
		return
	}
	added := ` ` + s.Prefix + styleName + `=""`
	if !t.marked {
		added = mark.Attributes + added
	}
	s.edit(t.offset+int64(t.nameEnd), 0, added)
	for _, a := range t.spans {
		if s.isPrefixed(t.name(a), styleName) {
			s.edit(t.offset+int64(a.start), 0, s.Prefix)
		}
	}
}

// keptAddress is an address that loads nothing and holds the text of one, as the parser reads it, as encodeURIComponent writes
// it. What is not ASCII stays in the encoding of the page, but where a reference stands for it.
func keptAddress(text []byte, from, to int, references []reference) string {
	kept := []byte("data:,#")
	for i := from; i < to; i++ {
		switch c := text[i]; {
		case class[c]&inHost != 0 || c == '_' || c == '!' || c == '~' || c == '*':
			kept = append(kept, c)
		case c >= 0x80 && !isReferred(references, i):
			kept = append(kept, c)
		case c == 0:
			kept = append(kept, "%EF%BF%BD"...)
		case c == '\r' && !isReferred(references, i): // a line break is one character (HTML, section 13.2.3.5)
			if i+1 == len(text) || text[i+1] != '\n' {
				kept = append(kept, "%0A"...)
			}
		default:
			kept = fmt.Appendf(kept, "%%%02X", c)
		}
	}
	return string(kept)
}

// isReferred tells whether a reference stands for what is at i in the decoded text.
func isReferred(references []reference, i int) bool {
	at, _ := slices.BinarySearchFunc(references, i+1, func(r reference, end int) int { return cmp.Compare(r.decodedEnd, end) })
	return at < len(references) && references[at].decodedStart <= i
}
