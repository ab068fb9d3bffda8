package consent

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/caddy-consent/caddy-consent/internal/blocking"
	"github.com/caddy-consent/caddy-consent/internal/choice"
	"github.com/caddy-consent/caddy-consent/internal/cookies"
	"github.com/caddy-consent/caddy-consent/internal/csp"
	"github.com/caddy-consent/caddy-consent/internal/markup"
	"github.com/caddy-consent/caddy-consent/internal/notice"
	"github.com/caddy-consent/caddy-consent/internal/operator"
	"github.com/caddy-consent/caddy-consent/internal/page"
	"github.com/caddy-consent/caddy-consent/internal/verdict"
)

// ServeHTTP lets a request and its response through with what the visitor's choice
// allows.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request, next caddyhttp.Handler) error {
	h.begin()

	// The module's own URLs are answered here.
	asked := originalURL(r)
	if h.answers(asked.Path) {
		own := r.WithContext(r.Context())
		own.URL = asked
		h.visitor.ServeHTTP(w, own)
		return nil
	}

	if isEnforced(w) {
		return next.ServeHTTP(w, r) // another directive stands around this one, and its notice is shown
	}

	// The choice is read, and made known to the rest of the Caddyfile.
	c := h.book.Read(r.Header["Cookie"], time.Now)
	v := h.judge.Of(c, h.judge.GPC.Refuses(r.Header))
	publish(r, v)

	rw := responseWriters.Get().(*responseWriter)
	rw.open(h, w, r, asked, c, v)
	err := rw.serve(next)
	rw.release() // not where a handler panicked: nobody knows what it left behind
	return err
}

// answers tells whether a path is the module's own. Where it only observes, what the portal has at other
// paths than the module's prefix stays the portal's.
func (h *Handler) answers(path string) bool {
	return h.visitor.Owns(path) && (!h.observes() || strings.HasPrefix(path, h.Path+"/"))
}

func (h *Handler) observes() bool { return h.Mode == modeObserve }

// serve sends upstream what is granted of the cookies, asks for pages in a form that
// can be rewritten, and takes the answer.
func (rw *responseWriter) serve(next caddyhttp.Handler) error {
	defer rw.endStream()
	err := next.ServeHTTP(rw, rw.upstreamRequest())
	rw.close(err)
	return err
}

// originalURL is the one that the visitor asked for, before any rewrite.
func originalURL(r *http.Request) *url.URL {
	if original, ok := r.Context().Value(caddyhttp.OriginalRequestCtxKey).(http.Request); ok && original.URL != nil {
		return original.URL
	}
	return r.URL
}

// began is when the request came; Caddy has looked at the clock already.
func began(r *http.Request) time.Time {
	if t, ok := caddyhttp.GetVar(r.Context(), "start_time").(time.Time); ok {
		return t
	}
	return time.Now()
}

// isEnforced tells whether a handler of ours takes what is written there.
func isEnforced(w http.ResponseWriter) bool {
	for {
		if _, ours := w.(*responseWriter); ours {
			return true
		}
		wrapper, wraps := w.(interface{ Unwrap() http.ResponseWriter })
		if !wraps {
			return false
		}
		w = wrapper.Unwrap()
	}
}

// publish sets the variables that the rest of the Caddyfile may use.
func publish(r *http.Request, v *verdict.Verdict) {
	vars, ok := r.Context().Value(caddyhttp.VarsCtxKey).(map[string]any)
	if !ok {
		return
	}
	for i := range v.Vars {
		vars[v.Vars[i].Name] = v.Vars[i].Value
	}
}

// upstreamRequest is the request that goes on: the visitor's own where nothing in it
// has to change and no page may come, else a clone. The handlers behind may change what they
// get, and what is inserted into a page is for the request as the visitor sent it.
func (rw *responseWriter) upstreamRequest() *http.Request {
	r := rw.request
	change := func() http.Header {
		if r == rw.request {
			r = r.WithContext(r.Context())
			r.Header = r.Header.Clone() // the values too: request_header replaces in them
		}
		return r.Header
	}

	if sent := r.Header["Cookie"]; len(sent) > 0 {
		kept := rw.verdict.Cookies(sent, &rw.seen)
		switch {
		case rw.handler.observes():
		case len(kept) == 0:
			delete(change(), "Cookie")
		case &kept[0] != &sent[0]:
			change()["Cookie"] = kept
		}
	}
	if rw.asker == page.Worker && !rw.handler.observes() {
		// It may ask for anything; a document for it is the same whatever the visitor chooses.
		header := change()
		page.NarrowEncodings(header, markup.Codings)
		if page.HasOwnTag(header, rw.suffix()) {
			page.TranslateConditions(header, rw.suffix())
			rw.conditional = true
		}
	} else if rw.asker != page.Other && !rw.handler.observes() {
		header := change()
		if rw.rewrites() {
			rw.handler.askFor(header)
			page.DropConditionalRange(header)
		}
		if page.HasConditions(header) {
			page.TranslateConditions(header, rw.suffix())
			rw.conditional = len(r.Header["If-None-Match"]) > 0
		}
	}
	return r
}

