package policy

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/net/idna"
)

// Owner is whose a third-party host is: the index of a declared service, or one of the
// values below, or behind these a service of the catalogue that nobody declared.
type Owner int

const (
	// Unknown is a host that no declaration and not the catalogue lists.
	Unknown Owner = -2
	// Allowed is a host that the site needs.
	Allowed Owner = -1
)

// hosts finds the owner of a host in a few lookups, however many there are.
type hosts struct {
	// owners are the declared services, and behind them those of the catalogue that nobody declared.
	owners []Service
	// exact holds whole names, under what follows "*.", others what has a star elsewhere.
	exact, under map[string]rank
	others       []hostPattern
}

// rank orders the owners: the first that lists a host has it.
type rank int

type hostPattern struct {
	Pattern
	rank
}

// Owners are all that a host may belong to, but for Unknown and Allowed: the declared
// services, then those of the catalogue that nobody declared. They are shared, and never change.
func (p *Policy) Owners() []Service { return p.hosts.owners }

// rankAllowed is that of Allowed: behind the declared services, before the catalogue's.
func (p *Policy) rankAllowed() rank { return rank(len(p.Services)) }

func (p *Policy) ownerOf(r rank) Owner {
	switch allowed := p.rankAllowed(); {
	case r == allowed:
		return Allowed
	case r > allowed:
		return Owner(r - 1)
	}
	return Owner(r)
}

// Owner tells whose a host is, which is in lower case and in ASCII. A declared service has
// what it lists, the first of several; then come the hosts that the site needs; the
// catalogue has what is left.
func (p *Policy) Owner(host []byte) Owner {
	h := &p.hosts
	best, found := h.exact[string(host)]
	take := func(r rank) {
		if !found || r < best {
			best, found = r, true
		}
	}
	for rest := host; ; {
		dot := bytes.IndexByte(rest, '.')
		if dot < 0 {
			break
		}
		rest = rest[dot+1:]
		if r, ok := h.under[string(rest)]; ok {
			take(r)
		}
	}
	for _, other := range h.others {
		if other.Match(string(host)) {
			take(other.rank)
		}
	}
	if !found {
		return Unknown
	}
	return p.ownerOf(best)
}

// Blocks tells whether nothing may be loaded from an owner's hosts, where granted is what the
// visitor's choice grants. What the catalogue knows and nobody declared is blocked, but for
// captchas, fonts, maps and the like, without which pages break or some cannot read them.
func (p *Policy) Blocks(owner Owner, granted Set) bool {
	switch {
	case owner < 0:
		return false
	case int(owner) < len(p.Services):
		return !granted.Has(int(owner))
	}
	return p.hosts.owners[owner].Purpose != Functional
}

// IsUndeclared tells that the operator has not said whose the hosts of that owner are.
func (p *Policy) IsUndeclared(owner Owner) bool {
	return owner == Unknown || int(owner) >= len(p.Services)
}

// Sources are the hosts from which pages may load under third_parties strict, where granted is
// what the visitor's choice grants: as the host sources of a Content-Security-Policy, in
// which a star stands only for whole labels at the beginning (CSP3, section 2.3.1).
func (p *Policy) Sources(granted Set) []string {
	var sources []string
	add := func(patterns []Pattern) {
		for _, pattern := range patterns {
			source, ok := pattern.source()
			if ok && !slices.Contains(sources, source) && (source[0] == '*' || !p.Blocks(p.Owner([]byte(source)), granted)) {
				sources = append(sources, source)
			}
		}
	}
	add(p.Allow)
	for i, s := range p.Services {
		if granted.Has(i) {
			add(s.Hosts)
		}
	}
	return sources
}

// CheckSources finds host patterns that Sources could not name.
func (p *Policy) CheckSources() error {
	check := func(where string, patterns []Pattern) error {
		for _, pattern := range patterns {
			if _, ok := pattern.source(); !ok {
				return Errorf(where, "host %q: third_parties strict needs a pattern that is a valid host-source in a Content-Security-Policy, such as example.com or *.example.com", pattern)
			}
		}
		return nil
	}
	err := check("allow", p.Allow)
	for i := 0; err == nil && i < len(p.Services); i++ {
		err = check("service "+p.Services[i].ID, p.Services[i].Hosts)
	}
	return err
}

// source writes a host pattern as a host source; where a star stands inside a label, one that
// covers more. ok is false where there is none but "*".
func (pattern Pattern) source() (source string, ok bool) {
	host := string(pattern)
	star := strings.LastIndexByte(host, '*')
	if star < 0 {
		return host, true
	}
	dot := strings.IndexByte(host[star:], '.')
	if dot < 0 {
		return "", false
	}
	return "*" + host[star+dot:], true
}

// indexHosts checks the host patterns, writes them as hosts are compared, and makes the index.
func (p *Policy) indexHosts() error {
	h := &p.hosts
	h.exact, h.under = make(map[string]rank), make(map[string]rank)
	p.Services = slices.Clone(p.Services)
	for i := range p.Services {
		s := &p.Services[i]
		var err error
		if s.Hosts, err = p.addHosts(s.Hosts, rank(i)); err != nil {
			return &Error{"service " + s.ID, err}
		}
	}
	var err error
	if p.Allow, err = p.addHosts(p.Allow, p.rankAllowed()); err != nil {
		return &Error{"allow", err}
	}
	h.owners = slices.Clone(p.Services)
	for _, s := range p.Catalogue.services {
		if p.Service(s.ID) >= 0 {
			continue // the operator's own list holds
		}
		h.owners = append(h.owners, s)
		if _, err := p.addHosts(s.Hosts, rank(len(h.owners))); err != nil { // one behind that of the allowed
			return &Error{"catalogue " + s.ID, err}
		}
	}
	return nil
}

func (p *Policy) addHosts(patterns []Pattern, r rank) ([]Pattern, error) {
	h := &p.hosts
	add := func(to map[string]rank, name string) {
		if _, taken := to[name]; !taken {
			to[name] = r
		}
	}
	var normal []Pattern
	for _, pattern := range patterns {
		host, err := normalHost(pattern)
		if err != nil {
			return nil, err
		}
		normal = append(normal, Pattern(host))
		rest, starred := strings.CutPrefix(host, "*.")
		switch {
		case !strings.Contains(host, "*"):
			add(h.exact, host)
		case starred && !strings.Contains(rest, "*"):
			add(h.under, rest)
		default:
			h.others = append(h.others, hostPattern{Pattern(host), r})
		}
	}
	return normal, nil
}

// normalHost writes a pattern as browsers write hosts: in lower case, in ASCII (UTS 46).
func normalHost(pattern Pattern) (string, error) {
	host := strings.TrimSuffix(strings.ToLower(string(pattern)), ".")
	ascii, err := idna.New(idna.MapForLookup(), idna.StrictDomainName(false), idna.CheckHyphens(false)).ToASCII(host)
	if err != nil || strings.Contains("."+ascii, "..") || strings.Trim(ascii, "abcdefghijklmnopqrstuvwxyz0123456789-_.*") != "" || strings.Trim(ascii, "*.") == "" {
		return "", fmt.Errorf("host %q: give the host name only, such as example.com or *.example.com", pattern)
	}
	return ascii, nil
}
