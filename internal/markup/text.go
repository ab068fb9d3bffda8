package markup

import (
	"bytes"
	"slices"
	"strings"
)

// capture is the text of an element that is held until it is known: of an inline script or a
// <style>, or the markup in a <noscript>.
type capture struct {
	from int64 // the offset from which the page is held; -1: there is none
	text int64 // where the text begins
	tag  startTag
	// runs tells that the text of a <script> is one, notation how it names what it loads.
	runs     bool
	notation notation
}

// textEnds acts on the captured text, which ends at i in the window.
func (s *Scanner) textEnds(w []byte, i int) {
	c := &s.capture
	if c.from < 0 {
		return
	}
	text := w[c.text-s.base : i]
	switch {
	case len(text) > maxText:
		s.Passed.Texts++
	case c.tag.element == nil:
		// With scripting, the parser takes it for text, up to the end tag that ends here;
		// without, it is markup.
		s.edits = append(s.edits, s.nested(text, c.text)...)
	case c.tag.element == elementStyle:
		c.tag.bytes = w[c.from-s.base : c.text-s.base]
		s.sheetEnds(text)
	default:
		var mark *Mark
		if c.runs && s.Script != nil {
			mark = s.Script(text)
		}
		if mark == nil {
			mark = s.markOfText(c.notation, text)
		}
		if mark != nil {
			c.tag.bytes = w[c.from-s.base : c.text-s.base]
			s.withhold(&c.tag, mark)
		}
	}
	c.from = -1
}

// passText lets the captured text go unread.
func (s *Scanner) passText() {
	s.capture.from = -1
	s.Passed.Texts++
}

// nestedDocument scans the document of a frame, whose own <base> counts first in it.
func (s *Scanner) nestedDocument(text []byte) []Edit {
	seen := s.baseSeen
	s.baseSeen = false
	edits := s.nested(text, 0)
	s.baseSeen = seen
	return edits
}

// nested scans markup that stands as text in the page; the edits begin at offset.
func (s *Scanner) nested(text []byte, offset int64) []Edit {
	if s.depth == maxNested {
		s.Passed.Texts++
		return nil
	}
	if s.inner == nil {
		s.inner = new(Scanner)
	}
	inner := s.inner
	inner.Reset(s.Rules)
	inner.depth, inner.base = s.depth+1, offset
	inner.baseHost, inner.against, inner.baseSeen, inner.scheme = slices.Clone(s.baseHost), s.against, s.baseSeen, s.scheme
	edits, _ := inner.Scan(text, true)
	s.judged += inner.judged
	s.Passed.Tags += inner.Passed.Tags
	s.Passed.Texts += inner.Passed.Texts
	return edits
}

// embedded scans the document in a srcdoc attribute, and makes the edits in the attribute's
// value.
func (s *Scanner) embedded(a span) {
	value, start := s.tag.valueOf(a), int(a.valueStart)
	quoted := len(value) < int(a.end-a.valueStart)
	if quoted {
		start++
	}
	markup, references := unescape(value)
	within := escaped{value: value, references: references}
	for _, e := range s.guarded(markup, s.nestedDocument(markup)) {
		at, open := within.place(int(e.Offset))
		end, _ := within.place(int(e.Offset) + e.Length)
		replacement := escapeQuoted.Replace(e.Replacement)
		if !quoted {
			replacement = escapeUnquoted.Replace(e.Replacement)
		}
		if open { // what is inserted must not become a part of the reference before
			replacement = ";" + replacement
		}
		s.edit(s.tag.offset+int64(start+at), end-at, replacement)
	}
}

// guarded adds to the edits of the document of the current tag, a frame, what is inserted where there are any.
func (s *Scanner) guarded(text []byte, edits []Edit) []Edit {
	if len(edits) == 0 || s.Document == nil {
		return edits
	}
	s.edit(s.tag.offset+int64(s.tag.nameEnd), 0, s.DocumentMark)
	if sandbox, ok := s.tag.value(&nameSandbox); ok && !slices.ContainsFunc(bytes.Fields(sandbox), func(word []byte) bool { return equalFold(word, "allow-scripts") }) {
		return edits
	}
	at := len(text) - len(bytes.TrimLeft(text, whitespace))
	if end := bytes.IndexByte(text[at:], '>'); end < 0 || !hasPrefixFold(text[at:], "<!doctype") {
		at = 0
	} else {
		at += end + 1
	}
	return append([]Edit{{Offset: int64(at), Replacement: s.Document()}}, edits...)
}

var (
	escapeQuoted   = strings.NewReplacer("&", "&amp;", `"`, "&quot;", "'", "&#39;", "<", "&lt;")
	escapeUnquoted = strings.NewReplacer("&", "&amp;", `"`, "&quot;", "'", "&#39;", "<", "&lt;", ">", "&gt;",
		" ", "&#32;", "\t", "&#9;", "\n", "&#10;", "\f", "&#12;", "\r", "&#13;", "=", "&#61;", "`", "&#96;")
)