// askFor asks for pages in a coding that they can be rewritten in.
func (h *Handler) askFor(header http.Header) {
	switch {
	case h.PageCoding == codingIdentity:
		header["Accept-Encoding"] = []string{codingIdentity}
	case h.PageCoding == codingGzip && page.Accepts(header["Accept-Encoding"], codingGzip):
		header["Accept-Encoding"] = []string{codingGzip}
	default:
		page.NarrowEncodings(header, markup.Codings)
	}
}

// responseWriter filters Set-Cookie in every header and trailer, and rewrites the
// body where it is a page that a visitor asked for. All else passes as it comes.
type responseWriter struct {
	caddyhttp.ResponseWriterWrapper

	handler *Handler
	request *http.Request // as the visitor sent it
	asked   *url.URL
	choice  choice.Choice
	verdict *verdict.Verdict
	// pageFor is the verdict by which a page is made: the visitor's; but what a worker keeps may be shown when the
	// choice is another, so that it is as for one who has refused, until the guard there finds what was chosen.
	pageFor *verdict.Verdict
	seen    operator.Sighting
	asker   page.Asker
	behind  bool            // another instance behind this one has made the page: it has a notice and a guard
	asks    notice.Language // see language
	blocks  blocking.Page
	trust   csp.Element // how scripts of ours are marked on this page
	// conditional tells that the upstream was asked whether this very variant holds.
	conditional bool

	stage    stage
	status   int
	unasked  bool           // no handler wrote the header; where the body passes, the server does
	filtered []string       // a copy of the Set-Cookie lines that were left
	held     []byte         // of a body that may be a document's or a fragment's
	stream   *markup.Stream // of a page that is rewritten
	known    int            // the length of the page as it comes, 0 where it was not told
	missing  int            // what of it is still to come
	gathered *bytes.Buffer  // what came out of the stream of a page whose length is known
	broken   error          // what made the rest of the page impossible
	fed      int            // what came to the stream
	worked   time.Duration  // how long it worked
	waited   time.Duration  // how long it waited for what comes out to be taken
}

// stage is how far the response is.
type stage uint8

const (
	// headerPending: no final header was written.
	headerPending stage = iota
	// sniffing: the header waits for the body's first bytes.
	sniffing
	// passing: the body passes untouched.
	passing
	// rewriting: the body goes through the stream.
	rewriting
	// gathering: so does that of a page whose length is known, but the result waits
	// until the new length is, so that the header tells it: the server then needs no chunks.
	gathering
	// observing: so does a copy of it, for what would be withheld; the body passes untouched.
	observing
	// bodiless: a HEAD request's; what a handler writes all the same must not tell
	// the server a length.
	bodiless
)

// responseWriters are used again, so that a response that needs no change costs no
// allocation.
var responseWriters = sync.Pool{New: func() any { return new(responseWriter) }}

func (rw *responseWriter) open(h *Handler, w http.ResponseWriter, r *http.Request, asked *url.URL, c choice.Choice, v *verdict.Verdict) {
	rw.ResponseWriter = w
	rw.handler, rw.request, rw.asked, rw.choice, rw.verdict = h, r, asked, c, v
	rw.seen = operator.Sighting{Watch: h.watch, Path: asked.Path, Time: began(r)}
	rw.pageFor = v
	switch rw.asker = page.AskedBy(r, h.workers); rw.asker {
	case page.Worker:
		rw.pageFor = h.judge.Of(choice.Choice{}, true)
	case page.Framed:
		if !rw.rewrites() {
			rw.asker = page.Other
		}
	}
}

// release puts the writer back for the next response; not where a connection was
// taken over, whose owner may still hold it.
func (rw *responseWriter) release() {
	if rw.status == http.StatusSwitchingProtocols || rw.request.Method == http.MethodConnect {
		return
	}
	clear(rw.filtered)
	*rw = responseWriter{filtered: rw.filtered[:0]}
	responseWriters.Put(rw)
}

// WriteHeader passes an informational header at once; a final one decides what
// becomes of the body.
func (rw *responseWriter) WriteHeader(status int) {
	rw.filterCookies()
	switch {
	case rw.stage == sniffing || rw.stage == gathering:
		return // it was written and waits
	case rw.stage != headerPending:
		rw.ResponseWriter.WriteHeader(status) // superfluous: the server says so
		return
	case 100 <= status && status < 200 && status != http.StatusSwitchingProtocols:
		rw.withholdLinks()
		rw.ResponseWriter.WriteHeader(status)
		return
	}
	rw.status = status
	rw.stage = rw.judge()
	if rw.stage != sniffing && rw.stage != gathering && !(rw.stage == passing && rw.unasked) {
		rw.ResponseWriter.WriteHeader(rw.status)
	}
}

