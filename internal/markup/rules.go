// Package markup rewrites HTML as it streams by: a scanner finds the few places
// where something is to change and yields edits, an applier makes the output. It
// tokenises as the WHATWG HTML standard does (section 13.2.5; the states have the
// standard's names) and knows nothing of what is inserted or withheld, or why.
package markup

import "github.com/caddy-consent/caddy-consent/internal/deflate"

// Edit says to replace Length bytes of the page at Offset.
type Edit = deflate.Edit

// Rules are what is to be done with a page. The zero value changes nothing.
type Rules struct {
	// Head is inserted once, first in the head: right after the <head> start tag, or
	// where the parser implies it.
	Head string

	// Body is asked once for what is inserted where the content of the body begins: right
	// after the <body> start tag, or where the parser implies it; never in a frameset
	// document. It is told the language that the page says it is in (the lang attribute of
	// <html>), empty where it says none; the bytes are valid during the call only. With a nil
	// Body nothing is inserted.
	Body func(lang []byte) string

	// Document is asked, for each document in the srcdoc of a frame in which something changes and scripts run,
	// what is inserted first there; the frame gets DocumentMark. With a nil Document neither is inserted.
	Document     func() string
	DocumentMark string

	// Base is told the href of a <base> that counts, as it is parsed, before what stands behind it; also of
	// one in the document of a frame, for what is in that. A nil Base is not told.
	Base func(href []byte)

	// Hashes knows what counts by the hash of its text. It is not asked with a nil Host; with a nil Hashes nothing does.
	Hashes Hashes

	// Host is told each host from which an element of the page would load, or to
	// which it would send, by itself, also as the text of a module, of an import map, of speculation
	// rules or of a style sheet names it; in lower case, in ASCII, without port. What it
	// returns is how the element is withheld; nil leaves it. The bytes are valid
	// during the call only. With a nil Host no element is looked at.
	Host func(host []byte) *Mark

	// Path is told the path of each such address on the page's own host, which Site is, decoded, without dot segments,
	// and its query as it stands, "" for none. It returns what Host does, and is asked first. Page is the path of the page, as it was asked for. With a nil
	// Path none is told.
	Path func(path, query string) *Mark
	Site string
	Page string

	// Script is told the text of each inline script, as long as it is not over 256 KiB,
	// and returns how it is withheld; nil leaves it. Data blocks are no scripts. The
	// bytes are valid during the call only.
	Script func(text []byte) *Mark

	// Frame is asked for what a frame that is withheld shows in place of what its src names, or
	// "" where it has none: attributes for its start tag, with a space before each. The bytes are
	// valid during the call only. With a nil Frame it shows nothing.
	Frame func(mark *Mark, src []byte) string

	// Scheme is the page's own, in lower case, against which an address such as https:x is resolved; "" where
	// nobody knows, and then that x counts for a host.
	Scheme string

	// Meta is told the content of each <meta http-equiv=content-security-policy>, and returns what
	// becomes of it, in ASCII. With a nil Meta it stays.
	Meta func(content []byte) string

	// Prefix is what the URL attributes of an element that is withheld, and the type of a
	// script, get before their names: "data-x-" makes src data-x-src.
	Prefix string

	// Known remembers what of earlier pages made no difference. Alike tells the rules apart: where it is the same, Known
	// is, and the same fields are set, Script returns the same for the same text. With a nil Known all is read.
	Known *Known
	Alike uint64

	// Gate is the attribute with which an author marks an element that waits to be
	// activated, in lower case. Granted is asked with its value; where it returns a mark, the
	// element is activated: its attributes lose Prefix, and a script its type where that is text/plain. With a
	// nil Granted nothing is activated.
	Gate    string
	Granted func(value []byte) *Mark
}

// Hashes knows what of a page counts by the hash of its text, so that a changed one would not count. The bytes are valid
// during the call only.
type Hashes interface {
	// DemandsHash is told the href of a <link> that demands a hash of what it loads (Subresource Integrity).
	DemandsHash(href []byte)
	// IsHashedStyle tells whether a policy lets a <style> with that nonce, or a style attribute, count by its hash. It
	// passes then.
	IsHashedStyle(nonce []byte, attribute bool) bool
}

// Mark is how an element that is withheld or activated is told apart.
type Mark struct {
	// Attributes are added to its start tag, each with a space before it.
	Attributes string
}

// Passed counts what of a page passed without being looked at.
type Passed struct {
	// Tags were longer than 64 KiB, or had more than 4096 attributes.
	Tags int
	// Texts of scripts, style and noscript elements were longer than 256 KiB, or nested too
	// deep; so are addresses in style sheets longer than 64 KiB, styles that count by their hash, and a <style> of
	// SVG or XHTML that holds more than text.
	Texts int
	// Encoding is the character encoding, named by the page itself, for which the page
	// was left alone; "" where it was not.
	Encoding string
	// AMP tells that the page was left alone because it is one of AMP, which allows no scripts of others.
	AMP bool
}

const (
	maxTag  = 64 << 10
	maxText = 256 << 10
	// maxNested bounds documents in srcdoc attributes in documents.
	maxNested = 4
)

// elements tells whether a rule looks at elements.
func (r *Rules) elements() bool { return r.Host != nil || r.Script != nil || r.Granted != nil }
