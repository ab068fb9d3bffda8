package variant

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/caddy-consent/caddy-consent/internal/blocking"
	"github.com/caddy-consent/caddy-consent/internal/css"
	"github.com/caddy-consent/caddy-consent/internal/markup"
	"github.com/caddy-consent/caddy-consent/internal/page"
	"github.com/caddy-consent/caddy-consent/internal/rewrite"
)

// A Sheet is a style sheet of the site on its way to one visitor. Its header waits until it is known whether it names
// a host that may be denied: one that does not keeps every byte, its header and its caching; all others say, for every
// visitor in the same manner, that they differ by choice.
type Sheet struct {
	rewrite.Look

	variant *Variant
	judge   *blocking.Sheet
	scanner css.Scanner
	key     string // under which it is remembered; "" for none
	charset string
	codings []string
	// leave is where it is counted that a sheet which differs stays as it is, why the reason; nil for one that may change.
	leave prometheus.Counter
	why   string
}

// AsksForSheet tells whether a request may be for a style sheet that is not to be left alone.
func (v *Variant) AsksForSheet() bool {
	return v.Blocks && (page.HasOwnTag(v.Request.Header, sheetSuffix) || page.AsksForSheet(v.Request, v.Asked.Path)) && !v.isHashed()
}

// SheetRequest asks upstream for a sheet that can be looked at, and tells whether it asks if this very variant holds.
// Change returns the header of a request that may be changed, which most need not be. What is not known to be the same
// for everybody is asked for as a whole: a browser may have it from before a service was declared.
func (v *Variant) SheetRequest(change func() http.Header) (conditional bool) {
	sent := v.Request.Header
	if page.AcceptsOther(sent, markup.Codings) {
		page.NarrowEncodings(change(), markup.Codings)
	}
	if len(sent["If-Range"]) > 0 {
		page.DropConditionalRange(change())
	}
	if !page.HasConditions(sent) {
		return false
	}
	if !page.HasOwnTag(sent, v.sheetSuffix()) {
		var buffer [usualKey]byte
		if depends, known := v.Sheets.Find(v.sheetKey(buffer[:0], sent)); known && !depends {
			return false
		}
	}
	h := change()
	page.TranslateConditions(h, v.sheetSuffix())
	return len(h["If-None-Match"]) > 0
}

// MarkSheet makes the header say that a sheet is this variant of it.
func (v *Variant) MarkSheet(h http.Header) { page.PrivateSheet(h, v.sheetSuffix()) }

func (v *Variant) sheetSuffix() string { return "-consent-" + v.Page.Key + "-" + v.Tag + sheetSuffix }

// sheetSuffix ends the entity tags of all variants of sheets.
const sheetSuffix = "-sheet"

// sheetKey appends the key under which it is remembered whether a sheet differs by choice; nothing for one that nothing
// tells from what it was before.
func (v *Variant) sheetKey(key []byte, h http.Header) []byte {
	validator := page.Validator(h)
	if validator == "" {
		return key
	}
	return v.validatedKey(key, validator)
}

// answerKey does so for an answer; a date alone does not tell the texts apart between which the server chooses.
func (v *Variant) answerKey(key []byte, h http.Header) []byte {
	if !page.IsSafe(v.Request) || len(h["Etag"]) == 0 && page.VariesByMore(h) {
		return key
	}
	return v.sheetKey(key, h)
}

// Sheet begins the one that a header is of. It is nil where that passes as it comes.
func (v *Variant) Sheet(status int, h http.Header) *Sheet {
	if !v.Blocks || !page.MayBeSheet(v.Request, status, h) {
		return nil
	}
	var buffer [usualKey]byte
	key := v.answerKey(buffer[:0], h)
	depends, known := v.Sheets.Find(key)
	if known && !depends {
		return nil
	}
	charset, is := page.IsSheet(v.Request, status, h)
	if !is || v.Request.Method == http.MethodHead && !known {
		return nil
	}
	s := &Sheet{variant: v, key: string(key), charset: charset}
	if !s.canRead(h) {
		return nil
	}
	s.judge = blocking.NewSheet(v.blocking())
	s.judge.Depends = known
	s.mayChange(h)
	if !known {
		s.scanner.Reset(s.judge.Look, charset)
		s.Look.Begin(markup.Page{Sheet: &s.scanner, From: s.codings}, page.Length(h))
	}
	return s
}