// judge looks at a final header and tells how to go on.
func (rw *responseWriter) judge() stage {
	h := rw.Header()
	if rw.status == http.StatusSwitchingProtocols {
		return passing
	}
	if rw.behind = page.IsEnforced(h); rw.behind {
		rw.handler.inARow()
	}
	rw.withholdFields()
	if rw.status == http.StatusNotModified {
		rw.revalidated()
		return passing
	}
	rw.handler.workers.Note(rw.request, rw.asked.Path, h)
	document, isHTML := page.IsDocument(rw.status, h)
	rw.redirect()
	if rw.handler.observes() {
		return rw.observe(document, isHTML && rw.asker != page.Other && !page.ForbidsChange(h))
	}
	rw.restrictWhatRuns()
	switch {
	case rw.asker != page.Other && (rw.untyped() || page.IsSniffed(h)):
		return sniffing
	case !isHTML:
		return passing
	case page.ForbidsChange(h):
		rw.countForbidden()
		return passing
	case rw.asker == page.Other:
		rw.vary()
		return passing
	case (rw.asker == page.Perhaps || rw.asker == page.Worker) && rw.request.Method != http.MethodHead:
		return sniffing
	}
	return rw.beginPage(document)
}

// countForbidden counts a page that nobody may change.
func (rw *responseWriter) countForbidden() {
	if rw.asker != page.Other {
		rw.countUntouched(rw.handler.watch.Metrics.PassedTransform, "its Cache-Control has no-transform")
	}
}

// revalidated makes the header of a 304 what the page's own would be: it takes the place of the stored one.
func (rw *responseWriter) revalidated() {
	h := rw.Header()
	if len(h[contentSecurityPolicy]) > 0 {
		rw.restrict()
	}
	if !rw.conditional {
		return
	}
	// What holds is this variant of the page.
	if len(h[contentSecurityPolicy]) > 0 {
		rw.admit()
	}
	rw.vary()
	page.SuffixETag(h, rw.suffix())
	if rw.mustNotStay() {
		page.NeverStore(h)
	}
}

// untyped tells whether the server will name the type of the body by its first bytes.
func (rw *responseWriter) untyped() bool {
	_, typed := rw.Header()["Content-Type"]
	return !typed && contentCoding(rw.Header()) == ""
}

// beginPage makes the header that of this visitor's variant of the page, and the
// stream that makes the variant.
func (rw *responseWriter) beginPage(document page.Document) stage {
	h := rw.Header()
	rw.vary()
	page.SuffixETag(h, rw.suffix())
	defer rw.expireLeftovers() // in what room all else leaves
	if rw.asker.Visits() && rw.choice.State == choice.Given && rw.choice.Receipt == "" {
		if line := rw.handler.visitor.Native(rw.request, rw.choice); line != "" {
			rw.addCookies(line)
			page.NeverStore(h)
		}
	}
	if !rw.rewrites() || h.Get("Content-Length") == "0" {
		return passing
	}
	codings, ok := rw.decodable(document)
	if !ok {
		return passing
	}
	rw.admit()
	to := codings // the client gets the codings it would have got, if it can read them
	for _, coding := range codings {
		if !page.Accepts(rw.request.Header["Accept-Encoding"], coding) {
			to = nil
			delete(h, "Content-Encoding")
			break
		}
	}
	known := page.Length(h)
	page.Changed(h)
	if rw.mustNotStay() {
		page.NeverStore(h)
	}
	if rw.request.Method == http.MethodHead {
		h["Content-Length"] = nil // else HTTP/3's server would say 0
		return bodiless
	}
	rw.known, rw.missing = known, known
	rw.stream = markup.NewStream(output{rw}, markup.Page{
		Rules:   rw.rules(),
		XML:     document.XHTML,
		Charset: document.Charset != "",
		From:    codings,
		To:      to,
	})
	if known == 0 || len(h["Trailer"]) > 0 {
		return rewriting
	}
	rw.gathered = gatherings.Get().(*bytes.Buffer)
	return gathering
}

// mustNotStay tells that a page must not be stored, as it asks for a choice.
func (rw *responseWriter) mustNotStay() bool {
	return rw.verdict.State != choice.Given && rw.asker.Visits() && rw.rewrites()
}

// contentCoding is what a body is coded with, as a list where that is several
// codings; "" for none.
func contentCoding(h http.Header) string {
	coding := strings.Join(h["Content-Encoding"], ", ")
	if strings.EqualFold(coding, "identity") {
		return ""
	}
	return coding
}

// decodable tells by which codings a page can be read. One that cannot be rewritten safely is
// counted.
func (rw *responseWriter) decodable(document page.Document) (codings []string, ok bool) {
	coding := contentCoding(rw.Header())
	if !markup.ASCIICompatible(document.Charset) {
		rw.countUntouched(rw.handler.watch.Metrics.PassedCharset, "the encoding "+document.Charset+" is not one that markup can be inserted into")
		return nil, false
	}
	if codings, ok = markup.ParseCodings(coding); !ok {
		rw.countUntouched(rw.handler.watch.Metrics.PassedCoding, "the content coding "+coding+" cannot be decoded")
	}
	return codings, ok
}

