package blocking

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/caddy-consent/caddy-consent/internal/csp"
	"github.com/caddy-consent/caddy-consent/internal/markup"
	"github.com/caddy-consent/caddy-consent/internal/page"
)

// HasFields tells whether a header has any of the fields that Fields looks at.
func HasFields(h http.Header) bool {
	for _, name := range [...]string{"Content-Security-Policy", "Content-Security-Policy-Report-Only", "Refresh", "Speculation-Rules", "Reporting-Endpoints", "Report-To"} {
		if len(h[name]) > 0 {
			return true
		}
	}
	return false
}

// Fields withholds what a response's header, besides its links, would make a browser load from what is
// denied, or report to it.
func (p *Page) Fields(h http.Header) {
	edit := func(name string, edit func([]string) []string) {
		lines := h[name]
		if len(lines) == 0 {
			return
		}
		kept := edit(lines)
		switch {
		case len(kept) == 0:
			delete(h, name)
		case len(kept) == len(lines) && &kept[0] == &lines[0]:
			return
		default:
			h[name] = kept
		}
	}
	for _, name := range [...]string{"Content-Security-Policy", "Content-Security-Policy-Report-Only"} {
		edit(name, func(lines []string) []string { return csp.WithoutReports(lines, p.withholdsReports) })
	}
	edit("Refresh", p.refreshes)
	edit("Speculation-Rules", func(lines []string) []string {
		return keepElements(lines, func(element string) bool { return p.withholds(unquoted(element)) })
	})
	edit("Reporting-Endpoints", func(lines []string) []string {
		return keepElements(lines, func(element string) bool {
			_, address, _ := strings.Cut(element, "=")
			return p.withholdsReports(unquoted(address))
		})
	})
	var groups []string
	edit("Report-To", func(lines []string) (kept []string) {
		kept, groups = p.reportGroups(lines)
		return kept
	})
	if len(groups) > 0 {
		edit("Nel", func(lines []string) []string { return withoutGroups(lines, groups) })
	}
}

// withholds tells whether an address is one of what is denied.
func (p *Page) withholds(address string) bool {
	return address != "" && p.address(address) != nil
}

// withholdsReports tells it of one that gets reports. Where only what is allowed or granted may be loaded from, only
// that gets reports too, about which a Content-Security-Policy says nothing.
func (p *Page) withholdsReports(address string) bool {
	if p.withholds(address) {
		return true
	}
	host, ok := markup.Host(address)
	return ok && p.Strict && string(host) != p.Host && p.policy.IsUndeclared(p.policy.Owner(host))
}

// refreshes keeps the Refresh fields that lead elsewhere.
func (p *Page) refreshes(lines []string) []string {
	kept := lines[:0:0]
	for _, line := range lines {
		if host, ok := markup.RefreshHost(line); !ok || p.host(host) == nil {
			kept = append(kept, line)
		}
	}
	if len(kept) == len(lines) {
		return lines
	}
	return kept
}

// keepElements keeps the elements of a list that are not dropped (RFC 9651, section 3.1); lines itself where that
// is all.
func keepElements(lines []string, dropped func(element string) bool) []string {
	var kept []string
	all := true
	for rest := strings.Join(lines, ", "); rest != ""; {
		end := linkLength(rest)
		if element := strings.Trim(rest[:end], " \t"); dropped(element) {
			all = false
		} else {
			kept = append(kept, element)
		}
		rest = strings.TrimPrefix(rest[end:], ",")
	}
	switch {
	case all:
		return lines
	case len(kept) == 0:
		return nil
	}
	return []string{strings.Join(kept, ", ")}
}

// unquoted is the text of a quoted string, whatever stands behind it; "" where there is none.
func unquoted(element string) string {
	text, ok := strings.CutPrefix(strings.TrimLeft(element, " \t"), `"`)
	if !ok {
		return ""
	}
	text, _ = page.Unquote(text)
	return text
}

// reportGroups keeps the endpoint groups that send nothing to what is denied (Reporting API of 2018, section
// 3.1), and names the others.
func (p *Page) reportGroups(lines []string) (kept, dropped []string) {
	var groups []json.RawMessage
	if json.Unmarshal([]byte("["+strings.Join(lines, ",")+"]"), &groups) != nil {
		return lines, nil // browsers read nothing in it either
	}
	var texts []string
	for _, text := range groups {
		name, urls := reportGroup(text)
		denied := false
		for _, url := range urls {
			denied = p.withholdsReports(url) || denied
		}
		if denied {
			dropped = append(dropped, name)
		} else {
			texts = append(texts, string(text))
		}
	}
	switch {
	case len(dropped) == 0:
		return lines, nil
	case len(texts) == 0:
		return nil, dropped
	}
	return []string{strings.Join(texts, ", ")}, dropped
}

// reportGroup reads a group as browsers do, which pass over an endpoint that they cannot read. Members are told apart by
// case.
func reportGroup(text json.RawMessage) (name string, urls []string) {
	var group map[string]json.RawMessage
	_ = json.Unmarshal(text, &group)
	if json.Unmarshal(group["group"], &name) != nil {
		name = "default"
	}
	var endpoints []json.RawMessage
	_ = json.Unmarshal(group["endpoints"], &endpoints)
	for _, text := range endpoints {
		var endpoint map[string]json.RawMessage
		var url string
		if json.Unmarshal(text, &endpoint) == nil && json.Unmarshal(endpoint["url"], &url) == nil {
			urls = append(urls, url)
		}
	}
	return name, urls
}

// withoutGroups drops the policies of Network Error Logging that report to these groups.
func withoutGroups(lines, groups []string) []string {
	kept := lines[:0:0]
	for _, line := range lines {
		policy := struct {
			Group string `json:"report_to"`
		}{}
		if json.Unmarshal([]byte(line), &policy) != nil || !slices.Contains(groups, policy.Group) {
			kept = append(kept, line)
		}
	}
	if len(kept) == len(lines) {
		return lines
	}
	return kept
}
