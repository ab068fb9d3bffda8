package audit

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"

	"github.com/caddy-consent/caddy-consent/internal/css"
	"github.com/caddy-consent/caddy-consent/internal/markup"
	"github.com/caddy-consent/caddy-consent/internal/page"
	"github.com/caddy-consent/caddy-consent/internal/policy"
)

// read judges what a page would load, with the scanner by which the module withholds, and finds its
// links and its files on the site.
func (v *audit) read(ctx context.Context, at *url.URL, body []byte, document page.Document) ([]*url.URL, error) {
	hosts := make(map[string]int)
	scanner := markup.NewStream(io.Discard, markup.Page{
		Rules: markup.Rules{
			Prefix: "data-consent-",
			Host:   func(host []byte) *markup.Mark { hosts[string(host)]++; return nil },
			Path:   func(path, query string) *markup.Mark { v.seePath(at, path, query); return nil },
			Site:   strings.ToLower(at.Hostname()), Page: at.EscapedPath(),
			Script: func(text []byte) *markup.Mark { v.seeScript(at, text); return nil },
		},
		XML: document.XHTML, Charset: document.Charset != "",
	})
	defer scanner.End()
	if _, err := scanner.Write(body); err != nil {
		return nil, err
	}
	if err := scanner.Close(); err != nil {
		return nil, err
	}
	if passed := scanner.Passed(); passed.Encoding != "" || passed.Tags+passed.Texts > 0 {
		v.note("%s: parts could not be read, which the module cannot read either (encoding %q, %d long tags, %d long scripts)", at, passed.Encoding, passed.Tags, passed.Texts)
	}
	for host := range hosts {
		v.seeHost(ctx, at, host)
	}
	return v.addresses(at, at, body), nil
}

// readSheet judges what a style sheet of the site would load, and finds the sheets of the site that it imports.
func (v *audit) readSheet(ctx context.Context, res *http.Response, body []byte) (imports []*url.URL) {
	charset, ok := page.IsSheet(res.Request, res.StatusCode, res.Header)
	if !ok {
		return nil
	}
	at, hosts := res.Request.URL, make(map[string]bool)
	var scanner css.Scanner
	scanner.Reset(func(address []byte) bool {
		u, err := at.Parse(string(address))
		switch {
		case err != nil || u.Scheme != "http" && u.Scheme != "https":
		case !v.hosts[u.Hostname()]:
			hosts[strings.ToLower(u.Hostname())] = true
		default:
			v.seePath(at, u.EscapedPath(), u.RawQuery)
			if u.Fragment = ""; strings.HasSuffix(u.Path, ".css") {
				imports = append(imports, u)
			}
		}
		return false
	}, charset)
	scanner.Scan(body, true)
	if passed := scanner.Passed; passed.Encoding != "" || passed.Tokens > 0 {
		v.note("%s: parts could not be read, which the module cannot read either (encoding %q, %d long addresses)", at, passed.Encoding, passed.Tokens)
	}
	for host := range hosts {
		v.seeHost(ctx, at, host)
	}
	return imports
}

// seeScript judges an inline script.
func (v *audit) seeScript(at *url.URL, text []byte) {
	v.conditionsOfScript(at, text)
	if owner := v.inline.Denied(text, v.Policy.Exempt); owner >= 0 {
		s := v.Policy.Services[owner]
		v.report.find(Finding{Kind: Inline, Name: "inline script", Service: s.ID, Purpose: s.Purpose, Why: WithoutConsent}, at)
	}
}

// seePath judges a path of the site itself from which a page loads, by what is declared and by what the catalogue knows.
func (v *audit) seePath(at *url.URL, path, query string) {
	f := Finding{Kind: Path, Name: path, Why: WithoutConsent}
	owner := v.Policy.PathOwner(path)
	if owner == policy.Unknown {
		id, _, seen := v.Policy.Catalogue.KnownPath(path, query)
		if id == "" {
			return
		}
		f.Name, f.Service, f.Purpose = seen, id, v.Policy.Catalogue.Service(id).Purpose
		if owner = policy.Owner(v.Policy.Service(id)); owner < 0 {
			f.Why = Undeclared
			v.report.find(f, at)
			return
		}
	}
	if s := v.Policy.Services[owner]; v.Policy.Blocks(owner, v.Policy.Exempt) {
		f.Service, f.Purpose = s.ID, s.Purpose
		v.report.find(f, at)
	}
}

