package decision

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/caddy-consent/caddy-consent/internal/page"
)

const setCookie = "Set-Cookie"

// A Filter keeps a response's Set-Cookie lines to those that may pass. Apply it before every write: encode and
// HTTP/3's server send the header late, so that a line which a handler adds after WriteHeader would still show.
type Filter struct {
	decision *Decision
	sent     []string
	chosen   time.Time
	recorder Recorder
	left     []string // a copy of the lines that were left, or observed, which are not judged again
}

// Begin makes it the filter of a response. Sent are the Cookie field values of its request, chosen is when the
// visitor chose, the zero time where nobody knows.
func (f *Filter) Begin(v *Decision, sent []string, chosen time.Time, recorder Recorder) {
	clear(f.left)
	*f = Filter{v, sent, chosen, recorder, f.left[:0]}
}

// Apply filters the header's lines that it has not left before. Where a service's pass, no shared cache may have them for
// visitors who have refused it.
func (f *Filter) Apply(h http.Header) {
	if !foldSetCookie(h) || slices.Equal(h[setCookie], f.left) {
		return
	}
	judged, unseen := f.unseen(h[setCookie])
	kept, services := f.decide(h, unseen)
	if services {
		page.Unshare(h)
	}
	setLines(h, setCookie, judged, kept)
	f.left = append(f.left[:0], h[setCookie]...)
}

// unseen parts lines into those that were left, or observed, before, and those that are new.
func (f *Filter) unseen(lines []string) (judged, unseen []string) {
	if n := len(f.left); len(lines) >= n && slices.Equal(lines[:n], f.left) {
		return lines[:n], lines[n:]
	}
	return nil, lines
}

// setLines makes a field that of these lines.
func setLines(h http.Header, name string, judged, kept []string) {
	lines := kept
	if len(judged) > 0 {
		lines = append(slices.Clip(judged), kept...)
	}
	if len(lines) == 0 {
		delete(h, name)
	} else {
		h[name] = lines
	}
}

// ApplyTrailers filters those of trailers that were not announced. Announced ones stand among the header's fields.
func (f *Filter) ApplyTrailers(h http.Header) {
	if lines := h[setCookieTrailer]; len(lines) > 0 {
		kept, _ := f.decide(h, lines)
		setLines(h, setCookieTrailer, nil, kept)
	}
}

// Add adds lines of ours, which are not filtered.
func (f *Filter) Add(h http.Header, lines ...string) {
	if len(lines) > 0 {
		h[setCookie] = append(h[setCookie], lines...)
		f.left = append(f.left, lines...)
	}
}

// Observe tells the recorder what Apply would do, and changes nothing.
func (f *Filter) Observe(h http.Header) {
	if lines := spelledAnyhow(h, setCookie); !slices.Equal(lines, f.left) {
		_, unseen := f.unseen(lines)
		f.decide(h, unseen)
		f.left = slices.Clone(lines)
	}
}

// ObserveTrailers does so for ApplyTrailers.
func (f *Filter) ObserveTrailers(h http.Header) {
	f.decide(h, spelledAnyhow(h, setCookieTrailer))
}

// spelledAnyhow are the lines of a field under all spellings of its name, in an order that stays: what a handler adds later
// under the usual one comes last. They are the header's own where there is no other.
func spelledAnyhow(h http.Header, name string) []string {
	var others []string
	for field := range h {
		if field != name && canonical(field) == name {
			others = append(others, field)
		}
	}
	if others == nil {
		return h[name]
	}
	slices.Sort(others)
	var lines []string
	for _, field := range append(others, name) {
		lines = append(lines, h[field]...)
	}
	return lines
}

func (f *Filter) decide(h http.Header, lines []string) (kept []string, services bool) {
	x := Exchange{Sent: f.sent, Chosen: f.chosen, Now: time.Now()}
	if dates := h["Date"]; len(dates) > 0 {
		x.Date = dates[0]
	}
	return f.decision.SetCookies(lines, x, f.recorder)
}

// foldSetCookie moves lines that a handler set under another spelling of the name to where they are looked for; those of
// trailers too. It tells whether the header has lines at all.
func foldSetCookie(h http.Header) (found bool) {
	for field, lines := range h {
		name := canonical(field)
		if name == "" {
			continue
		}
		found = found || name == setCookie
		if field != name {
			delete(h, field)
			h[name] = append(h[name], lines...)
		}
	}
	return found
}

// setCookieTrailer is the field of trailers that were not announced.
const setCookieTrailer = http.TrailerPrefix + setCookie

// canonical is the name of a field that is Set-Cookie, or that of trailers, in whatever spelling; "" for all others. Go does
// not canonicalise what a handler puts into the map itself.
func canonical(field string) string {
	switch {
	case len(field) == len(setCookie) && strings.EqualFold(field, setCookie):
		return setCookie
	case len(field) == len(setCookieTrailer) && strings.HasPrefix(field, http.TrailerPrefix) &&
		strings.EqualFold(field[len(http.TrailerPrefix):], setCookie):
		return setCookieTrailer
	}
	return ""
}
