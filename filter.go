package consent

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"

	"github.com/caddy-consent/caddy-consent/internal/choice"
	"github.com/caddy-consent/caddy-consent/internal/config"
	"github.com/caddy-consent/caddy-consent/internal/decision"
	"github.com/caddy-consent/caddy-consent/internal/markup"
	"github.com/caddy-consent/caddy-consent/internal/observe"
	"github.com/caddy-consent/caddy-consent/internal/page"
	"github.com/caddy-consent/caddy-consent/internal/policy"
	"github.com/caddy-consent/caddy-consent/internal/rewrite"
	"github.com/caddy-consent/caddy-consent/internal/surroundings"
	"github.com/caddy-consent/caddy-consent/internal/telemetry"
	"github.com/caddy-consent/caddy-consent/internal/variant"
)

// ServeHTTP lets a request and its response through with what the visitor's choice
// allows.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request, next caddyhttp.Handler) error {
	h.begin()

	// The module's own URLs are answered here.
	asked := surroundings.OriginalURL(r)
	if h.answers(asked.Path) {
		own := r.WithContext(r.Context())
		own.URL = asked
		h.visitor.ServeHTTP(w, own)
		return nil
	}

	if h.isNested(w) {
		return next.ServeHTTP(w, r) // another directive stands around this one, and its notice is shown
	}

	// The choice is read, and made known to the rest of the Caddyfile.
	c := h.codec.Read(r.Header["Cookie"], time.Now)
	v := h.decider.Decide(c, h.decider.GPC.Refuses(r.Header))
	surroundings.Publish(r, v.Vars)

	record := telemetry.Recorder{Collector: h.telemetry, Path: asked.Path, Time: surroundings.Began(r), Method: r.Method}
	if owner := h.policy.PathOwner(asked.Path); owner >= 0 && h.refusesPath(w, owner, v, &record) {
		return nil
	}
	if h.observes() {
		o := &observe.Response{ResponseWriter: w, Nested: h.nested, Watch: h.watch}
		defer o.End()
		o.Begin(h.variants, r, asked, c, v, record)
		err := next.ServeHTTP(o, r)
		o.Close()
		return err
	}

	rw := responseWriters.Get().(*responseWriter)
	rw.open(h, w, r, asked, c, v, record)
	err := rw.serve(next)
	rw.release() // not where a handler panicked: nobody knows what it left behind
	return err
}

// answers tells whether a path is the module's own. Where it only observes, what the portal has at other
// paths than the module's prefix stays the portal's.
func (h *Handler) answers(path string) bool {
	return h.visitor.Owns(path) && (!h.observes() || h.endpoints().Owns(path))
}

// refusesPath answers a request to a path of the site at which a service answers that is denied. Nothing of it reaches
// the upstream.
func (h *Handler) refusesPath(w http.ResponseWriter, owner policy.Owner, v *decision.Decision, record *telemetry.Recorder) bool {
	if !h.blocks() {
		return false
	}
	denied := h.policy.Blocks(owner, v.Effective)
	if denied {
		record.Request(owner)
	}
	if h.observes() {
		return false
	}
	w.Header().Add("Vary", "Cookie, Sec-GPC")
	if denied {
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusForbidden)
	}
	return denied
}

func (h *Handler) observes() bool { return h.Mode == config.ModeObserve }

// serve sends upstream what is granted of the cookies, asks for pages in a form that
// can be rewritten, and takes the answer.
func (rw *responseWriter) serve(next caddyhttp.Handler) error {
	defer rw.endBody()
	err := next.ServeHTTP(rw, rw.upstreamRequest())
	rw.close(err)
	return err
}

// endBody frees what the body holds, also when a handler has panicked.
func (rw *responseWriter) endBody() {
	if rw.stage == looking { // the handler has panicked: what came goes out, as it would without us
		rw.sheet.Ends(false)
		_ = rw.looked()
		_ = rw.FlushError()
	}
	rw.body.End()
	if rw.sheet != nil {
		rw.sheet.End()
	}
}

// isNested tells whether another handler of ours, around this one, does this one's work on what is written there.
func (h *Handler) isNested(w http.ResponseWriter) bool {
	for {
		switch w.(type) {
		case *responseWriter:
			return true
		case *observe.Response:
			if h.observes() {
				return true // what is seen is counted once
			}
		}
		wrapper, wraps := w.(interface{ Unwrap() http.ResponseWriter })
		if !wraps {
			return false
		}
		w = wrapper.Unwrap()
	}
}

