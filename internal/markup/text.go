package markup

import (
	"html"
	"strings"
)

// capture is the text of an element that is held until it is known: of an inline script, or
// the markup in a <noscript>.
type capture struct {
	from int64 // the offset from which the page is held; -1: there is none
	text int64 // where the text begins
	tag  startTag
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
	default:
		if mark := s.Script(text); mark != nil {
			c.tag.bytes = w[c.from-s.base : c.text-s.base]
			s.withhold(&c.tag, mark)
		}
	}
	c.from = -1
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
	inner.baseHost, inner.baseSeen = s.baseHost, s.baseSeen
	edits, _ := inner.Scan(text, true)
	s.Passed.Tags += inner.Passed.Tags
	s.Passed.Texts += inner.Passed.Texts
	return edits
}

// embedded scans the document in a srcdoc attribute.
func (s *Scanner) embedded(a span) {
	markup := html.UnescapeString(string(s.tag.valueOf(a)))
	edits := s.nested([]byte(markup), 0)
	if len(edits) == 0 {
		return
	}
	rewritten := appendEdited(nil, []byte(markup), 0, edits)
	quoted := `"` + strings.NewReplacer("&", "&amp;", `"`, "&quot;", "<", "&lt;").Replace(string(rewritten)) + `"`
	s.edit(s.tag.offset+int64(a.valueStart), int(a.end-a.valueStart), quoted)
}
