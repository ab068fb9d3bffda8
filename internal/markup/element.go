package markup

// element is what the scanner knows of an element by its name.
type element struct {
	name  string
	flags flags
	// urls are the attributes from which it loads, or to which it sends.
	urls []urlAttribute
	// urlBits are the bits of their names.
	urlBits uint64
}

type flags uint16

const (
	// rawText: in the content of the element tags are not markup (RCDATA, RAWTEXT,
	// script data).
	isRawText flags = 1 << iota
	isPlaintext
	// isForeign: svg and math, which open foreign content.
	isForeign
	// loads: a rule may act on the element.
	loads
	// isMetadata: stays in the head, before and after its end tag ("in head" and
	// "after head" insertion modes).
	isMetadata
	// endsFrameset: the start tag, in the body, sets the parser's frameset-ok flag to
	// "not ok".
	endsFrameset
	// breaksOut: the start tag leaves foreign content (section 13.2.6.5).
	breaksOut
	// isVoid: has no content.
	isVoid
	// inForeign: an element of SVG or MathML.
	inForeign
	// holds: keeps what is in it apart from the document.
	holds
	// seldom: a link, of which there are many, and few that a rule may act on: those with a "ping".
	seldom
)

// everywhere are the flags that matter where the document's structure is settled:
// the body is open and the content is HTML.
const everywhere = isRawText | isPlaintext | isForeign | loads | seldom | holds

// Kind is how the URLs stand in an attribute's value.
type Kind uint8

const (
	PlainURL  Kind = iota
	SourceSet      // a list of image candidates
	Spaced         // a list with spaces between
	Animated       // a list with ";" between, as an animation takes one after the other
	Refresh        // of <meta http-equiv=refresh>
	Document       // no URL, but the document itself
)

type urlAttribute struct {
	name string
	kind Kind
	// when, if not nil, tells by the rest of the tag whether this one counts.
	when *condition

	nameToken // made of name
}