// upstreamRequest is the request that goes on: the visitor's own where nothing in it
// has to change and no page may come, else a clone. The handlers behind may change what they
// get, and what is inserted into a page is for the request as the visitor sent it.
func (rw *responseWriter) upstreamRequest() *http.Request {
	v, r := &rw.variant, rw.variant.Request
	change := func() http.Header {
		if r == v.Request {
			r = r.WithContext(r.Context())
			r.Header = r.Header.Clone() // the values too: request_header replaces in them
		}
		return r.Header
	}

	if sent := r.Header["Cookie"]; len(sent) > 0 {
		kept := v.Decision.Cookies(sent, &rw.record)
		switch {
		case len(kept) == 0:
			delete(change(), "Cookie")
		case &kept[0] != &sent[0]:
			change()["Cookie"] = kept
		}
	}
	rw.conditional, rw.revalidates = v.Ask(rw.handler.PageCoding, change)
	return r
}

// responseWriter filters Set-Cookie in every header and trailer, and rewrites the
// body where it is a page that a visitor asked for. All else passes as it comes.
type responseWriter struct {
	caddyhttp.ResponseWriterWrapper

	handler *Handler
	variant variant.Variant
	cookies decision.Filter
	record  telemetry.Recorder

	stage  stage
	status int
	// conditional tells that the upstream was asked whether this very variant holds, implicit that no handler wrote
	// the header, so that where the body passes, the server does.
	conditional, implicit bool
	// revalidates tells that the upstream was asked whether this very variant of a style sheet holds.
	revalidates bool

	sniffer page.Sniffer // of a body that may be a document's or a fragment's
	body    rewrite.Body // of a page that is rewritten
	sheet   *variant.Sheet
}

// stage is how far the response is.
type stage uint8

const (
	// headerPending: no final header was written.
	headerPending stage = iota
	// sniffing: the header waits for the body's first bytes.
	sniffing
	// looking: the header waits until it is known whether a style sheet differs by choice.
	looking
	// passing: the body passes untouched.
	passing
	// rewriting: the body is rewritten, and writes the header itself where its new length may still be told.
	rewriting
	// bodiless: a HEAD request's; what a handler writes all the same must not tell
	// the server a length.
	bodiless
)

// responseWriters are used again, so that a response that needs no change costs no
// allocation.
var responseWriters = sync.Pool{New: func() any { return new(responseWriter) }}

func (rw *responseWriter) open(h *Handler, w http.ResponseWriter, r *http.Request, asked *url.URL,
	c choice.Choice, v *decision.Decision, record telemetry.Recorder) {
	rw.ResponseWriter, rw.handler, rw.record = w, h, record
	rw.variant.Begin(h.variants, r, asked, c, v, &rw.record)
	rw.cookies.Begin(v, r.Header["Cookie"], c.Made(), &rw.record)
}

// release puts the writer back for the next response; not where a connection was
// taken over, whose owner may still hold it.
func (rw *responseWriter) release() {
	if rw.status == http.StatusSwitchingProtocols || rw.variant.Request.Method == http.MethodConnect {
		return
	}
	rw.cookies.Begin(nil, nil, time.Time{}, nil)
	*rw = responseWriter{cookies: rw.cookies}
	responseWriters.Put(rw)
}

// WriteHeader passes an informational header at once; a final one decides what
// becomes of the body.
func (rw *responseWriter) WriteHeader(status int) {
	rw.cookies.Apply(rw.Header())
	switch {
	case rw.waits():
		return // it was written and waits
	case rw.stage != headerPending:
		rw.ResponseWriter.WriteHeader(status) // superfluous: the server says so
		return
	case 100 <= status && status < 200 && status != http.StatusSwitchingProtocols:
		rw.variant.Links(rw.Header())
		rw.ResponseWriter.WriteHeader(status)
		return
	}
	rw.status = status
	rw.stage = rw.decide()
	rw.commit()
}

// waits tells that the header was written here, and not yet passed on.
func (rw *responseWriter) waits() bool {
	return rw.stage == sniffing || rw.stage == looking || rw.body.Waits()
}

// commit writes the header, but where that waits or is the server's to write.
func (rw *responseWriter) commit() {
	if !rw.waits() && !(rw.stage == passing && rw.implicit) {
		rw.ResponseWriter.WriteHeader(rw.status)
	}
}

