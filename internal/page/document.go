// Package page tells which responses are pages that a visitor reads, and keeps
// their headers true when they are rewritten (RFC 9110, RFC 9111, Fetch metadata).
package page

import (
	"net/http"
	"slices"
	"strings"
)

// Destination is what an answer is for.
type Destination uint8

const (
	// DestSubresource is a script's fetch, an image: not the visitor.
	DestSubresource Destination = iota
	// DestWorker is a service worker, which may keep a document and show it later.
	DestWorker
	// DestFrame is the visitor's browser, for a frame of a page.
	DestFrame
	// DestDocument is the visitor, by Fetch metadata.
	DestDocument
	// DestUnknown is what may be a navigation of a browser that sends no Fetch
	// metadata (old, or the site is not served over https): it accepts HTML. Whether
	// it is, the response's first bytes tell.
	DestUnknown
)

// IsNavigation tells that it is the visitor who is shown the answer, as a page of its own.
func (a Destination) IsNavigation() bool { return a == DestDocument || a == DestUnknown }

// DestinationOf judges a request; workers are scripts that are known to be service workers.
func DestinationOf(r *http.Request, workers *Workers) Destination {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost:
	default:
		return DestSubresource
	}
	dest, told := FetchDest(r)
	switch dest {
	case "document":
		return DestDocument
	case "iframe", "frame", "fencedframe", "embed", "object":
		return DestFrame
	}
	// A service worker passes a navigation on without its destination (Fetch, section 5.4, the constructor).
	if mode, _ := metadata(r, "Sec-Fetch-Mode"); mode == "navigate" {
		return DestDocument
	}
	switch {
	case dest == "empty" && workers.Asks(r):
		return DestWorker
	case told, isScripts(r):
		return DestSubresource
	}
	for _, accept := range r.Header["Accept"] {
		if strings.Contains(accept, "text/html") {
			return DestUnknown
		}
	}
	return DestSubresource
}

// FetchDest is what a browser says that it asks for; told is false where it says nothing, or several things.
func FetchDest(r *http.Request) (dest string, told bool) { return metadata(r, "Sec-Fetch-Dest") }

// IsLoaded tells that an answer is loaded into a document, so that it becomes none itself, nor a worker.
func IsLoaded(r *http.Request) bool {
	switch dest, _ := FetchDest(r); dest {
	case "empty": // what does not say who asks may be a worker's
		return len(r.Header["Referer"]) > 0
	case "image", "style", "font", "script", "audio", "video", "track", "manifest", "json", "xslt", "audioworklet", "paintworklet", "report":
		return true
	}
	return false
}

// metadata is a field of Fetch metadata; told is false where it says nothing, or several things.
func metadata(r *http.Request, name string) (value string, told bool) {
	values := r.Header[name]
	if len(values) == 0 || values[0] == "" || slices.ContainsFunc(values, func(v string) bool { return v != values[0] }) {
		return "", false
	}
	return values[0], true
}

// isScripts tells by what libraries add to it that a script makes a request, where the browser says nothing: of
// what comes, it may take a piece.
func isScripts(r *http.Request) bool {
	for _, name := range SignsOfScripts[1:] {
		if len(r.Header[name]) > 0 {
			return true
		}
	}
	return strings.EqualFold(first(r.Header["X-Requested-With"]), "XMLHttpRequest")
}

// SignsOfScripts are the fields that tell of one: the first with the value XMLHttpRequest (Android's browsers in
// applications send others), the others with any.
var SignsOfScripts = []string{"X-Requested-With", "Hx-Request", "X-Pjax", "Turbo-Frame", "X-Up-Target"}

// FromElsewhere tells that a page of another site, or one without an origin, makes the browser ask.
func FromElsewhere(r *http.Request) bool {
	switch first(r.Header["Sec-Fetch-Site"]) {
	case "cross-site", "same-site":
		return true
	}
	return false
}

// IsWorker tells whether a request is for the script of a worker, which goes by a policy of its own
// (HTML, section 10.2.4).
func IsWorker(r *http.Request) bool {
	switch dest, _ := FetchDest(r); dest {
	case "worker", "sharedworker", "serviceworker":
		return true
	}
	return first(r.Header["Service-Worker"]) == "script"
}

// Document is what a response's header says of a document.
type Document struct {
	XHTML bool
	// Charset is the name of the encoding declared, "" where none is that browsers know.
	Charset string
}

// IsDocument tells whether a response carries a document that a browser displays: HTML or XHTML with a body of its
// own, not a part (206), not a download.
func IsDocument(status int, h http.Header) (Document, bool) {
	switch {
	case status < 200, status == http.StatusNoContent, status == http.StatusResetContent,
		status == http.StatusPartialContent, status == http.StatusNotModified,
		isFollowed(status) && first(h["Location"]) != "": // without showing it
		return Document{}, false
	}
	essence, charset := mediaType(h["Content-Type"])
	if essence != "text/html" && essence != "application/xhtml+xml" {
		return Document{}, false
	}
	if disposition, _, _ := strings.Cut(first(h["Content-Disposition"]), ";"); strings.EqualFold(strings.TrimSpace(disposition), "attachment") {
		return Document{}, false
	}
	return Document{XHTML: essence == "application/xhtml+xml", Charset: charset}, true
}

// isFollowed tells the redirects that browsers follow (Fetch, section 2.2.3, "redirect status").
func isFollowed(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// ForbidsChange tells that a response must not be transformed on its way (RFC 9111, section 5.2.2.6).
func ForbidsChange(h http.Header) bool { return hasDirective(h["Cache-Control"], "no-transform") }

// first is http.Header.Get for a name that is canonical already.
func first(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}

// hasDirective tells whether a comma-separated list has the token, in any case.
func hasDirective(values []string, token string) bool {
	for _, value := range values {
		for element := range strings.SplitSeq(value, ",") {
			if strings.EqualFold(strings.TrimSpace(element), token) {
				return true
			}
		}
	}
	return false
}