// elements are all that the scanner tells apart. Section numbers are those of the
// HTML standard; the attributes are those by which an element fetches (section 2.4)
// or submits (section 4.10.21). Loading tells the guard of them.
var elements = []element{
	{name: "html"},
	{name: "head", flags: breaksOut},
	{name: "body", flags: breaksOut | loads, urls: []urlAttribute{{name: "background"}}},
	{name: "frameset"},
	{name: "frame", flags: loads | isVoid, urls: []urlAttribute{{name: "src"}}},

	{name: "base", flags: isMetadata | isVoid | loads},
	{name: "basefont", flags: isMetadata | isVoid},
	{name: "bgsound", flags: isMetadata | isVoid},
	{name: "link", flags: isMetadata | isVoid | loads, urls: []urlAttribute{{name: "href", when: byRelation}, {name: "imagesrcset", kind: SourceSet, when: byRelation}}},
	{name: "meta", flags: isMetadata | isVoid | loads | breaksOut, urls: []urlAttribute{{name: "content", kind: Refresh, when: ofRefresh}}},
	{name: "title", flags: isMetadata | isRawText},
	{name: "style", flags: isMetadata | isRawText | loads},
	{name: "noframes", flags: isMetadata | isRawText},
	{name: "noscript", flags: isRawText},
	{name: "template", flags: isMetadata | holds},
	{name: "script", flags: isMetadata | isRawText | loads, urls: []urlAttribute{{name: "src"}, {name: "href", when: inSVG}, {name: "xlink:href", when: inSVG}}},

	{name: "textarea", flags: isRawText | endsFrameset},
	{name: "xmp", flags: isRawText | endsFrameset},
	{name: "iframe", flags: isRawText | endsFrameset | loads, urls: []urlAttribute{{name: "src"}, {name: "srcdoc", kind: Document}}},
	{name: "noembed", flags: isRawText},
	{name: "plaintext", flags: isPlaintext},

	{name: "svg", flags: isForeign},
	{name: "math", flags: isForeign},
	{name: "set", flags: loads | inForeign, urls: []urlAttribute{{name: "to", when: ofAddress}}},
	{name: "animate", flags: loads | inForeign, urls: []urlAttribute{{name: "to", when: ofAddress}, {name: "from", when: ofAddress}, {name: "by", when: ofAddress}, {name: "values", kind: Animated, when: ofAddress}}},
	{name: "use", flags: loads | inForeign, urls: []urlAttribute{{name: "href", when: inSVG}, {name: "xlink:href", when: inSVG}}},
	{name: "feimage", flags: loads | inForeign, urls: []urlAttribute{{name: "href", when: inSVG}, {name: "xlink:href", when: inSVG}}},
	// In HTML <image> is read as <img>; in SVG it is an element of its own.
	{name: "image", flags: endsFrameset | loads | isVoid, urls: []urlAttribute{{name: "src"}, {name: "srcset", kind: SourceSet}, {name: "href", when: inSVG}, {name: "xlink:href", when: inSVG}}},
	{name: "img", flags: endsFrameset | loads | isVoid | breaksOut, urls: []urlAttribute{{name: "src"}, {name: "srcset", kind: SourceSet}}},
	{name: "input", flags: endsFrameset | loads | isVoid, urls: []urlAttribute{{name: "src", when: ofImageInput}, {name: "formaction"}}},
	{name: "button", flags: endsFrameset | loads, urls: []urlAttribute{{name: "formaction"}}},
	{name: "form", flags: loads, urls: []urlAttribute{{name: "action"}}},
	{name: "embed", flags: endsFrameset | loads | isVoid | breaksOut, urls: []urlAttribute{{name: "src"}}},
	{name: "object", flags: endsFrameset | loads, urls: []urlAttribute{{name: "data"}}},
	{name: "video", flags: loads, urls: []urlAttribute{{name: "src"}, {name: "poster"}}},
	{name: "audio", flags: loads, urls: []urlAttribute{{name: "src"}}},
	{name: "source", flags: loads | isVoid, urls: []urlAttribute{{name: "src"}, {name: "srcset", kind: SourceSet}}},
	{name: "track", flags: loads | isVoid, urls: []urlAttribute{{name: "src"}}},

	// Of a link, what is told of its use counts; the link itself does not load.
	{name: "a", flags: loads | seldom | inForeign, urls: []urlAttribute{{name: "ping", kind: Spaced}}},
	{name: "area", flags: endsFrameset | isVoid | loads | seldom, urls: []urlAttribute{{name: "ping", kind: Spaced}}},

	// Browsers show this attribute of tables' parts as that of the body (section 15.3.9).
	{name: "table", flags: endsFrameset | breaksOut | loads, urls: []urlAttribute{{name: "background"}}},
	{name: "thead", flags: loads, urls: []urlAttribute{{name: "background"}}}, {name: "tbody", flags: loads, urls: []urlAttribute{{name: "background"}}},
	{name: "tfoot", flags: loads, urls: []urlAttribute{{name: "background"}}}, {name: "tr", flags: loads, urls: []urlAttribute{{name: "background"}}},
	{name: "td", flags: loads, urls: []urlAttribute{{name: "background"}}}, {name: "th", flags: loads, urls: []urlAttribute{{name: "background"}}},

	{name: "pre", flags: endsFrameset | breaksOut}, {name: "listing", flags: endsFrameset | breaksOut},
	{name: "li", flags: endsFrameset | breaksOut}, {name: "dd", flags: endsFrameset | breaksOut}, {name: "dt", flags: endsFrameset | breaksOut},
	{name: "applet", flags: endsFrameset}, {name: "marquee", flags: endsFrameset}, {name: "select", flags: endsFrameset},
	{name: "br", flags: endsFrameset | breaksOut | isVoid},
	{name: "keygen", flags: endsFrameset | isVoid}, {name: "wbr", flags: endsFrameset | isVoid}, {name: "hr", flags: endsFrameset | breaksOut | isVoid},
	{name: "col", flags: isVoid}, {name: "param", flags: isVoid},

	{name: "b", flags: breaksOut}, {name: "big", flags: breaksOut}, {name: "blockquote", flags: breaksOut}, {name: "center", flags: breaksOut},
	{name: "code", flags: breaksOut}, {name: "div", flags: breaksOut}, {name: "dl", flags: breaksOut}, {name: "em", flags: breaksOut},
	{name: "h1", flags: breaksOut}, {name: "h2", flags: breaksOut}, {name: "h3", flags: breaksOut}, {name: "h4", flags: breaksOut},
	{name: "h5", flags: breaksOut}, {name: "h6", flags: breaksOut}, {name: "i", flags: breaksOut}, {name: "menu", flags: breaksOut},
	{name: "nobr", flags: breaksOut}, {name: "ol", flags: breaksOut}, {name: "p", flags: breaksOut}, {name: "ruby", flags: breaksOut},
	{name: "s", flags: breaksOut}, {name: "small", flags: breaksOut}, {name: "span", flags: breaksOut}, {name: "strong", flags: breaksOut},
	{name: "strike", flags: breaksOut}, {name: "sub", flags: breaksOut}, {name: "sup", flags: breaksOut}, {name: "tt", flags: breaksOut},
	{name: "u", flags: breaksOut}, {name: "ul", flags: breaksOut}, {name: "var", flags: breaksOut},
	{name: "font"}, // breaks out with some attributes

	// The elements of SVG and MathML in which HTML may stand.
	{name: "foreignobject", flags: inForeign}, {name: "desc", flags: inForeign}, {name: "annotation-xml", flags: inForeign},
	{name: "mi", flags: inForeign}, {name: "mo", flags: inForeign}, {name: "mn", flags: inForeign}, {name: "ms", flags: inForeign}, {name: "mtext", flags: inForeign}, {name: "mglyph", flags: inForeign}, {name: "malignmark", flags: inForeign},
}

