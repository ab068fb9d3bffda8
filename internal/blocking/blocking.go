// Package blocking makes the rules by which a page is rewritten out of what a visitor's
// choice grants: what would load from a service that is denied is withheld, what an author has
// gated for a service that is granted is activated.
package blocking

import (
	"bytes"
	"net/url"
	"strings"

	"github.com/caddy-consent/caddy-consent/internal/endpoint"
	"github.com/caddy-consent/caddy-consent/internal/markup"
	"github.com/caddy-consent/caddy-consent/internal/policy"
)

// The attributes by which elements are told apart; the guard and authors know them.
const (
	prefix = "data-consent-"
	gate   = prefix + "service"
	ours   = ` data-caddy-consent=""`
)

// Recorder is told what a page would load. The bytes are valid during the call only.
type Recorder interface {
	// Host is told of each element that would load from a third party's host, and whether it is withheld.
	Host(host []byte, owner policy.Owner, withheld bool)
	// Script is told whose an inline script is that is withheld.
	Script(owner policy.Owner)
}

// Rules are what all pages of a site have in common.
type Rules struct {
	policy *policy.Policy
	// placeholder is the path of what stands in place of a frame.
	placeholder string
	marks       []markup.Mark // of each owner
	inline      *Inline
}

// New prepares the rules for a policy; path is before the module's own URLs.
func New(p *policy.Policy, path endpoint.Prefix) *Rules {
	r := &Rules{policy: p, placeholder: path.Placeholder()}
	for _, s := range p.Owners() {
		r.marks = append(r.marks, markup.Mark{Attributes: ours + ` ` + gate + `="` + s.ID + `"`})
	}
	r.inline = NewInline(p)
	return r
}

// Page is one page and whom it is for.
type Page struct {
	*Rules
	// Granted are the services that the visitor's choice grants.
	Granted policy.Set
	// Origin is the page's, Host its host alone, in lower case, without port.
	Origin, Host string
	// Path is the page's own, as it was asked for.
	Path string
	// Away tells that what stands behind has a <base> of another origin, to which a path alone would lead.
	Away bool
	// Embedded is the page's own path and query, in case another site's page embeds it: there, the
	// visitor cannot choose.
	Embedded string
	// Language is that of what the module shows on the page; "" where it is not known.
	Language string
	// Strict tells that only what is allowed or granted may be loaded from.
	Strict   bool
	Recorder Recorder
	// Depends tells, when the page has been looked at, that what it loads from depends on the choice.
	Depends bool
}

// Withhold lets the rules of a page withhold what is denied.
func (p *Page) Withhold(rules *markup.Rules) {
	rules.Prefix, rules.Gate, rules.Host, rules.Frame, rules.DocumentMark = prefix, gate, p.host, p.frame, ours
	rules.Scheme = p.scheme()
	if p.policy.All&^p.Granted != 0 && len(p.inline.owners) > 0 {
		rules.Script = p.script
	}
	if p.policy.HasPaths() {
		rules.Path, rules.Site, rules.Page = p.path, p.Host, p.Path
	}
}

// scheme is the page's own where it is known, "" else: a proxy in front may end TLS unsaid.
func (p *Page) scheme() string {
	if strings.HasPrefix(p.Origin, "https:") {
		return "https"
	}
	return ""
}

// Activate lets them activate what is gated.
func (p *Page) Activate(rules *markup.Rules) {
	if p.Granted != 0 {
		rules.Prefix, rules.Gate, rules.Granted = prefix, gate, p.activated
	}
}

// host judges an element by a host from which it would load. The site's own is never blocked.
func (p *Page) host(host []byte) *markup.Mark {
	if string(host) == p.Host {
		return nil
	}
	owner := p.policy.Owner(host)
	denied := p.policy.Blocks(owner, p.Granted)
	p.Recorder.Host(host, owner, denied)
	p.Depends = p.Depends || owner >= 0 && int(owner) < len(p.policy.Services)
	if !denied {
		return nil
	}
	return p.mark(owner)
}

