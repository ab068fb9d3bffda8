package variant

import (
	"net/http"

	"github.com/caddy-consent/caddy-consent/internal/markup"
	"github.com/caddy-consent/caddy-consent/internal/page"
)

// Ask asks upstream for what can be rewritten, and whether this very variant holds. Change returns the header of a
// request that may be changed. Pages are asked for in that coding, where it is "identity", or "gzip" and the visitor
// accepts it; else in any that they can be rewritten in. What is returned tells of which the upstream was asked: a page
// or what a worker may keep, or a style sheet.
func (v *Variant) Ask(coding string, change func() http.Header) (conditional, sheet bool) {
	if v.Page.Strict != "" && page.IsWorker(v.Request) && page.HasConditions(v.Request.Header) {
		page.DropConditions(change()) // what is kept has the policy of another choice, by which a worker goes
	}
	switch {
	case v.Destination == page.DestWorker:
		// It may ask for anything; a document for it is the same whatever the visitor chooses.
		header := change()
		page.NarrowEncodings(header, markup.Codings)
		if page.HasOwnTag(header, v.Suffix()) {
			page.TranslateConditions(header, v.Suffix())
			conditional = true
		}
	case v.IsPage():
		header := change()
		if v.Rewrites() {
			askFor(header, coding)
		}
		if !page.IsSafe(v.Request) || v.isKnownOther() {
			break
		}
		if v.Rewrites() {
			page.DropConditionalRange(header)
		}
		if page.HasConditions(header) {
			page.TranslateConditions(header, v.Suffix())
			conditional = len(v.Request.Header["If-None-Match"]) > 0
		}
	}
	if (!v.IsPage() || v.Destination == page.DestWorker) && v.AsksForSheet() {
		sheet = v.SheetRequest(change)
	}
	return conditional, sheet
}

// askFor asks for a page in a coding that it can be rewritten in.
func askFor(header http.Header, coding string) {
	if coding == "identity" || coding == "gzip" && page.Accepts(header["Accept-Encoding"], coding) {
		header["Accept-Encoding"] = []string{coding}
		return
	}
	page.NarrowEncodings(header, markup.Codings)
}
