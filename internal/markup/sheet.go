package markup

import (
	"bytes"

	"github.com/caddy-consent/caddy-consent/internal/css"
)

// The text of a <style> is looked at as style sheets are. What it names that is denied becomes inert in place, so that
// the rest of the sheet holds. The element is marked, and keeps its text in an attribute, as the guard does with those
// that scripts make: a grant gives it back.

// sheetName is that of the attribute, behind Prefix.
const sheetName = "text"

// isSheet tells whether the current tag, a <style>, begins a style sheet (HTML, section 4.2.6, "update a style block").
// In XML and in SVG its text is markup; it passes.
func (s *Scanner) isSheet() bool {
	t := &s.tag
	kind, _ := t.value(&nameType)
	return s.Host != nil && !s.XML && !t.foreign && (len(kind) == 0 || equalFold(kind, "text/css"))
}

// sheet is what reads them.
type sheet struct {
	scanner css.Scanner
	page    *Scanner
	mark    *Mark // of the first address that is denied
	denied  func(url []byte) bool
}

func newSheet() *sheet {
	s := new(sheet)
	s.denied = func(url []byte) bool {
		if url[0] == '#' { // of the document itself, whatever its base is (CSS Values, section 4.5.1)
			return false
		}
		mark := s.page.ask(url, false)
		if s.mark == nil {
			s.mark = mark
		}
		return mark != nil
	}
	return s
}

// sheetEnds makes inert what the captured text of a <style> names.
func (s *Scanner) sheetEnds(text []byte) {
	if s.sheet == nil {
		s.sheet = newSheet()
	}
	sheet := s.sheet
	sheet.page, sheet.mark = s, nil
	sheet.scanner.Reset(sheet.denied, "")
	edits := sheet.scanner.Text(text)
	s.Passed.Texts += sheet.scanner.Passed.Tokens
	if sheet.mark == nil {
		return
	}
	c := &s.capture
	kept := ` ` + s.Prefix + sheetName + `="` + escapeQuoted.Replace(string(text)) + `"`
	s.withhold(&c.tag, &Mark{Attributes: sheet.mark.Attributes + kept})
	for _, e := range edits {
		s.edit(c.text+e.Offset, e.Length, e.Replacement)
	}
}

// holdsSheet tells whether an attribute stands where the text of a <style> is kept.
func (s *Scanner) holdsSheet(t *startTag, name []byte) bool {
	return t.element == elementStyle && bytes.HasSuffix(name, []byte(sheetName)) && s.isPrefixed(name, sheetName)
}