// byName finds an element by its packed name in a table with open addressing: a page has
// a tag every few dozen bytes.
var byName = func() (table [elementSlots]elementSlot) {
	for i := range elements {
		for k := range elements[i].urls {
			u := &elements[i].urls[k]
			u.nameToken = nameOf(u.name)
			elements[i].urlBits |= u.bit
		}
		packed := pack(elements[i].name)
		slot := slotOf(packed)
		for table[slot].packed != 0 {
			slot = (slot + 1) % elementSlots
		}
		table[slot] = elementSlot{packed, &elements[i], elements[i].flags}
	}
	return table
}()

const elementSlots = 1 << 10

type elementSlot struct {
	packed  uint64
	element *element
	flags   flags
}

func slotOf(packed uint64) uint64 { return spread(packed) >> 54 }

// spread makes the highest bits depend on all (Knuth, multiplicative hashing).
func spread(packed uint64) uint64 { return packed * 0x9e3779b97f4a7c15 }

// pack folds a name, in any case, into eight bytes; one of up to eight bytes is what it
// says. No byte but a letter becomes a letter by that.
func pack[T string | []byte](name T) (packed uint64) {
	for i := range len(name) {
		packed ^= uint64(name[i]|0x20) << (i % 8 * 8)
	}
	return packed
}

func slotNamed(packed uint64) *elementSlot {
	slot := slotOf(packed)
	for byName[slot].packed != packed && byName[slot].packed != 0 {
		slot = (slot + 1) % elementSlots
	}
	return &byName[slot]
}

// flagsOf returns those of the element with a name of up to eight bytes; none of one that
// makes no difference.
func flagsOf(packed uint64) flags { return slotNamed(packed).flags }

// elementNamed returns the element by its whole name, in any case; nil for one that makes no
// difference.
func elementNamed(packed uint64, name []byte) *element {
	e := slotNamed(packed).element
	if e == nil || len(name) > 8 && !equalFold(name, e.name) || len(name) != len(e.name) {
		return nil
	}
	return e
}

func named(name string) *element { return slotNamed(pack(name)).element }

// The elements that the scanner asks for by name.
var (
	elementHTML     = named("html")
	elementHead     = named("head")
	elementBody     = named("body")
	elementFrameset = named("frameset")
	elementBr       = named("br")
	elementP        = named("p")
	elementFont     = named("font")
	elementInput    = named("input")
	elementMeta     = named("meta")
	elementBase     = named("base")
	elementLink     = named("link")
	elementScript   = named("script")
	elementStyle    = named("style")
	elementNoscript = named("noscript")
	elementTemplate = named("template")
	elementTitle    = named("title")
	elementSVG      = named("svg")

	elementForeignObject = named("foreignobject")
	elementDesc          = named("desc")
	elementAnnotationXML = named("annotation-xml")
	elementMglyph        = named("mglyph")
	elementMalignmark    = named("malignmark")
)

// equalFold compares with a string in lower case, by ASCII's cases alone.
func equalFold(b []byte, lower string) bool {
	if len(b) != len(lower) {
		return false
	}
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

func hasPrefixFold(b []byte, lower string) bool {
	return len(b) >= len(lower) && equalFold(b[:len(lower)], lower)
}