// canRead tells whether a sheet can be looked at. One that cannot is counted: once for its encoding, but each time for its
// coding, as the next may come in one that can be read, by the same validator.
func (s *Sheet) canRead(h http.Header) (ok bool) {
	m, coding := s.variant.record.Metrics, page.ContentCoding(h)
	if s.charset != "" && !css.Readable(s.charset) {
		s.variant.record.SheetUntouched(m.SheetsCharset, "its encoding is "+s.charset)
		s.remember(false)
		return false
	}
	if s.codings, ok = markup.ParseCodings(coding); !ok {
		s.variant.record.SheetUntouched(m.SheetsCoding, "the content coding "+coding+" cannot be decoded")
	}
	return ok
}

// mayChange finds what forbids it.
func (s *Sheet) mayChange(h http.Header) {
	m := s.variant.record.Metrics
	switch {
	case page.ForbidsChange(h):
		s.leave, s.why = m.SheetsTransform, "its Cache-Control has no-transform"
	case s.variant.isHashed():
		s.leave, s.why = m.SheetsIntegrity, "a page demands its hash"
	}
}

// Decided tells whether it is known what becomes of it. It differs too where that would cost too much memory to find
// out.
func (s *Sheet) Decided() bool {
	return s.judge.Depends || s.IsFull() || s.IsBroken() || s.scanner.Done()
}

// Changes tells, once it is decided, whether the sheet becomes that of a visitor; one that must not is counted.
func (s *Sheet) Changes() bool {
	if encoding := s.scanner.Passed.Encoding; encoding != "" {
		s.variant.record.SheetUntouched(s.variant.record.Metrics.SheetsCharset, "its encoding is "+encoding)
		s.remember(false)
		return false
	}
	if s.judge.Depends && s.leave != nil {
		s.variant.record.SheetUntouched(s.leave, s.why)
		if s.leave == s.variant.record.Metrics.SheetsTransform {
			s.remember(false) // it passes for everybody
		}
		return false
	}
	return s.judge.Depends || s.leave == nil && s.IsFull() && !s.IsBroken()
}

// Ends takes note of what a look has shown up to the sheet's end; all tells whether its handler says that it is one.
func (s *Sheet) Ends(all bool) {
	if s.Close() && all {
		s.variant.record.Metrics.LongTexts.Add(float64(s.scanner.Passed.Tokens))
		s.remember(s.judge.Depends)
	}
}

// Rewritten takes note of one that was rewritten, and whether it was as a whole.
func (s *Sheet) Rewritten(c rewrite.Cost, whole bool) {
	s.variant.record.SheetRewritten(c, s.judge.Depends)
	if whole {
		s.remember(s.judge.Depends)
	}
}

func (s *Sheet) remember(depends bool) {
	if s.key != "" {
		s.variant.Sheets.Store(s.key, depends)
	}
}

// Edited makes the header that of this visitor's variant, and returns how its body is made.
func (s *Sheet) Edited(h http.Header) markup.Page {
	to := page.KeepCodings(h, s.codings, s.variant.Request.Header["Accept-Encoding"])
	page.Changed(h)
	s.variant.MarkSheet(h)
	p := s.Watched()
	p.To = to
	return p
}

// Watched reads the sheet from its beginning, and tells what would be denied.
func (s *Sheet) Watched() markup.Page {
	s.scanner.Reset(s.judge.Denied, s.charset)
	return markup.Page{Sheet: &s.scanner, From: s.codings}
}