// countUntouched counts a page that passes as it is; of a HEAD request there is none.
func (rw *responseWriter) countUntouched(counter prometheus.Counter, why string) {
	if rw.request.Method != http.MethodHead {
		counter.Inc()
		rw.handler.logger.Warn("a page passes as it is, but for its cookies", zap.String("why", why), zap.String("path", rw.asked.Path))
	}
}

// expireLeftovers deletes from the browser what it still sends of services that are denied.
func (rw *responseWriter) expireLeftovers() {
	if !rw.asker.Visits() {
		return
	}
	rw.addCookies(rw.verdict.Leftovers(rw.request.Header["Cookie"], rw.asked.EscapedPath(), rw.choice.Withdraws(time.Now()), rw.deletions, &rw.seen)...)
}

// deletions are what can be deleted from the visitor's browser in this answer.
func (rw *responseWriter) deletions() cookies.Deletions {
	site := rw.site()
	return cookies.Deletions{Domains: cookies.Domains(site.Host), HTTPS: site.HTTPS, Room: page.Room(rw.Header())}
}

// site is where the visitor's browser shows the page.
func (rw *responseWriter) site() page.Site { return page.SiteOf(rw.request, trusts(rw.request)) }

// trusts tells whether a request comes from a proxy that the server trusts (its option trusted_proxies).
func trusts(r *http.Request) bool {
	trusted, _ := caddyhttp.GetVar(r.Context(), caddyhttp.TrustedProxyVarKey).(bool)
	return trusted
}

// addCookies adds Set-Cookie lines of ours, which are not filtered.
func (rw *responseWriter) addCookies(lines ...string) {
	if len(lines) > 0 {
		h := rw.Header()
		h[setCookie] = append(h[setCookie], lines...)
		rw.filtered = append(rw.filtered, lines...)
	}
}

// rewrites tells whether this visitor's pages get something inserted, or withheld.
func (rw *responseWriter) rewrites() bool {
	return rw.guards() || rw.shows() || rw.behind && rw.handler.blocks()
}

// guards tells whether they get the guard, which also finds the notice its place.
func (rw *responseWriter) guards() bool {
	return !rw.behind && (rw.handler.guards(rw.pageFor) || rw.asker == page.Worker || rw.pageFor.Notice && rw.asker.Visits())
}

// shows tells whether they get something that visitors see.
func (rw *responseWriter) shows() bool {
	return !rw.behind && rw.asker.Visits() && (rw.pageFor.Notice || rw.handler.Manage != manageOff)
}

// blocks tells whether pages must not load from all hosts.
func (h *Handler) blocks() bool { return h.ThirdParties != thirdPartyPass }

// guards tells whether pages get the guard: it is needed while anything is denied, a host or a
// cookie, and to tell tags of the choice.
func (h *Handler) guards(v *verdict.Verdict) bool {
	return h.blocks() || h.Undeclared == undeclaredStrip || v.InForce != h.policy.All || len(h.Signals) > 0
}

// rules are what is done with the page.
func (rw *responseWriter) rules() markup.Rules {
	h := rw.handler
	var rules markup.Rules
	if rw.guards() {
		rules.Document = func() string {
			return h.renderer.Guard(rw.place(), rw.pageFor.InForce, rw.pageFor.State == choice.Given)
		}
		if rules.Head = rules.Document(); rw.asker == page.Worker {
			rules.Head = h.renderer.KeptGuard(rw.place())
		}
	}
	if rw.shows() {
		rules.Body = rw.snippet
	}
	rules.Meta, rules.Base = rw.admitMeta, rw.takeBase
	rw.withhold(&rules)
	return rules
}

// withhold lets the rules withhold what is denied, and activate what its author has gated.
func (rw *responseWriter) withhold(rules *markup.Rules) {
	if rw.handler.blocks() {
		rw.blocking().Withhold(rules)
	}
	rw.blocking().Activate(rules)
}

// withholdLinks does so for the links that the header would make the browser load, early hints too.
func (rw *responseWriter) withholdLinks() {
	const link = "Link"
	if h := rw.Header(); len(h[link]) > 0 && rw.asker != page.Other && rw.handler.blocks() {
		h[link] = rw.blocking().Links(h[link])
	}
}

// withholdFields does so for all that the header would make the browser load, or send reports to.
func (rw *responseWriter) withholdFields() {
	rw.withholdLinks()
	if h := rw.Header(); rw.handler.blocks() && blocking.HasFields(h) {
		rw.blocking().Fields(h)
	}
	if rw.blocks.Depends && !rw.handler.observes() {
		rw.vary()
	}
}