// decide looks at a final header and tells how to go on.
func (rw *responseWriter) decide() stage {
	h, v := rw.Header(), &rw.variant
	if rw.status == http.StatusSwitchingProtocols {
		return passing
	}
	if v.Behind = page.IsEnforced(h); v.Behind {
		rw.handler.nested()
	}
	v.Fields(h)
	if rw.status == http.StatusNotModified {
		v.Revalidated(h, rw.conditional)
		if rw.revalidates {
			v.MarkSheet(h)
		}
		return passing
	}
	v.Workers.Note(v.Request, v.Asked.Path, h)
	v.NotePath(rw.status)
	document, isDocument := page.IsDocument(rw.status, h)
	rw.status = v.Redirect(h, rw.status)
	v.AddStrictCSP(h)
	switch {
	case v.IsPage() && (page.IsUntyped(h) || page.IsSniffed(h)):
		return sniffing
	case !isDocument:
		v.NoteOther(rw.status, h)
		if rw.sheet = v.Sheet(rw.status, h); rw.sheet != nil {
			return rw.beginSheet()
		}
		return passing
	case page.ForbidsChange(h):
		rw.passForbidden()
		return passing
	case !v.IsPage():
		v.Vary(h)
		return passing
	case (v.Destination == page.DestUnknown || v.Destination == page.DestWorker) && v.Request.Method != http.MethodHead:
		return sniffing
	}
	return rw.beginPage(document)
}

// passForbidden counts a page that nobody may change.
func (rw *responseWriter) passForbidden() {
	if rw.variant.IsPage() {
		rw.record.Untouched(rw.record.Metrics.PassedTransform, "its Cache-Control has no-transform")
	}
}

// beginPage makes the header that of this visitor's variant of the page, and the
// body that makes the variant.
func (rw *responseWriter) beginPage(document page.Document) stage {
	h, v := rw.Header(), &rw.variant
	v.Mark(h)
	defer rw.expireLeftovers() // in what room all else leaves
	if v.Destination.IsNavigation() && v.Choice.State == choice.Given && v.Choice.Receipt == "" {
		if line := rw.handler.visitor.Native(v.Request, v.Choice); line != "" {
			rw.cookies.Add(h, line)
			page.NeverStore(h)
		}
	}
	if !v.Rewrites() || h.Get("Content-Length") == "0" {
		return passing
	}
	codings, ok := v.Decodable(h, document)
	if !ok {
		return passing
	}
	v.Permit(h)
	length := page.Length(h)
	to := page.KeepCodings(h, codings, v.Request.Header["Accept-Encoding"])
	page.Changed(h)
	if v.MustNotStore() {
		page.NeverStore(h)
	}
	return rw.rewrite(length, func() markup.Page {
		return markup.Page{Rules: v.Rules(h), XML: document.XHTML, Charset: document.Charset != "", From: codings, To: to}
	})
}

// rewrite begins the body, of that length as it comes, where the request wants one.
func (rw *responseWriter) rewrite(length int, how func() markup.Page) stage {
	h := rw.Header()
	if rw.variant.Request.Method == http.MethodHead {
		h["Content-Length"] = nil // else HTTP/3's server would say 0
		return bodiless
	}
	rw.body.Begin(rw.ResponseWriter, rw.status, how(), length, length > 0 && len(h["Trailer"]) == 0)
	return rewriting
}

// beginSheet looks at a style sheet, if it is not known yet whether it differs by choice.
func (rw *responseWriter) beginSheet() stage {
	switch {
	case !rw.sheet.Decided():
		return looking
	case !rw.sheet.Changes():
		return passing
	}
	return rw.editSheet()
}

// editSheet makes the header that of this visitor's variant of the sheet, and the body that makes the variant.
func (rw *responseWriter) editSheet() stage {
	h := rw.Header()
	length := page.Length(h)
	sheet := rw.sheet.Edited(h)
	return rw.rewrite(length, func() markup.Page { return sheet })
}

// expireLeftovers deletes from the browser what it still sends of services that are denied.
func (rw *responseWriter) expireLeftovers() {
	rw.cookies.Add(rw.Header(), rw.variant.Leftovers(rw.Header())...)
}

