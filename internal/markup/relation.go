package markup

// relations are the link types by which a browser loads something or connects (HTML, section 4.6.7).
// inHeader tells those that count in a response's Link field too.
var relations = []struct {
	name     string
	inHeader bool
}{
	{"stylesheet", true}, {"preload", true}, {"modulepreload", true}, {"prefetch", true}, {"preconnect", true}, {"dns-prefetch", true},
	{"prerender", true}, {"compression-dictionary", true}, // RFC 9842, section 2.1
	{"icon", false}, {"apple-touch-icon", false}, {"apple-touch-icon-precomposed", false}, {"mask-icon", false}, {"manifest", false},
}

// Relations are the link types by which a <link> loads something or connects.
func Relations() []string {
	var names []string
	for _, r := range relations {
		names = append(names, r.name)
	}
	return names
}

// LinkLoads tells by the rel of a link whether it makes the browser load something or connect:
// of an element, or of a response's Link field.
func LinkLoads(rel []byte, inHeader bool) bool {
	for len(rel) > 0 {
		end := until(rel, space)
		if end == 0 {
			rel = rel[1:]
			continue
		}
		for _, r := range relations {
			if (r.inHeader || !inHeader) && equalFold(rel[:end], r.name) {
				return true
			}
		}
		rel = rel[end:]
	}
	return false
}
