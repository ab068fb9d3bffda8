package variant

import "net/url"

// A page may demand the hash of a style sheet (Subresource Integrity): the browser would refuse one that has changed. It
// gets the page first, so that it is known by then which sheets are left alone: for as long as the process runs, and as
// far as its markup says so.

// DemandsHash remembers a sheet of the site's own that the page demands the hash of.
func (v *Variant) DemandsHash(href []byte) {
	base, err := v.Asked.Parse(v.base)
	if err != nil {
		base = v.Asked
	}
	sheet, err := base.Parse(string(href))
	if err != nil || sheet.Host != "" && sheet.Host != v.site().Host {
		return
	}
	v.Hashed.Store(string(v.hashedKey(nil, sheet)), struct{}{})
}

// isHashed tells whether a page demands the hash of what is asked for.
func (v *Variant) isHashed() bool {
	var buffer [usualKey]byte
	_, is := v.Hashed.Find(v.hashedKey(buffer[:0], v.Asked))
	return is
}

// usualKey is as long as most keys are by which sheets are remembered.
const usualKey = 256

func (v *Variant) hashedKey(buffer []byte, u *url.URL) []byte {
	return append(append(buffer, v.site().Host...), u.RequestURI()...)
}

// IsHashedStyle tells whether a policy lets a style count by the hash of its text.
func (v *Variant) IsHashedStyle(nonce []byte, attribute bool) bool {
	if attribute {
		return v.styles.Attribute()
	}
	return v.styles.Element(string(nonce))
}
