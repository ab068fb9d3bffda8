package markup

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// startTag is the current start tag.
type startTag struct {
	element *element
	packed  uint64 // the element's name, also of one that makes no difference
	// offset is that of its "<", nameEnd that of the byte behind its name, relative to it.
	offset  int64
	nameEnd int
	// held tells that the tag is undecided until its end. Then bytes is the whole of it.
	held  bool
	bytes []byte
	// asked tells that its attributes make a difference besides style.
	asked bool
	// marked tells that it has got the attributes of a mark.
	marked bool
	spans  []span // of its attributes
	names  uint64 // the bits of their names

	foreign     bool // an element of SVG or MathML
	selfClosing bool
	counting    uint8 // a bit for each of the element's URL attributes that counts
}

// count finds out which URL attributes of the element count.
func (t *startTag) count() {
	t.counting = 0
	for i := range t.element.urls {
		if when := t.element.urls[i].when; when == nil || when.holds(t) {
			t.counting |= 1 << i
		}
	}
}

func (t *startTag) counts(i int) bool { return t.counting&(1<<i) != 0 }

// span is where an attribute stands in its tag: its name from start to nameEnd, its value, with
// its quotes, from valueStart to end. packed is its name, folded.
type span struct {
	packed                          uint64
	start, nameEnd, valueStart, end int32
}

// nameToken is the name of an attribute that is asked for.
type nameToken struct {
	text   string // in lower case
	packed uint64
	bit    uint64
}

func nameOf(text string) nameToken {
	packed := pack(text)
	return nameToken{text, packed, nameBit(packed)}
}

// nameBit is one of 64 bits by which it is soon seen that a tag has no attribute of a name.
func nameBit(packed uint64) uint64 { return 1 << (spread(packed) >> 58) }

// The attributes that are asked for besides those that hold URLs.
var (
	nameLang      = nameOf("lang")
	nameXMLLang   = nameOf("xml:lang")
	nameType      = nameOf("type")
	nameLanguage  = nameOf("language")
	nameRel       = nameOf("rel")
	nameHref      = nameOf("href")
	nameIntegrity = nameOf("integrity")
	nameSandbox   = nameOf("sandbox")
	nameAMP       = nameOf("amp")
	nameBolt      = nameOf("\u26a1") // which stands for amp
	nameSrc       = nameOf("src")
	nameHTTPEquiv = nameOf("http-equiv")
	nameAnimates  = nameOf("attributename")
	nameContent   = nameOf("content")
	nameCharset   = nameOf("charset")
	nameEncoding  = nameOf("encoding")
	nameColor     = nameOf("color")
	nameFace      = nameOf("face")
	nameSize      = nameOf("size")
	nameStyle     = nameOf("style")
	nameNonce     = nameOf("nonce")
)

// maxAttributes bounds what is noted of a tag.
const maxAttributes = 4096

// read notes the attributes of the whole tag, by the same states as the tokeniser. It returns
// false where there are too many.
func (t *startTag) read() bool {
	b := t.bytes
	t.spans, t.names = t.spans[:0], 0
	for i := t.nameEnd; ; {
		for class[b[i]]&(space|slash) != 0 {
			i++
		}
		if b[i] == '>' {
			return true
		}
		if len(t.spans) == maxAttributes {
			return false
		}
		a := span{start: int32(i)}
		i, a.packed = attributeNameAt(b, i)
		a.nameEnd, a.valueStart, a.end = int32(i), int32(i), int32(i)
		for class[b[i]] == space {
			i++
		}
		if b[i] == '=' {
			for i++; class[b[i]] == space; i++ {
			}
			a.valueStart = int32(i)
			switch quote := b[i]; quote {
			case '"', '\'':
				i += bytes.IndexByte(b[i+1:], quote) + 2
			default:
				i += until(b[i:], endsUnquoted)
			}
			a.end = int32(i)
		}
		t.spans = append(t.spans, a)
		t.names |= nameBit(a.packed)
	}
}

// attributeNameAt returns where the attribute name that begins at i ends, and the name
// packed. A "=" in the first place belongs to it.
func attributeNameAt(b []byte, i int) (end int, packed uint64) {
	if i+8 <= len(b) && b[i] != '=' {
		word := binary.LittleEndian.Uint64(b[i:])
		equalsSigns := word ^ (ones * '=')
		ends := nameEnds(word) | (equalsSigns-ones)&^equalsSigns&(ones*0x80)
		length := bits.TrailingZeros64(ends) >> 3
		if ends != 0 && class[b[i+length]]&endsAttribute != 0 {
			return i + length, fold(word, length)
		}
	}
	end = i + 1 + until(b[i+1:], endsAttribute)
	return end, pack(b[i:end])
}

func (t *startTag) is(a span, name *nameToken) bool {
	return a.packed == name.packed && int(a.nameEnd-a.start) == len(name.text) && (len(name.text) <= 8 || equalFold(t.name(a), name.text))
}

func (t *startTag) name(a span) []byte { return t.bytes[a.start:a.nameEnd] }

// valueOf is the raw value, without quotes.
func (t *startTag) valueOf(a span) []byte {
	v := t.bytes[a.valueStart:a.end]
	if len(v) >= 2 && (v[0] == '"' || v[0] == '\'') {
		v = v[1 : len(v)-1]
	}
	return v
}

// find finds the attribute with that name; of several, the first counts.
func (t *startTag) find(name *nameToken) (a span, ok bool) {
	if t.names&name.bit == 0 {
		return span{}, false
	}
	for _, a := range t.spans {
		if t.is(a, name) {
			return a, true
		}
	}
	return span{}, false
}

// value is the value of that attribute.
func (t *startTag) value(name *nameToken) (value []byte, ok bool) {
	a, ok := t.find(name)
	if !ok {
		return nil, false
	}
	return decoded(t.valueOf(a)), true
}

func (t *startTag) has(name *nameToken) bool {
	_, ok := t.value(name)
	return ok
}

// runs tells whether the text or the file of a <script> is a script: a JavaScript MIME
// type, none at all, or a module (section 4.12.1.1, "prepare the script element"), or one that Partytown
// runs in a worker.
func (t *startTag) runs() bool {
	kind, typed := t.value(&nameType)
	if !typed {
		if kind, typed = t.value(&nameLanguage); !typed || len(kind) == 0 {
			return true
		}
		return isJavaScript(append([]byte("text/"), kind...))
	}
	kind = bytes.Trim(kind, whitespace)
	return len(kind) == 0 || equalFold(kind, "module") || equalFold(kind, "text/partytown") || isJavaScript(kind)
}

// isInert tells whether a <script> has the type with which authors, and withhold, keep it from running.
func (t *startTag) isInert() bool {
	kind, _ := t.value(&nameType)
	return equalFold(bytes.Trim(kind, whitespace), "text/plain")
}

// isJavaScript knows the MIME types of the MIME Sniffing standard, section 4.6.
func isJavaScript(kind []byte) bool {
	slash := bytes.IndexByte(kind, '/')
	if slash < 0 || !equalFold(kind[:slash], "text") && !equalFold(kind[:slash], "application") {
		return false
	}
	text, subtype := slash == len("text"), kind[slash+1:]
	for _, name := range []string{"javascript", "ecmascript", "x-javascript", "x-ecmascript"} {
		if equalFold(subtype, name) {
			return true
		}
	}
	for _, name := range []string{"jscript", "livescript", "javascript1.0", "javascript1.1", "javascript1.2", "javascript1.3", "javascript1.4", "javascript1.5"} {
		if text && equalFold(subtype, name) {
			return true
		}
	}
	return false
}
