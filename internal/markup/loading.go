package markup

// Loader is an element by which a page loads or sends.
type Loader struct {
	// Name is its local name in the browser's tree; SVG tells that it is one of SVG.
	Name string
	SVG  bool
	// Attributes are those from which it loads, or to which it sends.
	Attributes []Attribute
}

// Attribute is one from which an element loads.
type Attribute struct {
	Name string
	Kind Kind
	// When selects the elements on which it counts, of those with the name; "" are all. Of a <link>, Relations
	// say it.
	When string
}

// Loading are all of them: the elements of HTML and, apart, those of SVG.
func Loading() []Loader {
	var loaders []Loader
	for _, svg := range []bool{false, true} {
		for _, e := range elements {
			l := Loader{Name: nameInTree(e.name), SVG: svg}
			for _, u := range e.urls {
				a := Attribute{Name: u.name, Kind: u.kind}
				if u.when != nil {
					a.When = u.when.selector
				}
				if svg == (u.when == inSVG || u.when == ofAddress) {
					l.Attributes = append(l.Attributes, a)
				}
			}
			// In the tree an <image> of HTML is an <img>.
			if len(l.Attributes) > 0 && (svg || e.name != "image") {
				loaders = append(loaders, l)
			}
		}
	}
	return loaders
}

// nameInTree is the name that the parser gives an element of SVG (HTML, section 13.2.6.1, "adjust SVG tag names").
func nameInTree(name string) string {
	if name == "feimage" {
		return "feImage"
	}
	return name
}