// path judges an address of the site itself.
func (p *Page) path(path, _ string) *markup.Mark {
	owner := p.policy.PathOwner(path)
	if owner < 0 {
		return nil
	}
	p.Depends = true
	if !p.policy.Blocks(owner, p.Granted) {
		return nil
	}
	p.Recorder.Script(owner)
	return p.mark(owner)
}

// address judges one in a field of the response.
func (p *Page) address(address string) *markup.Mark {
	if host, ok := markup.Host(address); ok && string(host) != p.Host {
		return p.host(host)
	}
	if !p.policy.HasPaths() {
		return nil
	}
	path, ok := markup.Path(address, p.Host, p.Path, p.scheme())
	if !ok {
		return nil
	}
	return p.path(path, "")
}

// script judges an inline script by its text.
func (p *Page) script(text []byte) *markup.Mark {
	owner := p.inline.Denied(text, p.Granted)
	if owner < 0 {
		return nil
	}
	p.Recorder.Script(owner)
	return p.mark(owner)
}

func (p *Page) mark(owner policy.Owner) *markup.Mark { return &p.marks[owner] }

var activatedMark = markup.Mark{Attributes: ours}

func (p *Page) activated(service []byte) *markup.Mark {
	if i := p.policy.Service(string(service)); i >= 0 && p.Granted.Has(i) {
		return &activatedMark
	}
	return nil
}

// Prefix is what stands before the path in the addresses of what is inserted: nothing, if it can be
// so. The visitor's browser knows the origin best, with whatever proxies in front of us.
func (p *Page) Prefix() string {
	if p.Away {
		return p.Origin
	}
	return ""
}

// maxContent bounds the address that a placeholder is told.
const maxContent = 2000

// frame is the src of what stands in place of a frame.
func (p *Page) frame(mark *markup.Mark, src []byte) string {
	for i, owner := range p.policy.Owners() {
		if mark == &p.marks[i] {
			return ` src="` + strings.ReplaceAll(p.placeholderOf(owner.ID, src), "&", "&amp;") + `"`
		}
	}
	return ""
}

// placeholderOf is the address of what stands in place of a service's frame. It is told what the frame would show,
// to link to it.
func (p *Page) placeholderOf(service string, src []byte) string {
	address := p.Prefix() + p.placeholder + "?service=" + service
	if p.Language != "" {
		address += "&lang=" + p.Language
	}
	if src = bytes.TrimSpace(src); len(src) > 0 && len(src) <= maxContent {
		address += "&url=" + url.QueryEscape(string(src))
	}
	if p.Embedded != "" {
		path := p.Embedded
		if len(path) > maxContent {
			path = "/"
		}
		address += "&embedded=" + url.QueryEscape(path)
	}
	return address
}

// nowhere is an address to which no browser goes on from a page that came by HTTP: what would be loaded
// fails as with a request that is blocked (Fetch, section 4.4, "HTTP-redirect fetch").
const nowhere = "about:blank#consent"

// Redirect is where a redirect leads instead of to an address that is denied: a frame to what stands in its
// place, all else nowhere. It is "" where the address is not denied.
func (p *Page) Redirect(location string, isFrame bool) string {
	host, ok := markup.Host(location)
	if !ok {
		return ""
	}
	mark := p.host(host)
	if mark == nil {
		return ""
	}
	if !isFrame {
		return nowhere
	}
	return p.placeholderOf(p.policy.Owners()[p.policy.Owner(host)].ID, []byte(location))
}

// HasOwner tells whether an address is one of a host that may be denied, whatever the choice is.
func (p *Page) HasOwner(location string) bool {
	host, ok := markup.Host(location)
	return ok && string(host) != p.Host && p.policy.Blocks(p.policy.Owner(host), 0)
}