// redirect does not lead to what is denied, but where the visitor goes there: a frame gets what stands in its place,
// all else fails as what is blocked does.
func (rw *responseWriter) redirect() {
	h := rw.Header()
	location := h.Get("Location")
	if rw.status/100 != 3 || location == "" || !rw.handler.blocks() || !rw.blocking().IsParty(location) {
		return
	}
	instead := ""
	if _, told := page.Destination(rw.request); told && !rw.asker.Visits() {
		instead = rw.blocking().Redirect(location, rw.asker == page.Framed)
	}
	if rw.handler.observes() {
		return
	}
	rw.vary()
	if instead == "" {
		return
	}
	h["Location"] = []string{instead}
	page.NeverStore(h)
	if rw.asker == page.Framed {
		rw.status = http.StatusSeeOther // what was posted is not posted to the placeholder
	}
}

// blocking is what is denied on this page.
func (rw *responseWriter) blocking() *blocking.Page {
	if rw.blocks.Rules == nil {
		site := rw.site()
		rw.blocks = blocking.Page{
			Rules: rw.handler.blocking, Granted: rw.pageFor.InForce, Strict: rw.pageFor.Strict != "",
			Origin: site.Origin(), Host: site.Name(), Observing: rw.handler.observes(), Tally: &rw.seen,
		}
		if rw.embedded() {
			rw.blocks.Embedded = rw.asked.RequestURI()
		}
	}
	return &rw.blocks
}

// embedded tells that a page of another site has this one in a frame.
func (rw *responseWriter) embedded() bool {
	return rw.asker == page.Framed && page.FromElsewhere(rw.request)
}

const contentSecurityPolicy = "Content-Security-Policy"

// restrict adds a policy of ours under third_parties strict; besides the upstream's, so that what
// both allow is left.
func (rw *responseWriter) restrict() {
	if strict := rw.pageFor.Strict; strict != "" {
		h := rw.Header()
		h[contentSecurityPolicy] = append(slices.Clone(h[contentSecurityPolicy]), strict)
	}
}

// restrictWhatRuns does so where an answer can become a document or a worker, which goes by a policy of its own,
// whatever else it is: also where it is not rewritten.
func (rw *responseWriter) restrictWhatRuns() {
	h := rw.Header()
	if rw.pageFor.Strict == "" || !page.IsWorker(rw.request) && !page.CanRun(h) && !rw.untyped() {
		return
	}
	rw.vary()
	if rw.asker != page.Other || !page.IsLoaded(rw.request) {
		rw.restrict()
	}
}

// admit makes the upstream's policies let our files, calls and forms through.
func (rw *responseWriter) admit() {
	h := rw.Header()
	if values := h[contentSecurityPolicy]; len(values) > 0 {
		h[contentSecurityPolicy], rw.trust = csp.Admit(values, rw.blocking().Origin, rw.needs(), rw.trust)
	}
}

// admitMeta does so for a policy in the page itself.
func (rw *responseWriter) admitMeta(content []byte) (admitted string) {
	admitted, rw.trust = csp.AdmitMeta(string(content), rw.blocking().Origin, rw.needs(), rw.trust)
	return admitted
}

// needs are what our part of this page loads, calls and posts to.
func (rw *responseWriter) needs() []csp.Need {
	switch rw.asker {
	case page.Framed:
		return rw.handler.needs.framed
	case page.Worker:
		return rw.handler.needs.kept
	}
	return rw.handler.needs.page
}

// place is where what is inserted stands.
func (rw *responseWriter) place() notice.Place {
	integrity := page.DemandsIntegrity(rw.Header())
	return notice.Place{
		Origin:   rw.blocking().Prefix(),
		Site:     rw.site().Host,
		Return:   rw.asked.RequestURI(),
		Refusing: rw.verdict.Refusing,
		Guarded:  rw.guards() && !rw.trust.TrustedTypes,
		Trust:    notice.Trust{Nonce: rw.trust.Nonce, Integrity: rw.trust.Integrity || integrity, CORS: integrity},
	}
}

// takeBase looks where addresses that stand behind a <base> lead.
func (rw *responseWriter) takeBase(href []byte) {
	if rw.site().IsElsewhere(string(href)) {
		rw.blocking().Away = true
	}
}

// snippet is what is inserted in a page in that language: the notice until there is a
// choice, then the control to come back to it.
func (rw *responseWriter) snippet(lang []byte) string {
	place := rw.place()
	place.Language = rw.handler.renderer.On(string(lang), rw.language())
	rw.blocking().Language = place.Language
	if rw.verdict.Notice {
		rw.handler.watch.Metrics.Notices.Inc()
		return rw.handler.renderer.Notice(place)
	}
	return rw.handler.renderer.Manage(place)
}

// language is the one that is asked for; finding it costs something, so only pages do.
func (rw *responseWriter) language() notice.Language {
	if rw.asks.Tag == "" {
		rw.asks = rw.handler.renderer.Language(rw.request, rw.asked)
	}
	return rw.asks
}

