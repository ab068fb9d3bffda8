package variant

import (
	"net/http"
	"slices"

	"github.com/caddy-consent/caddy-consent/internal/blocking"
	"github.com/caddy-consent/caddy-consent/internal/csp"
	"github.com/caddy-consent/caddy-consent/internal/page"
)

const (
	contentSecurityPolicy = "Content-Security-Policy"
	link                  = "Link"
)

// Links withholds the links that a header would make the browser load, early hints too.
func (v *Variant) Links(h http.Header) {
	if len(h[link]) > 0 && v.IsPage() && v.Blocks {
		h[link] = v.blocking().Links(h[link])
	}
}

// Fields withholds all that a header would make the browser load, or send reports to.
func (v *Variant) Fields(h http.Header) {
	v.Links(h)
	if v.Blocks && blocking.HasFields(h) {
		v.blocking().Fields(h)
	}
	if v.blocks.Depends {
		v.Vary(h)
	}
}

// Redirect keeps a redirect from what is denied, but where the visitor goes there: a frame is led to what stands in its
// place, all else fails as what is blocked does. It returns the status.
func (v *Variant) Redirect(h http.Header, status int) int {
	location := h.Get("Location")
	if status/100 != 3 || location == "" || !v.Blocks || !v.blocking().HasOwner(location) {
		return status
	}
	instead := ""
	if _, told := page.FetchDest(v.Request); told && !v.Destination.IsNavigation() {
		instead = v.blocking().Redirect(location, v.Destination == page.DestFrame)
	}
	v.Vary(h)
	if instead == "" {
		return status
	}
	h["Location"] = []string{instead}
	page.NeverStore(h)
	if v.Destination == page.DestFrame {
		return http.StatusSeeOther // what was posted is not posted to the placeholder
	}
	return status
}

// AddStrictCSP adds our policy under third_parties strict where an answer can become a document or a worker, which
// goes by a policy of its own, whatever else it is: also where it is not rewritten.
func (v *Variant) AddStrictCSP(h http.Header) {
	if v.Page.Strict == "" || !page.IsWorker(v.Request) && !page.CanRun(h) && !page.IsUntyped(h) {
		return
	}
	v.Vary(h)
	if v.IsPage() || !page.IsLoaded(v.Request) {
		v.addStrictCSP(h)
	}
}

// addStrictCSP adds the policy besides the upstream's, so that what both allow is left.
func (v *Variant) addStrictCSP(h http.Header) {
	if strict := v.Page.Strict; strict != "" {
		h[contentSecurityPolicy] = append(slices.Clone(h[contentSecurityPolicy]), strict)
	}
}

// Permit makes the upstream's policies let our files, calls and forms through.
func (v *Variant) Permit(h http.Header) {
	if values := h[contentSecurityPolicy]; len(values) > 0 {
		v.styles.Add(values)
		h[contentSecurityPolicy], v.script = csp.Permit(values, v.blocking().Origin, v.resources(), v.script)
	}
}

// permitMeta does so for a policy in the page itself.
func (v *Variant) permitMeta(content []byte) (permitted string) {
	v.styles.AddMeta(string(content))
	permitted, v.script = csp.PermitMeta(string(content), v.blocking().Origin, v.resources(), v.script)
	return permitted
}

// resources are what our part of this page loads, calls and posts to.
func (v *Variant) resources() []csp.Resource {
	switch own := v.Notice.Resources(); v.Destination {
	case page.DestFrame:
		return own.Framed
	case page.DestWorker:
		return own.Kept
	default:
		return own.Page
	}
}

// Revalidated makes the header of a 304 what the page's own would be, whose place it takes in stores (RFC 9111, section 4.3.4).
// Conditional tells that the upstream was asked whether this very variant holds.
func (v *Variant) Revalidated(h http.Header, conditional bool) {
	if len(h[contentSecurityPolicy]) > 0 {
		v.addStrictCSP(h)
	}
	if !conditional {
		return
	}
	v.Permit(h)
	v.Mark(h)
	if v.MustNotStore() {
		page.NeverStore(h)
	}
}

// Mark makes the header say that the page is this variant of it.
func (v *Variant) Mark(h http.Header) {
	v.Vary(h)
	page.SuffixETag(h, v.Suffix())
}

// Vary says what this visitor's variant of the answer depends on.
func (v *Variant) Vary(h http.Header) {
	dest, told := page.FetchDest(v.Request)
	page.Vary(h, v.Destination == page.DestUnknown || !told, v.shows() && !v.language().Chosen)
	switch {
	case v.Destination == page.DestFrame:
		page.VaryBy(h, "Sec-Fetch-Site")
	case !told: // so that what a script adds decides
		page.VaryBy(h, page.SignsOfScripts...)
	case dest == "empty": // a page's script, a worker's, or a navigation that one has passed on
		page.VaryBy(h, "Sec-Fetch-Mode", "Referer")
	}
}

// Suffix sets the entity tags of this visitor's variant of pages apart, also from what
// an earlier configuration inserted. Which language the page itself is in follows from
// the upstream's tag.
func (v *Variant) Suffix() string {
	suffix := "-consent-" + v.Page.Key + "-" + v.Tag
	switch {
	case v.embedded():
		return suffix + "-embedded"
	case v.Destination == page.DestFrame:
		return suffix + "-framed"
	case v.Destination == page.DestWorker:
		return suffix + "-kept"
	}
	asks := v.language()
	suffix += "-" + asks.Tag
	if asks.Chosen {
		suffix += "!"
	}
	return suffix
}
