package markup

import "bytes"

// condition tells by the rest of a tag whether an attribute counts.
type condition struct {
	// selector says the same of an element in the browser's tree, where a selector can: in SVG
	// Selectors has no word for the namespace, and the relations are a list.
	selector string
	holds    func(t *startTag) bool
}

var (
	byRelation = &condition{"", func(t *startTag) bool {
		rel, _ := t.value(&nameRel)
		return LinkLoads(rel, false)
	}}
	inSVG     = &condition{"", func(t *startTag) bool { return t.foreign }}
	ofRefresh = &condition{"[http-equiv=refresh]", func(t *startTag) bool {
		pragma, _ := t.value(&nameHTTPEquiv)
		return equalFold(pragma, "refresh")
	}}
	ofImageInput = &condition{"[type=image]", func(t *startTag) bool {
		kind, _ := t.value(&nameType)
		return equalFold(kind, "image")
	}}
	// ofAddress: the animation is one of an address, by whatever prefix its name has.
	ofAddress = &condition{"[attributeName$=href]", func(t *startTag) bool {
		animated, _ := t.value(&nameAnimates)
		return t.foreign && bytes.HasSuffix(animated, []byte("href"))
	}}
)
