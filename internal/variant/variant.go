// Package variant makes an answer that of one visitor: what its header says, and by which rules its page is rewritten.
package variant

import (
	"net/http"
	"net/url"
	"time"

	"github.com/caddy-consent/caddy-consent/internal/blocking"
	"github.com/caddy-consent/caddy-consent/internal/choice"
	"github.com/caddy-consent/caddy-consent/internal/cookies"
	"github.com/caddy-consent/caddy-consent/internal/csp"
	"github.com/caddy-consent/caddy-consent/internal/decision"
	"github.com/caddy-consent/caddy-consent/internal/markup"
	"github.com/caddy-consent/caddy-consent/internal/notice"
	"github.com/caddy-consent/caddy-consent/internal/page"
	"github.com/caddy-consent/caddy-consent/internal/policy"
	"github.com/caddy-consent/caddy-consent/internal/recent"
	"github.com/caddy-consent/caddy-consent/internal/telemetry"
)

// Site is what all variants of a site's answers have in common.
type Site struct {
	Policy   *policy.Policy
	Decider  *decision.Decider
	Blocking *blocking.Rules
	Notice   *notice.Renderer
	Workers  *page.Workers
	// Known remembers what of pages made no difference, for all visitors.
	Known *markup.Known
	// Sheets tells of style sheets whether they differ by choice, Hashed of which a page demands the hash.
	Sheets recent.Cache[bool]
	Hashed *recent.Cache[struct{}]
	// Others are answers to navigations that are no documents.
	Others recent.Cache[struct{}]
	// Tag stands for what is inserted and withheld in all pages; it is part of their entity tags.
	Tag string
	// Blocks tells whether pages must not load from all hosts, Guarded whether they get the guard even where all
	// services are granted, Manages whether they carry the control to come back to the choice.
	Blocks, Guarded, Manages bool
	// Trusts tells whether what sent a request is trusted to say how it came.
	Trusts func(*http.Request) bool
}

// A Variant is the answer to one request.
type Variant struct {
	*Site
	// Request is as the visitor sent it, Asked its URL before any rewrite.
	Request  *http.Request
	Asked    *url.URL
	Choice   choice.Choice
	Decision *decision.Decision
	// Page is the decision by which a page is made: the visitor's; but what a worker keeps may be shown when the
	// choice is another, so that it is as for one who has refused, until the guard there finds what was chosen.
	Page        *decision.Decision
	Destination page.Destination
	// Behind tells that another instance behind this one has made the page: it has a notice and a guard.
	Behind bool

	record *telemetry.Recorder
	asked  notice.Language // see language
	blocks blocking.Page   // see blocking
	script csp.Element     // how scripts of ours are marked on this page
	styles csp.HashedStyles
	// integrity tells that the page lets scripts load by their hash alone.
	integrity bool
	base      string // of <base href>, "" for none
}

// Begin makes it the variant for a request, with a choice and the decision on it. What is found out is told to record.
func (v *Variant) Begin(s *Site, r *http.Request, asked *url.URL, c choice.Choice, d *decision.Decision, record *telemetry.Recorder) {
	*v = Variant{Site: s, Request: r, Asked: asked, Choice: c, Decision: d, Page: d, Destination: page.DestinationOf(r, s.Workers), record: record}
	switch v.Destination {
	case page.DestWorker:
		v.Page = s.Decider.Decide(choice.Choice{}, true)
	case page.DestFrame:
		if !v.Rewrites() {
			v.Destination = page.DestSubresource
		}
	}
}

// IsPage tells whether an answer that is a document is one that the visitor sees.
func (v *Variant) IsPage() bool { return v.Destination != page.DestSubresource }

// Rewrites tells whether this visitor's pages get something inserted, or withheld.
func (v *Variant) Rewrites() bool {
	return v.guards() || v.shows() || v.Behind && v.Blocks
}

// guards tells whether they get the guard: it is needed while anything is denied, a host or a cookie, and to tell tags of
// the choice. It also finds the notice its place.
func (v *Variant) guards() bool {
	return !v.Behind && (v.Guarded || v.Page.Effective != v.Policy.All || v.Destination == page.DestWorker || v.Page.Notice && v.Destination.IsNavigation())
}

// shows tells whether they get something that visitors see.
func (v *Variant) shows() bool {
	return !v.Behind && v.Destination.IsNavigation() && (v.Page.Notice || v.Manages)
}

// MustNotStore tells that a page must not be stored, as it asks for a choice.
func (v *Variant) MustNotStore() bool {
	return v.Decision.State != choice.Given && v.Destination.IsNavigation() && v.Rewrites()
}

// site is where the visitor's browser shows the page.
func (v *Variant) site() page.Site { return page.SiteOf(v.Request, v.Trusts(v.Request)) }

// embedded tells that a page of another site has this one in a frame.
func (v *Variant) embedded() bool {
	return v.Destination == page.DestFrame && page.FromElsewhere(v.Request)
}

// language is the one that is asked for; finding it costs something, so only pages do.
func (v *Variant) language() notice.Language {
	if v.asked.Tag == "" {
		v.asked = v.Notice.Language(v.Request, v.Asked)
	}
	return v.asked
}

// blocking is what is denied on this page.
func (v *Variant) blocking() *blocking.Page {
	if v.blocks.Rules == nil {
		site := v.site()
		v.blocks = blocking.Page{
			Rules: v.Blocking, Granted: v.Page.Effective, Strict: v.Page.Strict != "",
			Origin: site.Origin(), Host: site.Name(), Path: v.Asked.EscapedPath(), Recorder: v.record,
		}
		if v.embedded() {
			v.blocks.Embedded = v.Asked.RequestURI()
		}
	}
	return &v.blocks
}

// Decodable tells by which codings a page can be read. One that cannot be rewritten safely is
// counted.
func (v *Variant) Decodable(h http.Header, document page.Document) (codings []string, ok bool) {
	if !markup.ASCIICompatible(document.Charset) {
		v.record.Untouched(v.record.Metrics.PassedCharset, "nothing can be inserted into markup in the encoding "+document.Charset)
		return nil, false
	}
	coding := page.ContentCoding(h)
	if codings, ok = markup.ParseCodings(coding); !ok {
		v.record.Untouched(v.record.Metrics.PassedCoding, "the content coding "+coding+" cannot be decoded")
	}
	return codings, ok
}

// NotePath takes note of what answers where a well-known service does; of what fails, anybody may have asked for it.
func (v *Variant) NotePath(status int) {
	if v.record != nil && 200 <= status && status < 300 {
		v.record.Answered(v.Asked.Path, v.Asked.RawQuery)
	}
}

// Leftovers are Set-Cookie lines that delete from the browser what it still sends of services that are denied, in what
// room the header leaves. A request that is no GET may come from another site without the choice, which is SameSite=Lax
// (RFC 6265bis, section 5.2), but with cookies that it grants: then the next page deletes.
func (v *Variant) Leftovers(h http.Header) []string {
	switch method := v.Request.Method; {
	case !v.Destination.IsNavigation():
		return nil
	case v.Decision.State != choice.Given && method != http.MethodGet && method != http.MethodHead:
		return nil
	}
	return v.Decision.Leftovers(v.Request.Header["Cookie"], v.Asked.EscapedPath(), v.Choice.Withdraws(time.Now()), func() cookies.Deletions {
		site := v.site()
		return cookies.Deletions{Domains: cookies.Domains(site.Host), HTTPS: site.HTTPS, Room: page.Room(h)}
	}, v.record)
}
