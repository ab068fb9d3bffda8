package policy

import (
	"fmt"
	"path"
	"strings"
)

// PathOwner is the declared service that answers at a path of the site, decoded as servers read it; Unknown where it is
// the site's own. The first service that lists the path has it.
func (p *Policy) PathOwner(asked string) Owner {
	if !p.hasPaths {
		return Unknown
	}
	plain := path.Clean("/" + asked) // servers differ in whether they pass over "//" and "/./"
	for i := range p.Services {
		for _, pattern := range p.Services[i].Paths {
			if pattern.Match(asked) || pattern.Match(plain) || strings.HasSuffix(asked, "/") && pattern.Match(plain+"/") {
				return Owner(i)
			}
		}
	}
	return Unknown
}

// HasPaths tells whether a declared service answers at paths of the site.
func (p *Policy) HasPaths() bool { return p.hasPaths }

// validPath refuses patterns of which no path is one, and those that would take the site from everybody.
func validPath(pattern Pattern) error {
	switch {
	case !strings.HasPrefix(string(pattern), "/"):
		return fmt.Errorf("path %q does not begin with \"/\"", pattern)
	case strings.ContainsAny(string(pattern), "?#%\\ \t"):
		return fmt.Errorf("path %q: a path alone, decoded, without query", pattern)
	case strings.Trim(string(pattern), "/*") == "":
		return fmt.Errorf("path %q would match every page of the site", pattern)
	}
	return nil
}
