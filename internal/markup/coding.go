package markup

import "strings"

// Coding is the content coding in which pages are decoded and encoded again
// (RFC 9110, section 8.4.1).
const Coding = "gzip"

// Decodes tells whether a page with that Content-Encoding can be decoded.
func Decodes(coding string) bool {
	return strings.EqualFold(coding, Coding) || strings.EqualFold(coding, "x-gzip")
}
