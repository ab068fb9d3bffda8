package policy

import (
	"net/url"
	"path"
	"slices"
	"strings"
)

// PathSign is an address of a site at which a well-known service answers under the site's own name, such as
// "*/g/collect?v=2&tid=G-*": a pattern of the path, decoded, and parameters that the query must have. One without "="
// may have any value.
type PathSign string

func (s PathSign) parts() (pattern Pattern, query string) {
	text, query, _ := strings.Cut(string(s), "?")
	return Pattern(text), query
}

// last is the last segment of its path.
func (s PathSign) last() string {
	pattern, _ := s.parts()
	return path.Base(string(pattern))
}

// match tells whether an address has the sign; query is as it was sent.
func (s PathSign) match(asked, query string) bool {
	pattern, wanted := s.parts()
	if !pattern.Match(asked) {
		return false
	}
	if wanted == "" {
		return true
	}
	const longest = 8 << 10
	if len(query) > longest {
		return false
	}
	given, _ := url.ParseQuery(query) // what of it cannot be read is left out
	for parameter := range strings.SplitSeq(wanted, "&") {
		name, value, valued := strings.Cut(parameter, "=")
		if !given.Has(name) || valued && !Pattern(value).Match(given.Get(name)) {
			return false
		}
	}
	return true
}

// ownPaths finds the sign of an address by the last segment of its path.
type ownPaths struct {
	exact  map[string][]claimedPath
	others []claimedPath // with a star in it
}

type claimedPath struct {
	PathSign
	service Service
}

func (o *ownPaths) add(s Service) {
	if o.exact == nil {
		o.exact = make(map[string][]claimedPath)
	}
	for _, sign := range s.OwnPaths {
		claim := claimedPath{sign, s}
		if last := sign.last(); strings.Contains(last, "*") {
			o.others = append(o.others, claim)
		} else {
			o.exact[last] = append(o.exact[last], claim)
		}
	}
}

// KnownPath is the well-known service that answers at such a path of sites, decoded, with a query as it was sent; "" for none.
// pattern is how a service lists the path: alone, or all below a folder that is named after the service. seen is the path
// with what told of it, never with what a visitor sent, and is known in the same way.
func (c *Catalogue) KnownPath(asked, query string) (id string, pattern Pattern, seen string) {
	claims := c.ownPaths.exact[asked[strings.LastIndexByte(asked, '/')+1:]]
	for _, claims := range [...][]claimedPath{claims, c.ownPaths.others} {
		for _, claim := range claims {
			if claim.match(asked, query) {
				return claim.found(asked)
			}
		}
	}
	return "", "", ""
}

func (c claimedPath) found(asked string) (id string, pattern Pattern, seen string) {
	const longest = 200
	if len(asked) > longest || strings.Contains(asked, "*") || validPath(Pattern(asked)) != nil {
		return "", "", "" // no line could list it
	}
	seen, pattern = asked, Pattern(asked)
	if _, query := c.parts(); query != "" {
		seen += "?" + query
	}
	folder := path.Dir(asked)
	if slices.Contains(c.service.folders(), path.Base(folder)) {
		pattern = Pattern(folder + "/*")
	}
	return c.service.ID, pattern, seen
}

// folders are names of folders in which the service stands alone: its id, and those of its files.
func (s Service) folders() []string {
	names := []string{s.ID}
	for _, sign := range s.OwnPaths {
		if name, _, isFile := strings.Cut(sign.last(), "."); isFile {
			names = append(names, name)
		}
	}
	return names
}

// sitesPaths are addresses that sites have themselves.
var sitesPaths = strings.Fields(`
	/ /index.html /index.php /js/script.js /script.js /static/js/main.js /assets/app.js /js/analytics.js /analytics.js
	/stats.js /js/stats.js /tracker.js /track /tracking /event /events /api/event /api/events /api/send /send /collect
	/collect?id=1 /g/collect /gtag/js /gtm.js /pixel.gif /p.gif /hit /beacon /log /ping /count.js /data.js /tag.js
	/container.js /main.css /api/v2/catalog/datasets?v=2 /search?v=1&tid=2 /explore/embed.js`)

// checkOwnPaths finds signs that addresses of sites may have that are nobody else's.
func (s locatedService) checkOwnPaths() error {
	for i, sign := range s.OwnPaths {
		pattern, _ := sign.parts()
		text := strings.TrimPrefix(string(pattern), "*")
		switch {
		case !strings.HasPrefix(text, "/") || strings.ContainsAny(text, "%\\# \t"):
			return invalid(string(sign), `own path %q: a path, or "*/" and its end, such as */matomo.js`, sign)
		case len(strings.ReplaceAll(sign.last(), "*", "")) < 2 || strings.Count(text, "*") > 1:
			return invalid(string(sign), "own path %q: a name at its end, with one star in it at most", sign)
		case slices.Contains(s.OwnPaths[:i], sign):
			return invalid(string(sign), "own path %q stands twice", sign)
		}
		for _, address := range sitesPaths {
			asked, query, _ := strings.Cut(address, "?")
			if sign.match(asked, query) || sign.match("/x"+asked, query) {
				return invalid(string(sign), "own path %q would match %s, which may be the site's own", sign, address)
			}
		}
	}
	return nil
}