// seeHost judges a host from which a page loads.
func (v *audit) seeHost(ctx context.Context, at *url.URL, host string) {
	if v.hosts[host] {
		return
	}
	owner := v.Policy.Owner([]byte(host))
	if owner != policy.Unknown || !sameSite(host, at.Hostname()) {
		v.judge(at, host, owner, "")
		return
	}
	// A name of the site's own may be another's in truth (CNAME cloaking).
	alias := v.alias(ctx, host)
	switch owner := v.Policy.Owner([]byte(alias)); {
	case alias == "" || sameSite(alias, host):
		v.note("%s is a host of the site's own domain", host)
	case owner == policy.Unknown:
		v.note("%s is a host of the site's own domain, and an alias of %s", host, alias)
	default:
		v.judge(at, host, owner, alias)
	}
}

func (v *audit) judge(at *url.URL, host string, owner policy.Owner, via string) {
	f := Finding{Kind: Host, Name: host, Why: Undeclared, Via: via}
	switch {
	case owner == policy.Allowed:
		return
	case !v.Policy.IsUndeclared(owner):
		if !v.Policy.Blocks(owner, v.Policy.Exempt) {
			return
		}
		f.Why = WithoutConsent
		fallthrough
	case owner >= 0:
		s := v.Policy.Owners()[owner]
		f.Service, f.Purpose = s.ID, s.Purpose
	}
	v.report.find(f, at)
}

// alias is the canonical name of a host, "" where there is no other.
func (v *audit) alias(ctx context.Context, host string) string {
	alias, known := v.aliases[host]
	if !known {
		if net.ParseIP(host) == nil && len(v.aliases) < maxFindings {
			name, err := v.Resolver.LookupCNAME(ctx, host)
			if alias = strings.ToLower(strings.TrimSuffix(name, ".")); err != nil || alias == host {
				alias = ""
			}
		}
		v.aliases[host] = alias
	}
	return alias
}

// addresses queues the links to pages of the site, and returns the files that the page loads from it, against that base.
func (v *audit) addresses(at, base *url.URL, body []byte) (assets []*url.URL) {
	take := func(reference string) *url.URL {
		u, err := base.Parse(strings.TrimSpace(reference))
		if err == nil && reference != "" {
			v.conditionsOfAddress(at, u)
		}
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || !v.hosts[u.Hostname()] {
			return nil
		}
		u.Fragment = ""
		return u
	}
	tokens := html.NewTokenizer(bytes.NewReader(body))
	for {
		kind := tokens.Next()
		if kind == html.ErrorToken {
			return assets
		}
		if kind != html.StartTagToken && kind != html.SelfClosingTagToken {
			continue
		}
		token := tokens.Token()
		attribute := func(name string) string {
			for _, a := range token.Attr {
				if a.Key == name {
					return a.Val
				}
			}
			return ""
		}
		switch token.Data {
		case "base":
			if u, err := at.Parse(attribute("href")); err == nil {
				base = u
			}
		case "noscript": // the browser loads nothing of it, but it says where a service is
			if tokens.Next() == html.TextToken {
				v.addresses(at, base, slices.Clone(tokens.Raw()))
			}
		case "a":
			if len(v.queue) < maxQueue {
				if u := take(attribute("href")); u != nil {
					v.enqueue(u, false)
				}
			}
		case "script", "img", "link", "iframe":
			reference := attribute("src")
			if token.Data == "link" {
				reference = attribute("href")
			}
			if u := take(reference); reference != "" && u != nil && len(assets) < maxAssets {
				assets = append(assets, u)
			}
		}
	}
}