// speaks tells whether what is inserted may be in the language that the browser asks for.
func (rw *responseWriter) speaks() bool { return rw.shows() && !rw.language().Chosen }

// vary says what this visitor's variant of the answer depends on.
func (rw *responseWriter) vary() {
	h := rw.Header()
	dest, told := page.Destination(rw.request)
	page.Vary(h, rw.asker == page.Perhaps || !told, rw.speaks())
	switch {
	case rw.asker == page.Framed:
		page.VaryBy(h, "Sec-Fetch-Site")
	case !told: // so that what a script adds decides
		page.VaryBy(h, page.SignsOfScripts...)
	case dest == "empty": // a page's script, a worker's, or a navigation that one has passed on
		page.VaryBy(h, "Sec-Fetch-Mode", "Referer")
	}
}

// suffix sets the entity tags of this visitor's variant of pages apart, also from what
// an earlier configuration inserted. Which language the page itself is in follows from
// the upstream's tag.
func (rw *responseWriter) suffix() string {
	h := rw.handler
	suffix := "-consent-" + rw.pageFor.Key + "-" + h.variant
	switch {
	case rw.embedded():
		return suffix + "-embedded"
	case rw.asker == page.Framed:
		return suffix + "-framed"
	case rw.asker == page.Worker:
		return suffix + "-kept"
	}
	asks := rw.language()
	suffix += "-" + asks.Tag
	if asks.Chosen {
		suffix += "!"
	}
	return suffix
}

// observe lets a response pass as it is, and a copy of a page through the rules.
func (rw *responseWriter) observe(document page.Document, isPage bool) stage {
	if !isPage || rw.request.Method == http.MethodHead {
		return passing
	}
	codings, ok := rw.decodable(document)
	if !ok {
		return passing
	}
	var rules markup.Rules
	rw.withhold(&rules)
	if rw.asker.Visits() && rw.verdict.Notice {
		rules.Body = func([]byte) string {
			rw.handler.watch.Metrics.Notices.Inc()
			return ""
		}
	}
	rw.stream = markup.NewStream(io.Discard, markup.Page{Rules: rules, XML: document.XHTML, Charset: document.Charset != "", From: codings})
	return observing
}

// Write takes the next bytes of the body.
func (rw *responseWriter) Write(p []byte) (int, error) {
	if rw.stage == headerPending {
		rw.unasked = true // HTTP/3's server names no type where it was
		rw.WriteHeader(http.StatusOK)
	}
	rw.filterCookies()
	switch rw.stage {
	case sniffing:
		fits := len(p)
		if length := page.Length(rw.Header()); length > 0 {
			fits = min(fits, max(0, length-len(rw.held)))
		}
		rw.held = append(rw.held, p[:fits]...)
		err := rw.sniff(false)
		if err == nil && fits < len(p) {
			err = http.ErrContentLength
		}
		return fits, err
	case rewriting, gathering:
		return rw.rewrite(p)
	case observing:
		if rw.broken == nil {
			_, rw.broken = rw.feed(p)
		}
	case bodiless:
		return len(p), nil
	}
	return rw.ResponseWriter.Write(p)
}

// sniffLength is how many bytes the server looks at to name the type of a body.
const sniffLength = 512

// maxSniffed bounds what is held of a compressed body that does not decode.
const maxSniffed = 64 << 10

// sniff decides by the body's first bytes what it is, if nobody said, and whether it
// is a document or a fragment that a script asked for; at the body's end they have to
// do.
func (rw *responseWriter) sniff(end bool) error {
	h := rw.Header()
	prefix := rw.held
	if codings, _ := markup.ParseCodings(contentCoding(h)); len(codings) > 0 {
		prefix = markup.Peek(codings, rw.held)
	}
	isDocument, decided := markup.StartsLikeDocument(prefix)
	if rw.untyped() || page.IsSniffed(h) {
		decided = len(prefix) >= sniffLength
	}
	if !decided && !end && len(rw.held) < maxSniffed {
		return nil
	}
	switch {
	case rw.untyped() && len(rw.held) > 0:
		h["Content-Type"] = []string{http.DetectContentType(rw.held)} // as the server would
	case page.IsSniffed(h) && !page.ForbidsChange(h) && strings.HasPrefix(http.DetectContentType(prefix), "text/html"):
		h["Content-Type"] = []string{"text/html"} // as the browser would, whatever is inserted
	}
	rw.stage = passing
	document, isHTML := page.IsDocument(rw.status, h)
	switch {
	case isHTML && page.ForbidsChange(h):
		rw.countForbidden()
	case isHTML && (isDocument || rw.asker == page.Navigation || rw.asker == page.Framed):
		rw.stage = rw.beginPage(document)
	case isHTML:
		rw.vary()
	}
	if rw.stage != gathering {
		rw.ResponseWriter.WriteHeader(rw.status)
	}
	held := rw.held
	rw.held = nil
	if len(held) == 0 {
		return nil
	}
	_, err := rw.Write(held)
	return err
}

