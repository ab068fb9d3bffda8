package markup

import "bytes"

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

	foreign     bool // an element of SVG or MathML
	selfClosing bool
}

// attribute is one of a start tag, as it stands there.
type attribute struct {
	name, value []byte
	// The offsets in the tag: of the name, and of the value with its quotes.
	start, valueStart, end int
}

// attributeAfter reads the attribute that comes at or after i in a whole tag; ok is false
// where there is none. It reads by the same states as the tokeniser.
func (t *startTag) attributeAfter(i int) (a attribute, ok bool) {
	b := t.bytes
	for class[b[i]] == space || b[i] == '/' {
		i++
	}
	if b[i] == '>' {
		return a, false
	}
	a.start = i
	for i++; class[b[i]]&endsAttribute == 0; i++ {
	}
	a.name, a.end, a.valueStart = b[a.start:i], i, i
	for class[b[i]] == space {
		i++
	}
	if b[i] != '=' {
		return a, true
	}
	for i++; class[b[i]] == space; i++ {
	}
	a.valueStart = i
	switch quote := b[i]; quote {
	case '"', '\'':
		length := bytes.IndexByte(b[i+1:], quote)
		a.value, a.end = b[i+1:i+1+length], i+1+length+1
	default:
		for ; class[b[i]]&endsUnquoted == 0; i++ {
		}
		a.value, a.end = b[a.valueStart:i], i
	}
	return a, true
}

// attributes yields those of the tag, in order.
func (t *startTag) attributes(yield func(attribute) bool) {
	if t.bytes == nil {
		return
	}
	for a, ok := t.attributeAfter(t.nameEnd); ok && yield(a); a, ok = t.attributeAfter(a.end) {
	}
}

// value is the raw value of the attribute with that name in lower case; of several, the
// first counts.
func (t *startTag) value(name string) (value []byte, ok bool) {
	for a := range t.attributes {
		if equalFold(a.name, name) {
			return a.value, true
		}
	}
	return nil, false
}

func (t *startTag) has(name string) bool {
	_, ok := t.value(name)
	return ok
}

// linkLoads tells by the rel of a <link> whether it makes the browser load something or
// connect.
func linkLoads(t *startTag) bool {
	rel, _ := t.value("rel")
	for word := range bytes.FieldsFuncSeq(rel, func(r rune) bool { return r < 0x80 && class[r] == space }) {
		for _, loading := range []string{"stylesheet", "preload", "modulepreload", "prefetch", "preconnect", "dns-prefetch", "prerender",
			"icon", "apple-touch-icon", "apple-touch-icon-precomposed", "mask-icon", "manifest"} {
			if equalFold(word, loading) {
				return true
			}
		}
	}
	return false
}

func isRefresh(t *startTag) bool {
	pragma, _ := t.value("http-equiv")
	return equalFold(pragma, "refresh")
}

func isImageInput(t *startTag) bool {
	kind, _ := t.value("type")
	return equalFold(kind, "image")
}

// hasNoDocument tells that the src of an <iframe> counts (section 4.8.5).
func hasNoDocument(t *startTag) bool { return !t.has("srcdoc") }

func isSVG(t *startTag) bool { return t.foreign }

// runs tells whether the text or the file of a <script> is a script: a JavaScript MIME
// type, none at all, or a module (section 4.12.1.1, "prepare the script element").
func (t *startTag) runs() bool {
	kind, typed := t.value("type")
	if !typed {
		if kind, typed = t.value("language"); !typed || len(kind) == 0 {
			return true
		}
		return isJavaScript(append([]byte("text/"), kind...))
	}
	kind = bytes.Trim(kind, " \t\n\f\r")
	return len(kind) == 0 || equalFold(kind, "module") || isJavaScript(kind)
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
