package notice

import (
	"slices"

	"github.com/caddy-consent/caddy-consent/internal/csp"
)

// Resources are what a Content-Security-Policy must let through of what is inserted.
type Resources struct {
	// Page is for a page, Framed for a document in a frame, which has no notice, Kept for one that a service worker keeps.
	Page, Framed, Kept []csp.Resource
}

// Resources are those of all pages.
func (r *Renderer) Resources() Resources { return r.resources }

func (r *Renderer) findResources() Resources {
	script := func(name string) csp.Resource {
		path, hash := r.File(name)
		return csp.Resource{Kind: csp.Script, Path: path, Hash: hash}
	}
	style, _ := r.File("style.css")
	release, _ := r.File("release.js") // which the guard loads, so that it needs no mark
	framed := []csp.Resource{
		script("guard.js"),
		{Kind: csp.Script, Path: release},
		{Kind: csp.Frame, Path: r.options.Path.Placeholder()},
	}
	if path := r.options.Guard.Tells; path != "" {
		framed = append(framed, csp.Resource{Kind: csp.Connect, Path: path})
	}
	page := append(slices.Clone(framed),
		script("notice.js"),
		csp.Resource{Kind: csp.Style, Path: style},
		csp.Resource{Kind: csp.Connect, Path: r.options.Path.Choice()},
		csp.Resource{Kind: csp.Connect, Path: r.options.Path.Settings()},
		csp.Resource{Kind: csp.Form, Path: r.options.Path.Choice()},
	)
	return Resources{Page: page, Framed: framed, Kept: append([]csp.Resource{script("kept.js")}, page[1:]...)}
}
