// Package observe looks at what passes, for an operator who wants to know what the module would do. It edits nothing
// of a response: it looks at a copy of the header, and at the body when that has been written. Only a Watch adds a
// field, by which browsers tell what they load.
package observe

import (
	"io"
	"net/http"
	"net/url"

	"github.com/caddy-consent/caddy-consent/internal/choice"
	"github.com/caddy-consent/caddy-consent/internal/decision"
	"github.com/caddy-consent/caddy-consent/internal/markup"
	"github.com/caddy-consent/caddy-consent/internal/page"
	"github.com/caddy-consent/caddy-consent/internal/rewrite"
	"github.com/caddy-consent/caddy-consent/internal/telemetry"
	"github.com/caddy-consent/caddy-consent/internal/variant"
)

// A Response is written through to an http.ResponseWriter and looked at.
type Response struct {
	http.ResponseWriter
	// Nested is called where another instance of the module, behind this one, has made the response.
	Nested func()
	// Watch adds its field to some answers; nil for none.
	Watch *Watch

	variant variant.Variant
	cookies decision.Filter
	record  telemetry.Recorder
	isFinal bool         // the final header was written
	body    rewrite.Body // a copy of it, where it is a page or a style sheet
	sheet   *variant.Sheet
	err     error // what made the rest of that copy impossible
}

// Begin looks at a request: record is told which of its cookies would not be sent.
func (o *Response) Begin(site *variant.Site, r *http.Request, asked *url.URL, c choice.Choice, v *decision.Decision, record telemetry.Recorder) {
	o.record = record
	o.variant.Begin(site, r, asked, c, v, &o.record)
	o.cookies.Begin(v, r.Header["Cookie"], c.Made(), &o.record)
	v.Cookies(r.Header["Cookie"], &o.record)
}

// WriteHeader writes a header and looks at it.
func (o *Response) WriteHeader(status int) {
	o.look(status)
	o.ResponseWriter.WriteHeader(status)
}

// Write writes the next bytes of the body and looks at them.
func (o *Response) Write(p []byte) (int, error) {
	o.look(http.StatusOK)
	n, err := o.ResponseWriter.Write(p)
	if o.body.Began() && o.err == nil {
		_, o.err = o.body.Write(p[:n])
	}
	return n, err
}

// ReadFrom lets the server copy a body that is no page in the best way it knows (sendfile).
func (o *Response) ReadFrom(r io.Reader) (int64, error) {
	o.look(http.StatusOK)
	if to, ok := o.ResponseWriter.(io.ReaderFrom); ok && !o.body.Began() {
		return to.ReadFrom(r)
	}
	return io.Copy(struct{ io.Writer }{o}, r)
}

// FlushError sends what was written.
func (o *Response) FlushError() error {
	o.look(http.StatusOK)
	return http.NewResponseController(o.ResponseWriter).Flush()
}

// Push does so where the server can.
func (o *Response) Push(target string, options *http.PushOptions) error {
	if pusher, ok := o.ResponseWriter.(http.Pusher); ok {
		return pusher.Push(target, options)
	}
	return http.ErrNotSupported
}

// Unwrap is for http.ResponseController.
func (o *Response) Unwrap() http.ResponseWriter { return o.ResponseWriter }

// Close counts what was seen, when the handlers have returned.
func (o *Response) Close() {
	o.cookies.Observe(o.Header())
	o.cookies.ObserveTrailers(o.Header())
	if o.body.Began() && o.err == nil && o.body.Close(nil, nil) == nil {
		if o.sheet != nil {
			o.sheet.Rewritten(o.body.Cost(), true)
		} else {
			o.record.Rewritten(o.body.Cost())
		}
	}
}

// End frees what the Response holds, also when a handler has panicked.
func (o *Response) End() { o.body.End() }

// look looks at a copy of the header: at its cookies before every write, at the rest once.
func (o *Response) look(status int) {
	o.cookies.Observe(o.Header())
	if o.isFinal {
		return
	}
	h, v := o.Header().Clone(), &o.variant
	if 100 <= status && status < 200 && status != http.StatusSwitchingProtocols {
		v.Links(h)
		return
	}
	o.isFinal = true
	if status == http.StatusSwitchingProtocols {
		return
	}
	if v.Behind = page.IsEnforced(h); v.Behind {
		o.Nested()
	}
	v.Fields(h)
	if status == http.StatusNotModified {
		return
	}
	v.Workers.Note(v.Request, v.Asked.Path, h)
	v.NotePath(status)
	document, isDocument := page.IsDocument(status, h)
	v.Redirect(h, status)
	if page.ForbidsChange(h) || v.Request.Method == http.MethodHead {
		return
	}
	if watches(v, isDocument) {
		o.Watch.add(o.Header())
	}
	if !isDocument {
		if o.sheet = v.Sheet(status, h); o.sheet != nil {
			o.sheet.End()
			o.body.Read(o.sheet.Watched())
		}
	}
	if !isDocument || !v.IsPage() {
		return
	}
	if codings, ok := v.Decodable(h, document); ok {
		o.body.Read(markup.Page{Rules: v.Watching(), XML: document.XHTML, Charset: document.Charset != "", From: codings})
	}
}

var _ interface {
	http.ResponseWriter
	http.Pusher
	io.ReaderFrom
} = (*Response)(nil)