// Write takes the next bytes of the body.
func (rw *responseWriter) Write(p []byte) (int, error) {
	if rw.stage == headerPending {
		rw.implicit = true // HTTP/3's server names no type where it was
		rw.WriteHeader(http.StatusOK)
	}
	rw.cookies.Apply(rw.Header())
	switch rw.stage {
	case sniffing:
		n, err := rw.sniffer.Write(rw.Header(), p)
		if sniffed := rw.sniff(false); sniffed != nil {
			return n, sniffed
		}
		return n, err
	case looking:
		n, err := rw.sheet.Write(p)
		if rw.sheet.Decided() {
			err = errors.Join(rw.looked(), err)
		}
		return n, err
	case rewriting:
		return rw.body.Write(p)
	case bodiless:
		return len(p), nil
	}
	return rw.ResponseWriter.Write(p)
}

// sniff goes on as soon as the first bytes of the body tell what it is; at its end they have to do.
func (rw *responseWriter) sniff(end bool) error {
	h, v := rw.Header(), &rw.variant
	startsDocument, decided := rw.sniffer.Decide(h, end)
	if !decided {
		return nil
	}
	rw.stage = passing
	document, isDocument := page.IsDocument(rw.status, h)
	switch {
	case isDocument && page.ForbidsChange(h):
		rw.passForbidden()
	case isDocument && (startsDocument || v.Destination == page.DestDocument || v.Destination == page.DestFrame):
		rw.stage = rw.beginPage(document)
	case isDocument:
		v.Vary(h)
	default:
		v.NoteOther(rw.status, h)
	}
	if !rw.body.Waits() {
		rw.ResponseWriter.WriteHeader(rw.status)
	}
	held := rw.sniffer.Take()
	if len(held) == 0 {
		return nil
	}
	_, err := rw.Write(held)
	return err
}

// looked goes on with a style sheet when it is decided, from its beginning; but ends the look before, in which a decoder
// may have something left for the scanner.
func (rw *responseWriter) looked() error {
	rw.stage = passing
	changes := rw.sheet.Changes()
	held := rw.sheet.End()
	if changes {
		rw.stage = rw.editSheet()
	}
	rw.commit()
	if len(held) == 0 {
		return nil
	}
	_, err := rw.Write(held)
	if err == nil { // else HTTP/2's server may still read it
		rewrite.FreeLooked(held)
	}
	return err
}

// ReadFrom lets the server copy a body that passes untouched in the best way it
// knows (sendfile).
func (rw *responseWriter) ReadFrom(r io.Reader) (int64, error) {
	if rw.stage == headerPending && len(rw.Header()["Content-Type"]) > 0 {
		rw.WriteHeader(http.StatusOK)
	}
	if rw.stage == passing {
		rw.cookies.Apply(rw.Header())
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
	rw.cookies.Apply(rw.Header())
	switch {
	case rw.stage == sniffing && page.IsUntyped(rw.Header()) && !rw.sniffer.IsEmpty():
		if err := rw.sniff(true); err != nil {
			return err
		}
		return rw.FlushError()
	case rw.stage == sniffing, rw.stage == looking:
		return nil // the header too waits for what tells a page from a fragment, or one visitor's sheet from another's
	case rw.body.Began():
		if err := rw.body.Flush(); err != nil {
			return err
		}
	}
	return http.NewResponseController(rw.ResponseWriter).Flush()
}

// close ends the response when the handlers behind have returned, with their error.
func (rw *responseWriter) close(err error) {
	// Also the header of a response that was never begun, and trailers.
	rw.cookies.Apply(rw.Header())
	rw.cookies.ApplyTrailers(rw.Header())
	var sniffed error
	switch rw.stage {
	case headerPending:
		if err == nil { // the server writes the header, with what handlers have put into it
			rw.variant.Fields(rw.Header())
			rw.variant.AddStrictCSP(rw.Header())
		}
	case sniffing:
		sniffed = rw.sniff(true)
	case looking:
		rw.sheet.Ends(err == nil)
		sniffed = rw.looked()
	}
	if !rw.body.Began() {
		return
	}
	broken := rw.body.Close(err, sniffed)
	if rw.sheet != nil {
		rw.sheet.Rewritten(rw.body.Cost(), err == nil && broken == nil)
	} else {
		rw.record.Rewritten(rw.body.Cost())
	}
	if broken == nil {
		return
	}
	if op := (*net.OpError)(nil); errors.As(broken, &op) {
		broken = op.Err // the rest of its text names the visitor's address
	}
	rw.handler.logger.Debug("a page or a style sheet is incomplete, so its response was aborted", zap.String("path", rw.variant.Asked.Path), zap.Error(broken))
	// What went out must not look complete, as with the upstream's own breakage.
	panic(http.ErrAbortHandler)
}
