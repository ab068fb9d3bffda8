// Package visitor answers what the visitor's browser asks of the module itself: to
// make and to read a choice, the charter, the assets of the notice. It is plain
// net/http.
package visitor

import (
	"bytes"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/caddy-consent/caddy-consent/internal/choice"
	"github.com/caddy-consent/caddy-consent/internal/ledger"
	"github.com/caddy-consent/caddy-consent/internal/notice"
	"github.com/caddy-consent/caddy-consent/internal/policy"
)

// Handler serves the module's own URLs. All fields are needed but CharterPath.
type Handler struct {
	// Path is the prefix of the URLs; CharterPath is a further path of the charter,
	// which holds with and without a slash at its end.
	Path, CharterPath string
	Policy            *policy.Policy
	Book              *choice.Book
	Notice            *notice.Renderer
	Ledger            ledger.Ledger
	GPC               choice.GPC

	crossOrigin http.CrossOriginProtection
}

const gpcPath = "/.well-known/gpc.json"

// gpcSupport is what the GPC specification asks a site to publish; the date is
// when this module's support of it last changed.
const gpcSupport = `{"gpc":true,"lastUpdate":"2026-11-23"}` + "\n"

// Owns tells whether a path is answered here and never by the upstream.
func (h *Handler) Owns(path string) bool {
	if rest, ok := strings.CutPrefix(path, h.Path); ok && strings.HasPrefix(rest, "/") {
		return true
	}
	return h.isFurtherCharter(path) || path == gpcPath && h.GPC != choice.IgnoreGPC
}

func (h *Handler) isFurtherCharter(path string) bool {
	return h.CharterPath != "" && strings.TrimSuffix(path, "/") == h.CharterPath
}

func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if err := h.crossOrigin.Check(r); err != nil {
		fail(w, http.StatusForbidden, "A choice can only be made on the site itself: this request comes from another one.")
		return
	}
	path := r.URL.Path
	_, isAsset := h.Notice.Asset(path)
	switch {
	case path == h.Path+"/choice":
		if !allow(w, r, http.MethodGet, http.MethodHead, http.MethodPost) {
			return
		}
		if r.Method == http.MethodPost {
			h.choose(w, r)
		} else {
			h.state(w, r)
		}
	case path == h.Path+"/charter", h.isFurtherCharter(path):
		if allow(w, r, http.MethodGet, http.MethodHead) {
			h.charter(w, r)
		}
	case isAsset:
		if allow(w, r, http.MethodGet, http.MethodHead) {
			h.asset(w, r)
		}
	case path == gpcPath:
		if allow(w, r, http.MethodGet, http.MethodHead) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Cache-Control", "max-age=86400")
			serve(w, r, []byte(gpcSupport))
		}
	default:
		fail(w, http.StatusNotFound, "There is nothing here.")
	}
}

// visitor reads what the request tells of who sends it.
func (h *Handler) visitor(r *http.Request, now time.Time) notice.Visitor {
	refusing := h.GPC.Refuses(r.Header)
	c := h.Book.Read(r.Header["Cookie"], func() time.Time { return now })
	site := h.Policy.Site
	if site == "" {
		site = r.Host
	}
	return notice.Visitor{
		Language: h.Notice.Language(r),
		Site:     site,
		Choice:   c,
		InForce:  c.InForce(h.Policy, refusing),
		Refusing: refusing && c.State != choice.Given,
	}
}

func (h *Handler) charter(w http.ResponseWriter, r *http.Request) {
	v := h.visitor(r, time.Now())
	v.Return = r.URL.Path
	if back, ok := refererPath(r); ok && !h.Owns(strings.SplitN(back, "?", 2)[0]) {
		v.Return = back
	}
	body, err := h.Notice.Charter(v)
	if err != nil {
		fail(w, http.StatusInternalServerError, "The charter could not be written.")
		return
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Language", v.Language)
	header.Set("Cache-Control", "private, no-store")
	header.Add("Vary", "Cookie, Accept-Language, Sec-GPC")
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'self'")
	serve(w, r, body)
}

func (h *Handler) asset(w http.ResponseWriter, r *http.Request) {
	a, _ := h.Notice.Asset(r.URL.Path)
	w.Header().Set("Content-Type", a.ContentType)
	// The name changes with the bytes, so they can be kept for a year (RFC 8246).
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	// Pages load them under any <base> and cross-origin isolation.
	w.Header().Set("Cross-Origin-Resource-Policy", "same-origin")
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
	fail(w, http.StatusMethodNotAllowed, "This address takes "+strings.Join(methods, ", ")+".")
	return false
}

// fail answers with a plain sentence. It holds nothing that the client sent.
func fail(w http.ResponseWriter, status int, sentence string) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(sentence + "\n"))
}