// rewrite feeds the stream. An error means that the page is broken, or that the
// visitor has gone.
func (rw *responseWriter) rewrite(p []byte) (int, error) {
	if rw.broken != nil {
		return 0, rw.broken
	}
	var excess error
	if rw.known > 0 && len(p) > rw.missing {
		p, excess = p[:rw.missing], http.ErrContentLength
	}
	n, err := rw.feed(p)
	rw.missing = max(0, rw.missing-n)
	if rw.stage == gathering && err == nil {
		if length := rw.length(); length != unknown {
			err = rw.letGo(length)
			rw.freeGathered()
		}
	}
	if err != nil {
		rw.broken = err
		return n, err
	}
	return n, excess
}

// feed gives the stream what comes of the page.
func (rw *responseWriter) feed(p []byte) (int, error) {
	s := rw.beginStretch()
	n, err := rw.stream.Write(p)
	rw.endStretch(s)
	rw.fed += n
	return n, err
}

// stretch is one of the stream's work: when it began, and for how long the stream had waited by then.
type stretch struct {
	began  time.Time
	waited time.Duration
}

func (rw *responseWriter) beginStretch() stretch { return stretch{time.Now(), rw.waited} }

// endStretch counts for how long the stream has worked.
func (rw *responseWriter) endStretch(s stretch) {
	rw.worked += time.Since(s.began) - (rw.waited - s.waited)
}

// output takes what comes out of the stream.
type output struct{ *responseWriter }

// Write gathers it, or passes it on.
func (o output) Write(p []byte) (int, error) {
	if o.gathered == nil {
		return o.send(p)
	}
	if o.gathered.Len()+len(p) > maxGathered {
		if err := o.letGo(o.length()); err != nil {
			return 0, err
		}
	}
	if len(p) > maxGathered {
		return o.send(p)
	}
	return o.gathered.Write(p)
}

// send passes on what comes out of the stream, and counts for how long that has to wait.
func (rw *responseWriter) send(p []byte) (int, error) {
	start := time.Now()
	n, err := rw.ResponseWriter.Write(p)
	rw.waited += time.Since(start)
	return n, err
}

// maxGathered bounds what is gathered; a page of up to 64 KiB and a notice fit. A longer one
// goes out in pieces of about that size, which is cheaper than in those in which it
// comes.
const maxGathered = 96 << 10

var gatherings = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// unknown is the length of a page that cannot be told.
const unknown = -1

// length is that of the page as it goes out, as soon as no later edit is possible.
func (rw *responseWriter) length() int {
	if growth, final := rw.stream.Growth(); final {
		return rw.known + growth
	}
	return unknown
}

// letGo sends what was gathered, after the header if that still waits.
func (rw *responseWriter) letGo(length int) error {
	if rw.stage == gathering {
		rw.stage = rewriting
		if length != unknown {
			rw.Header()["Content-Length"] = []string{strconv.Itoa(length)}
		}
		rw.ResponseWriter.WriteHeader(rw.status)
	}
	if rw.gathered == nil || rw.gathered.Len() == 0 {
		return nil
	}
	_, err := rw.send(rw.gathered.Bytes())
	rw.gathered.Reset()
	return err
}

func (rw *responseWriter) freeGathered() {
	if rw.gathered != nil {
		rw.gathered.Reset()
		gatherings.Put(rw.gathered)
		rw.gathered = nil
	}
}

// ReadFrom lets the server copy a body that passes untouched in the best way it
// knows (sendfile).
func (rw *responseWriter) ReadFrom(r io.Reader) (int64, error) {
	if rw.stage == headerPending && len(rw.Header()["Content-Type"]) > 0 {
		rw.WriteHeader(http.StatusOK)
	}
	if rw.stage == passing {
		rw.filterCookies()
		return rw.ResponseWriterWrapper.ReadFrom(r)
	}
	return io.Copy(writerOnly{rw}, r)
}

// writerOnly hides ReadFrom from io.Copy.
type writerOnly struct{ io.Writer }

// FlushError passes on all that is decided. A first flush commits the header.
func (rw *responseWriter) FlushError() error {
	if rw.stage == headerPending {
		rw.WriteHeader(http.StatusOK)
	}
	rw.filterCookies()
	switch {
	case rw.stage == sniffing && rw.untyped() && len(rw.held) > 0:
		if err := rw.sniff(true); err != nil {
			return err
		}
		return rw.FlushError()
	case rw.stage == sniffing:
		return nil // the header too waits for what tells a page from a fragment
	case rw.stream != nil && rw.stage != observing:
		if rw.broken == nil {
			s := rw.beginStretch()
			rw.broken = rw.stream.Flush()
			rw.endStretch(s)
		}
		if rw.broken == nil {
			rw.broken = rw.letGo(unknown)
		}
		if rw.broken != nil {
			return rw.broken
		}
	}
	return http.NewResponseController(rw.ResponseWriter).Flush()
}

