package notice

import "github.com/caddy-consent/caddy-consent/internal/csp"

// Needs are what a Content-Security-Policy must let through of what is inserted.
type Needs struct {
	// Page is for a page, Framed for a document in a frame, which has no notice, Kept for one that a service worker keeps.
	Page, Framed, Kept []csp.Need
}

// Needs are those of all pages.
func (r *Renderer) Needs() Needs { return r.needs }

func (r *Renderer) findNeeds() Needs {
	script := func(name string) csp.Need {
		path, hash := r.File(name)
		return csp.Need{Kind: csp.Script, Path: path, Hash: hash}
	}
	style, _ := r.File("style.css")
	release, _ := r.File("release.js") // which the guard loads, so that it needs no mark
	framed := []csp.Need{
		script("guard.js"),
		{Kind: csp.Script, Path: release},
		{Kind: csp.Frame, Path: r.options.Path.Placeholder()},
	}
	page := append(framed[:3:3],
		script("notice.js"),
		csp.Need{Kind: csp.Style, Path: style},
		csp.Need{Kind: csp.Connect, Path: r.options.Path.Choice()},
		csp.Need{Kind: csp.Connect, Path: r.options.Path.Settings()},
		csp.Need{Kind: csp.Form, Path: r.options.Path.Choice()},
	)
	return Needs{Page: page, Framed: framed, Kept: append([]csp.Need{script("kept.js")}, page[1:]...)}
}
