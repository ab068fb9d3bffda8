// Package visitor answers what the visitor's browser asks of the module itself: to
// make and to read a choice, its receipt, the settings, the charter, what stands in place of frames, the
// assets of the notice, reports. It is plain net/http.
package visitor

import (
	"bytes"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/caddy-consent/caddy-consent/internal/choice"
	"github.com/caddy-consent/caddy-consent/internal/decision"
	"github.com/caddy-consent/caddy-consent/internal/endpoint"
	"github.com/caddy-consent/caddy-consent/internal/inventory"
	"github.com/caddy-consent/caddy-consent/internal/ledger"
	"github.com/caddy-consent/caddy-consent/internal/notice"
	"github.com/caddy-consent/caddy-consent/internal/page"
	"github.com/caddy-consent/caddy-consent/internal/policy"
)

// Handler serves the module's own URLs. CharterPath, Told and Trusts may be left out.
type Handler struct {
	// Path is the prefix of the URLs; CharterPath is a further path of the charter,
	// which holds with and without a slash at its end.
	Path        endpoint.Prefix
	CharterPath string
	Policy      *policy.Policy
	Codec       *choice.Codec
	Notice      *notice.Renderer
	Ledger      *ledger.Ledger
	// Decider says what a choice means.
	Decider *decision.Decider
	// Chosen is told of each choice, after the ledger.
	Chosen func(ledger.Entry)
	// Reported is told of each host that a browser reports as not loaded from, whose it is, and the
	// page's path.
	Reported func(host string, owner policy.Owner, path string)
	// Told is told of the names that a page holds, what the visitor grants, and the page's path; nil where pages are
	// not to tell of any.
	Told func(names inventory.Names, granted policy.Set, path string)

	// Trusts tells whether a proxy in front that sent the request is trusted to say how it came. With a nil Trusts
	// none is.
	Trusts func(*http.Request) bool

	crossOrigin http.CrossOriginProtection
	natives     natives
	reports     reports
}

// reports bounds how many reports are read: they come from anybody. Its zero value reads as many as it is to.
type reports struct {
	once    sync.Once
	limiter *rate.Limiter
}

// Bounds on reports of all visitors together.
const (
	reportsAtOnce    = 200
	reportsPerSecond = 20
)

// Allow tells whether one more may be read now.
func (r *reports) Allow() bool {
	r.once.Do(func() { r.limiter = rate.NewLimiter(reportsPerSecond, reportsAtOnce) })
	return r.limiter.Allow()
}

// gpcSupport is what the GPC specification asks a site to publish; the date is
// when this module's support of it last changed.
const gpcSupport = `{"gpc":true,"lastUpdate":"2026-11-23"}` + "\n"

// Owns tells whether a path is answered here and never by the upstream.
func (h *Handler) Owns(path string) bool {
	return h.Path.Owns(path) || h.isFurtherCharter(path) || path == endpoint.GPC && h.Decider.GPC != choice.IgnoreGPC
}

func (h *Handler) isFurtherCharter(path string) bool {
	return h.CharterPath != "" && strings.TrimSuffix(path, "/") == h.CharterPath
}

func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if host := h.site(r).Host; host != r.Host {
		shown := *r
		shown.Host = host // Origin and Referer name what the browser shows
		r = &shown
	}
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if err := h.crossOrigin.Check(r); err != nil {
		fail(w, http.StatusForbidden, "A choice can be made only on the site itself; this request came from another site.")
		return
	}
	path := r.URL.Path
	_, isAsset := h.Notice.Asset(path)
	switch {
	case path == h.Path.Choice():
		if !allow(w, r, http.MethodGet, http.MethodHead, http.MethodPost) {
			return
		}
		if r.Method == http.MethodPost {
			h.choose(w, r)
		} else {
			h.state(w, r)
		}
	case path == h.Path.Settings():
		if allow(w, r, http.MethodGet, http.MethodHead) {
			h.settings(w, r)
		}
	case path == h.Path.Charter(), h.isFurtherCharter(path):
		if allow(w, r, http.MethodGet, http.MethodHead) {
			h.charter(w, r)
		}
	case path == h.Path.Receipt():
		if allow(w, r, http.MethodGet, http.MethodHead) {
			h.receipt(w, r)
		}
	case path == h.Path.Placeholder():
		if allow(w, r, http.MethodGet, http.MethodHead) {
			h.placeholder(w, r)
		}
	case path == h.Path.Report():
		if allow(w, r, http.MethodPost) {
			h.report(w, r)
		}
	case path == h.Path.Inventory() && h.Told != nil:
		if allow(w, r, http.MethodPost) {
			h.inventory(w, r)
		}
	case isAsset:
		if allow(w, r, http.MethodGet, http.MethodHead) {
			h.asset(w, r)
		}
	case path == endpoint.GPC:
		if allow(w, r, http.MethodGet, http.MethodHead) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Cache-Control", "max-age=86400")
			serve(w, r, []byte(gpcSupport))
		}
	default:
		fail(w, http.StatusNotFound, "There is nothing here.")
	}
}

// site is where the visitor's browser shows the page.
func (h *Handler) site(r *http.Request) page.Site {
	return page.SiteOf(r, h.Trusts != nil && h.Trusts(r))
}

// visitor reads what the request tells of who sends it.
func (h *Handler) visitor(r *http.Request, now time.Time) notice.Visitor {
	c := h.Codec.Read(r.Header["Cookie"], func() time.Time { return now })
	d := h.Decider.Decide(c, h.Decider.GPC.Refuses(r.Header))
	site := h.Policy.Site
	if site == "" {
		site = r.Host
	}
	return notice.Visitor{
		Place:     notice.Place{Language: h.language(r), Site: site, OptOut: d.OptOut},
		Choice:    c,
		Effective: d.Effective,
	}
}

