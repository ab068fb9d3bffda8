package blocking

import "github.com/caddy-consent/caddy-consent/internal/markup"

// A Sheet judges the addresses that a style sheet of the site names, first without touching them, then with what is
// denied. Only one that names a host of its own can lead to another site than the sheet's; all others may lead to a path
// of the site at which a service answers.
type Sheet struct {
	// Depends tells that the sheet names what may be denied, whatever the choice is.
	Depends bool

	page  *Page
	hosts markup.Hosts
	told  int // how many addresses Look has told the recorder of, and Denied is yet to come by
}

// NewSheet begins one that loads into pages such as p, whose path is the sheet's own.
func NewSheet(p *Page) *Sheet {
	return &Sheet{page: p, hosts: markup.Hosts{Scheme: p.scheme()}}
}

// Look denies nothing, and ends with the first address for which the sheet Depends.
func (s *Sheet) Look(url []byte) bool {
	if s.Depends {
		return false
	}
	host, ok := s.hosts.Of(url)
	if !ok || string(host) == s.page.Host {
		path, ok := s.path(url)
		s.Depends = ok && s.page.policy.Blocks(s.page.policy.PathOwner(path), 0)
		return false
	}
	owner := s.page.policy.Owner(host)
	if s.Depends = s.page.policy.Blocks(owner, 0); !s.Depends {
		s.told++
		s.page.Recorder.Host(host, owner, false)
	}
	return false
}

// Denied tells whether an address is denied. It is asked from the sheet's beginning on.
func (s *Sheet) Denied(url []byte) bool {
	host, ok := s.hosts.Of(url)
	if !ok || string(host) == s.page.Host {
		path, ok := s.path(url)
		if !ok {
			return false
		}
		s.Depends = s.Depends || s.page.policy.Blocks(s.page.policy.PathOwner(path), 0)
		return s.page.path(path, "") != nil
	}
	if s.told > 0 {
		s.told--
		return false
	}
	s.Depends = s.Depends || s.page.policy.Blocks(s.page.policy.Owner(host), 0)
	return s.page.host(host) != nil
}

// path is that of an address of the site, as far as its services have paths.
func (s *Sheet) path(url []byte) (path string, ok bool) {
	if !s.page.policy.HasPaths() {
		return "", false
	}
	return markup.Path(string(url), s.page.Host, s.page.Path, s.page.scheme())
}
