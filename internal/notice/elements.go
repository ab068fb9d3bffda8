package notice

import (
	"strings"

	"github.com/caddy-consent/caddy-consent/internal/markup"
)

// kinds are the signs behind an attribute's name for how addresses stand in it.
var kinds = map[markup.Kind]string{
	markup.PlainURL: "", markup.SourceSet: ",", markup.Spaced: "+", markup.Animated: ";", markup.Refresh: "=", markup.Document: "<",
}

// loading tells the guard which elements load from which attributes: for each attribute its name with
// the sign of its kind, and the elements, which are separated by spaces; "|" stands between attributes.
// An element of SVG has "!" before its name, one on which the attribute counts under a condition the
// rest of a selector behind it.
//
//	src script iframe img input[type=image] …|href link !script !use …|srcset, img source|…
func loading() string {
	var attributes []string
	elements := make(map[string]string)
	for _, l := range markup.Loading() {
		for _, a := range l.Attributes {
			name := a.Name + kinds[a.Kind]
			if elements[name] == "" {
				attributes = append(attributes, name)
			}
			mark := ""
			if l.SVG {
				mark = "!"
			}
			elements[name] += " " + mark + l.Name + a.When
		}
	}
	for i, name := range attributes {
		attributes[i] += elements[name]
	}
	return strings.Join(attributes, "|")
}

// relations are the link types that load, with a space between.
func relations() string { return strings.Join(markup.Relations(), " ") }
