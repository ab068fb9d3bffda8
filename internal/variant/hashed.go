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
	v.Hashed.Store(v.hashedKey(sheet), struct{}{})
}

// isHashed tells whether a page demands the hash of what is asked for.
func (v *Variant) isHashed() bool {
	_, is := v.Hashed.Load(v.hashedKey(v.Asked))
	return is
}

func (v *Variant) hashedKey(u *url.URL) string { return v.site().Host + u.RequestURI() }

// IsHashedStyle tells whether a policy lets a style count by the hash of its text.
func (v *Variant) IsHashedStyle(nonce []byte, attribute bool) bool {
	if attribute {
		return v.styles.Attribute()
	}
	return v.styles.Element(string(nonce))
}
