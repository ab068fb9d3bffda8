package markup

import (
	"bytes"
	"html"
	"strings"

	"github.com/caddy-consent/caddy-consent/internal/css"
)

// The text of a <style> is looked at as style sheets are. What it names that is denied becomes inert in place, so that
// the rest of the sheet holds. The element is marked, and keeps its text in an attribute, as the guard does with those
// that scripts make: a grant gives it back.

// sheetName is that of the attribute, behind Prefix.
const sheetName = "text"

// isSheet tells whether the current tag, a <style>, begins a style sheet (HTML, section 4.2.6, "update a style block";
// SVG 2, section 6.2).
func (s *Scanner) isSheet() bool {
	t := &s.tag
	if s.Host == nil || t.foreign && (t.selfClosing || !s.XML && s.top() != openSVG) {
		return false
	}
	if kind, _ := t.value(&nameType); len(kind) > 0 && !equalFold(kind, "text/css") {
		return false
	}
	if s.Hashes != nil {
		nonce, _ := t.value(&nameNonce)
		if s.Hashes.IsHashedStyle(nonce, false) {
			s.Passed.Texts++
			return false
		}
		if len(nonce) > 0 && s.Hashes.IsHashedStyle(nil, false) {
			s.judged++ // another policy may know another nonce
		}
	}
	return true
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

// inSheet finds what a text of CSS names that is denied, and returns the mark of the first.
func (s *Scanner) inSheet(text []byte) (edits []Edit, mark *Mark) {
	if s.sheet == nil {
		s.sheet = newSheet()
	}
	sheet := s.sheet
	sheet.page, sheet.mark = s, nil
	sheet.scanner.Reset(sheet.denied, "")
	edits = sheet.scanner.Text(text)
	s.Passed.Texts += sheet.scanner.Passed.Tokens
	return edits, sheet.mark
}

// sheetEnds makes inert what the captured text of a <style> names.
func (s *Scanner) sheetEnds(text []byte) {
	c := &s.capture
	if c.tag.foreign {
		s.markedUpSheetEnds(text)
		return
	}
	edits, mark := s.inSheet(text)
	if mark == nil {
		return
	}
	s.withholdSheet(mark, escapeQuoted.Replace(string(text)))
	for _, e := range edits {
		s.edit(c.text+e.Offset, e.Length, e.Replacement)
	}
}

// withholdSheet marks the captured <style>, and keeps its text, escaped, in an attribute.
func (s *Scanner) withholdSheet(mark *Mark, text string) {
	s.withhold(&s.capture.tag, &Mark{Attributes: mark.Attributes + ` ` + s.Prefix + sheetName + `="` + text + `"`})
}

// markedUpSheetEnds does so where the text is markup, in SVG and in XHTML. What holds more than text and CDATA sections
// passes.
func (s *Scanner) markedUpSheetEnds(markup []byte) {
	text, kept, references, ok := textOf(markup, s.XML)
	if !ok {
		s.Passed.Texts++
		return
	}
	found, mark := s.inSheet(text)
	if mark == nil {
		return
	}
	within := escaped{value: markup, references: references}
	var edits []Edit
	for _, e := range found {
		at, _ := within.place(int(e.Offset))
		end, _ := within.place(int(e.Offset) + e.Length)
		if written := markup[at:end]; bytes.Contains(written, []byte(cdataBegins)) || bytes.Contains(written, []byte(cdataEnds)) {
			s.Passed.Texts++
			return
		}
		edits = append(edits, Edit{Offset: s.capture.text + int64(at), Length: end - at, Replacement: e.Replacement})
	}
	s.withholdSheet(mark, kept)
	for _, e := range edits {
		s.edit(e.Offset, e.Length, e.Replacement)
	}
}

const cdataBegins, cdataEnds = "<![CDATA[", "]]>"

// textOf is what an element holds, if that is text and CDATA sections; kept is the same, escaped for an attribute. What
// begins or ends a section counts for a reference to nothing.
func textOf(markup []byte, isXML bool) (text []byte, kept string, references []reference, ok bool) {
	var attribute strings.Builder
	escape := escapeQuoted
	if isXML {
		escape = escapeXML
	}
	take := func(from, to int, what []byte) {
		references = append(references, reference{from, to, len(text), len(text) + len(what)})
		text = append(text, what...)
	}
	for i := 0; i < len(markup); {
		rest := markup[i:]
		switch {
		case bytes.HasPrefix(rest, []byte(cdataBegins)):
			take(i, i+len(cdataBegins), nil)
			i += len(cdataBegins)
			length := bytes.Index(markup[i:], []byte(cdataEnds))
			if length < 0 {
				return nil, "", nil, false
			}
			text = append(text, markup[i:i+length]...)
			attribute.WriteString(escape.Replace(string(markup[i : i+length])))
			i += length
			take(i, i+len(cdataEnds), nil)
			i += len(cdataEnds)
		case rest[0] == '<':
			return nil, "", nil, false
		case rest[0] == '&':
			length := referenceLength(rest)
			switch {
			case length > 0 && rest[length-1] == ';':
				take(i, i+length, decoded(rest[:length]))
				attribute.Write(rest[:length])
			case length > 0 || isXML || mayRefer(rest):
				return nil, "", nil, false
			default:
				length = 1
				text = append(text, '&')
				attribute.WriteString("&amp;")
			}
			i += length
		default:
			length := bytes.IndexAny(rest, "<&")
			if length < 0 {
				length = len(rest)
			}
			text = append(text, rest[:length]...)
			attribute.WriteString(escape.Replace(string(rest[:length])))
			i += length
		}
	}
	return text, attribute.String(), references, true
}

// escapeXML keeps line breaks, which would become spaces (XML 1.0, sections 2.11 and 3.3.3).
var escapeXML = strings.NewReplacer("&", "&amp;", `"`, "&quot;", "'", "&#39;", "<", "&lt;", "\r\n", "&#10;", "\r", "&#10;", "\n", "&#10;", "\t", "&#9;")

// holdsSheet tells whether an attribute stands where the text of a <style> is kept.
func (s *Scanner) holdsSheet(t *startTag, name []byte) bool {
	return t.element == elementStyle && bytes.HasSuffix(name, []byte(sheetName)) && s.isPrefixed(name, sheetName)
}

// mayRefer tells whether what begins with a "&" may be a reference without its ";": in text, unlike in attributes, some
// names are that whatever follows (HTML, section 13.2.5.73).
func mayRefer(text []byte) bool {
	begin := string(text[:min(len(text), 8)]) // such names have six letters at most
	return html.UnescapeString(begin) != begin
}