// language is the one that the module's own links name, else the visitor's, as the page that
// the request comes from has it.
func (h *Handler) language(r *http.Request) string {
	asked := r.URL
	if from, ok := page.RefererPath(r); ok {
		if page, err := url.Parse(from); err == nil {
			asked = page
		}
	}
	return h.inLanguage(r.URL.Query().Get("lang"), h.Notice.Language(r, asked).Tag)
}

// inLanguage is the language that was named, where there are texts in it, else the other.
func (h *Handler) inLanguage(named, other string) string {
	return h.Notice.On(named, notice.Language{Tag: other})
}

// origin is the page that the visitor comes from and goes back to: the one that the
// notice's form names, else the one that the browser says.
func (h *Handler) origin(r *http.Request) string {
	if from := r.URL.Query().Get("return"); page.IsPath(from) {
		return from
	}
	if from, ok := page.RefererPath(r); ok && !h.Owns(strings.SplitN(from, "?", 2)[0]) {
		return from
	}
	if lang := r.URL.Query().Get("lang"); lang != "" {
		return r.URL.Path + "?lang=" + url.QueryEscape(lang) // what comes after is in the same language
	}
	return r.URL.Path
}

func (h *Handler) charter(w http.ResponseWriter, r *http.Request) {
	h.document(w, r, h.Notice.Charter)
}

// settings is the notice with its settings open, for the script on pages that the
// visitor has answered before; or, for a page that a service worker has kept, what it would have come with. Who
// comes here without a script is better served by the charter.
func (h *Handler) settings(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Sec-Fetch-Dest") == "document" {
		w.Header().Set("Location", h.Path.Charter())
		w.WriteHeader(http.StatusSeeOther)
		return
	}
	h.document(w, r, func(v notice.Visitor) ([]byte, error) {
		if r.URL.Query().Has("origin") { // the script knows the page's <base>
			v.Origin = h.site(r).Origin()
		}
		if r.URL.Query().Has("shown") {
			return h.shown(v), nil
		}
		return h.Notice.Settings(v)
	})
}

// shown is the notice until there is a choice, then the control to come back to it.
func (h *Handler) shown(v notice.Visitor) []byte {
	v.Guarded = true
	if h.Decider.Decide(v.Choice, v.OptOut).Notice {
		return []byte(h.Notice.Notice(v.Place))
	}
	if h.Notice.Manages() {
		return []byte(h.Notice.Manage(v.Place))
	}
	return nil
}

const contentSecurityPolicy = "Content-Security-Policy"

// ownPolicy is what all documents of ours may load.
const ownPolicy = "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'"

// document answers with HTML that holds the visitor's choice.
func (h *Handler) document(w http.ResponseWriter, r *http.Request, render func(notice.Visitor) ([]byte, error)) {
	v := h.visitor(r, time.Now())
	v.Return = h.origin(r)
	body, err := render(v)
	if err != nil {
		fail(w, http.StatusInternalServerError, "This page could not be written.")
		return
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Language", v.Language)
	header.Set("Cache-Control", "private, no-store")
	header.Add("Vary", "Cookie, Accept-Language, Sec-GPC, Sec-Fetch-Dest, Sec-Fetch-Site")
	header.Set("X-Robots-Tag", "noindex")
	if header.Get(contentSecurityPolicy) == "" {
		header.Set(contentSecurityPolicy, ownPolicy+"; form-action 'self'; frame-ancestors 'self'")
	}
	serve(w, r, body)
}

func (h *Handler) asset(w http.ResponseWriter, r *http.Request) {
	a, _ := h.Notice.Asset(r.URL.Path)
	header := w.Header()
	header.Set("Content-Type", a.ContentType)
	// The name changes with the bytes, so they can be kept for a year (RFC 8246).
	header.Set("Cache-Control", "public, max-age=31536000, immutable")
	if !h.Notice.IsCurrent(r.URL.Path) {
		header.Set("Cache-Control", "no-store")
	}
	// They are public. A sandboxed page has an origin of its own and needs the guard all the same; modules
	// and what has an integrity="" are loaded by CORS there (Fetch, sections 3.3 and 3.7).
	header.Set("Cross-Origin-Resource-Policy", "cross-origin")
	header.Set("Access-Control-Allow-Origin", "*")
	header.Add("Vary", "Accept-Encoding")
	for _, coding := range []string{"br", "gzip"} {
		if page.Accepts(r.Header["Accept-Encoding"], coding) {
			header.Set("Content-Encoding", coding)
			serve(w, r, a.Encoded(coding))
			return
		}
	}
	serve(w, r, a.Body)
}

func serve(w http.ResponseWriter, r *http.Request, body []byte) {
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method != http.MethodHead {
		_, _ = bytes.NewReader(body).WriteTo(w)
	}
}

// allow answers methods that there are not with 405.
func allow(w http.ResponseWriter, r *http.Request, methods ...string) bool {
	if slices.Contains(methods, r.Method) {
		return true
	}
	w.Header().Set("Allow", strings.Join(methods, ", "))
	fail(w, http.StatusMethodNotAllowed, "This address accepts only "+strings.Join(methods, ", ")+".")
	return false
}

// fail answers with a plain sentence. It holds nothing that the client sent.
func fail(w http.ResponseWriter, status int, sentence string) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(sentence + "\n"))
}
