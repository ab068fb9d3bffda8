package variant

import (
	"net/http"

	"github.com/caddy-consent/caddy-consent/internal/page"
)

// A navigation may lead to a download, or a picture: only the answer tells. Such an answer is the same for everybody, so
// that its conditions are the upstream's, and the rest of a download that broke off can be asked for.

// NoteOther remembers, by what tells this answer from others, that a navigation got one that is no document.
func (v *Variant) NoteOther(status int, h http.Header) {
	if status != http.StatusOK || !v.IsPage() || !page.IsSafe(v.Request) {
		return
	}
	for _, validator := range page.Validators(h) {
		v.Others.Store(string(v.validatedKey(nil, validator)), struct{}{})
	}
}

// isKnownOther tells whether a request is about one of these, of which a client has all or a part.
func (v *Variant) isKnownOther() bool {
	known := false
	for _, validator := range [...]string{page.Validator(v.Request.Header), v.Request.Header.Get("If-Range")} {
		if validator == "" {
			continue
		}
		var buffer [usualKey]byte
		if _, known = v.Others.Find(v.validatedKey(buffer[:0], validator)); !known {
			return false
		}
	}
	return known
}

// validatedKey appends the key of what is at this address, by its validator.
func (v *Variant) validatedKey(key []byte, validator string) []byte {
	key = append(append(key, v.Request.Host...), v.Asked.RequestURI()...)
	return append(append(key, ' '), validator...)
}