// close ends the response when the handlers behind have returned, with their error.
func (rw *responseWriter) close(err error) {
	// Also the header of a response that was never begun, and trailers: announced ones
	// stand among the header's fields, others go out when the handlers have returned.
	rw.filterCookies()
	rw.filterField(http.TrailerPrefix + setCookie)
	if rw.stage == sniffing {
		if sniffErr := rw.sniff(true); sniffErr != nil {
			rw.broken = errors.Join(rw.broken, sniffErr)
		}
	}
	if rw.stage == observing && rw.broken == nil && rw.stream.Close() == nil {
		rw.count(rw.stream.Passed())
	}
	if rw.stream == nil || rw.stage == observing {
		return
	}
	// Of a page whose length is known all is there, whatever the handler says.
	whole := rw.broken == nil && rw.missing == 0 && (err == nil || rw.known > 0)
	s := rw.beginStretch()
	switch {
	case whole:
		rw.broken = rw.stream.Close()
	case rw.broken == nil:
		rw.broken = rw.stream.Abandon()
	}
	rw.endStretch(s)
	if rw.missing > 0 {
		rw.broken = errors.Join(rw.broken, io.ErrUnexpectedEOF)
	}
	length := unknown
	if whole && rw.broken == nil && rw.stage == gathering {
		length = rw.gathered.Len()
	}
	rw.broken = errors.Join(rw.broken, rw.letGo(length))
	rw.count(rw.stream.Passed())
	if rw.broken != nil {
		cause := rw.broken
		if op := (*net.OpError)(nil); errors.As(cause, &op) {
			cause = op.Err // the rest of its text names the visitor's address
		}
		rw.handler.logger.Debug("a page ends before its end", zap.String("path", rw.asked.Path), zap.Error(cause))
		// What went out must not look complete, as with the upstream's own breakage.
		panic(http.ErrAbortHandler)
	}
}

// endStream frees the stream, also when a handler panics.
func (rw *responseWriter) endStream() {
	if rw.stream != nil {
		rw.stream.End()
		rw.stream = nil
	}
	rw.freeGathered()
}

// count counts a page that was rewritten, and what of it passed unread.
func (rw *responseWriter) count(passed markup.Passed) {
	m := rw.handler.watch.Metrics
	m.LongTags.Add(float64(passed.Tags))
	m.LongTexts.Add(float64(passed.Texts))
	switch {
	case passed.Encoding != "":
		rw.countUntouched(m.PassedCharset, "it says that its encoding is "+passed.Encoding)
	case passed.AMP:
		rw.countUntouched(m.PassedAMP, "it is one of AMP, which allows no scripts of others")
	default:
		m.Rewritten.Inc()
		m.RewriteBytes.Add(float64(rw.fed))
		m.RewriteSeconds.Observe(rw.worked.Seconds())
	}
}

const setCookie = "Set-Cookie"

// foldSetCookie moves lines that a handler set under another spelling of the name,
// which Go does not canonicalise there, to where they are looked for; those of trailers
// too. It tells whether the header has lines at all.
func foldSetCookie(h http.Header) (found bool) {
	for field, lines := range h {
		name, isTrailer := field, false
		switch len(field) {
		case len(setCookie):
		case len(http.TrailerPrefix + setCookie):
			name, isTrailer = strings.CutPrefix(field, http.TrailerPrefix)
		default:
			continue
		}
		if !strings.EqualFold(name, setCookie) {
			continue
		}
		found = found || !isTrailer
		if name != setCookie {
			canonical := strings.TrimSuffix(field, name) + setCookie
			delete(h, field)
			h[canonical] = append(h[canonical], lines...)
		}
	}
	return found
}

// filterCookies filters the header's Set-Cookie lines where they are not those that it
// left. It runs before every write: encode and HTTP/3 send the header late, so that one
// that a handler adds after WriteHeader would still show.
func (rw *responseWriter) filterCookies() {
	if !foldSetCookie(rw.Header()) || slices.Equal(rw.Header()[setCookie], rw.filtered) {
		return
	}
	rw.filtered = append(rw.filtered[:0], rw.filterField(setCookie)...)
}

// filterField keeps, shortens or drops each Set-Cookie line in a field, and returns
// what is left.
func (rw *responseWriter) filterField(field string) []string {
	header := rw.Header()
	lines := header[field]
	if len(lines) == 0 {
		return nil
	}
	x := verdict.Exchange{Sent: rw.request.Header["Cookie"], Now: time.Now()}
	if rw.choice.Time != 0 {
		x.Chosen = time.UnixMilli(rw.choice.Time)
	}
	kept := rw.verdict.SetCookies(lines, x, &rw.seen)
	if rw.handler.observes() {
		return lines
	}
	if len(kept) == 0 {
		delete(header, field)
	} else {
		header[field] = kept
	}
	return kept
}
