// Package audit visits a site from outside, as a browser without consent does, and compares what it sets
// and loads with what its policy declares.
package audit

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"time"

	"golang.org/x/time/rate"

	"github.com/caddy-consent/caddy-consent/internal/blocking"
	"github.com/caddy-consent/caddy-consent/internal/policy"
)

// UserAgent names the audit to the sites that it visits; robots.txt may do so by its first word.
const UserAgent = "caddy-consent-audit (+https://github.com/caddy-consent/caddy-consent)"

// Auditor visits sites. The zero values of its fields are the defaults.
type Auditor struct {
	Policy *policy.Policy
	// Strict is the Content-Security-Policy that pages must have; "" where third parties are not strict.
	Strict string
	// Client sends requests. Default: one that waits 15 seconds for an answer.
	Client http.RoundTripper
	// Resolver looks up what hosts of the site's own domain are other names of. Default: the system's.
	Resolver Resolver
	// Pages is how many pages are looked at. Default: 20.
	Pages int
	// Rate is how many requests are sent a second. Default: 2.
	Rate float64
	// Progress is told after each request what was looked at. Default: nobody.
	Progress func(pages, requests int, address string)
}

// Resolver finds canonical names (RFC 1034, section 3.6.2).
type Resolver interface {
	LookupCNAME(ctx context.Context, host string) (string, error)
}

// Bounds on what a site may make the audit do.
const (
	maxRequests  = 400
	maxRedirects = 10
	maxBody      = 4 << 20
	maxAssets    = 12 // of a page
	maxQueue     = 2000
	maxFindings  = 1000
	patience     = 15 * time.Second
)

// audit is one visit of a site.
type audit struct {
	Auditor
	limit   *rate.Limiter
	inline  *blocking.Inline
	robots  map[string]robots // by origin
	hosts   map[string]bool   // the site's own
	queue   []*url.URL
	queued  map[string]bool
	paths   map[string]int // how many addresses of a path were queued, with other queries
	fetched map[string]bool
	aliases map[string]string // canonical names, by host
	report  *Report
}

// Audit visits the pages at these addresses, and those that they link to.
func (a Auditor) Audit(ctx context.Context, addresses []string) (*Report, error) {
	v, err := a.prepare(addresses)
	if err != nil {
		return nil, err
	}
	given, visited, reason := len(v.queue), 0, ""
	for ; visited < len(v.queue); visited++ {
		if v.report.Pages >= v.Pages && visited >= given {
			v.note("%d pages were checked, and %d addresses on them were not: raise the limit with --pages", v.report.Pages, len(v.queue)-visited)
			break
		}
		if v.report.Requests >= maxRequests {
			reason = fmt.Sprintf("the audit stopped after %d requests", maxRequests)
			break
		}
		if err := v.visit(ctx, v.queue[visited], visited < given); err != nil {
			if visited < given {
				v.report.Failures = append(v.report.Failures, fmt.Sprintf("%s: %v", v.queue[visited], err))
			} else {
				v.note("%s: %v", v.queue[visited], err)
			}
		}
		if ctx.Err() != nil {
			reason = fmt.Sprintf("the time limit was reached after %d pages", v.report.Pages)
			visited++
			break
		}
	}
	if reason != "" {
		v.note("%s", reason)
	}
	for ; visited < given; visited++ {
		v.report.Failures = append(v.report.Failures, fmt.Sprintf("%s was not looked at: %s", v.queue[visited], reason))
	}
	v.conclude()
	v.report.sort()
	return v.report, nil
}

func client() *http.Transport {
	return &http.Transport{
		Proxy: http.ProxyFromEnvironment, DialContext: (&net.Dialer{Timeout: patience}).DialContext,
		TLSHandshakeTimeout: patience, ResponseHeaderTimeout: patience, MaxResponseHeaderBytes: 1 << 20,
	}
}

// Insecure is the default client, but for certificates that nobody vouches for: those of a site that is tried
// out before its name leads to it.
func Insecure() http.RoundTripper {
	c := client()
	c.TLSClientConfig = &tls.Config{InsecureSkipVerify: true}
	return c
}

func (a Auditor) prepare(addresses []string) (*audit, error) {
	if a.Client == nil {
		a.Client = client()
	}
	if a.Resolver == nil {
		a.Resolver = net.DefaultResolver
	}
	if a.Pages <= 0 {
		a.Pages = 20
	}
	if a.Rate <= 0 {
		a.Rate = 2
	}
	if a.Progress == nil {
		a.Progress = func(int, int, string) {}
	}
	v := &audit{
		Auditor: a, limit: rate.NewLimiter(rate.Limit(a.Rate), 1), inline: blocking.NewInline(a.Policy), robots: make(map[string]robots), hosts: make(map[string]bool),
		queued: make(map[string]bool), paths: make(map[string]int), fetched: make(map[string]bool), aliases: make(map[string]string),
		report: &Report{Policy: a.Policy.Version, Started: time.Now().UTC().Truncate(time.Second),
			Findings: []Finding{}, Exemptions: []Exemption{}, Failures: []string{}, Notes: []string{}},
	}
	v.expect()
	for _, address := range addresses {
		u, err := url.Parse(address)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			return nil, fmt.Errorf("invalid address %q: give a whole one, such as https://data.example.fr/", address)
		}
		v.hosts[u.Hostname()] = true
		v.enqueue(u, true)
	}
	if len(v.queue) == 0 {
		return nil, errors.New("no address is given")
	}
	return v, nil
}

// enqueue remembers an address to visit, once; of those that pages name, not one path with ever other queries.
func (v *audit) enqueue(u *url.URL, given bool) {
	const maxQueries = 3
	at := *u
	at.Fragment, at.User = "", nil
	if at.Path == "" {
		at.Path = "/"
	}
	path := at.Host + at.Path
	if v.queued[at.String()] || !given && (v.paths[path] >= maxQueries || len(v.queue) >= maxQueue) {
		return
	}
	v.queued[at.String()] = true
	v.paths[path]++
	v.queue = append(v.queue, &at)
}

func (v *audit) note(format string, args ...any) {
	if note := fmt.Sprintf(format, args...); len(v.report.Notes) < maxFindings && !slices.Contains(v.report.Notes, note) {
		v.report.Notes = append(v.report.Notes, note)
	}
}
