package audit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/publicsuffix"

	"github.com/caddy-consent/caddy-consent/internal/cookies"
	"github.com/caddy-consent/caddy-consent/internal/page"
	"github.com/caddy-consent/caddy-consent/internal/policy"
)

// visit looks at an address, at what it redirects to, and at the files that the page loads. A given one
// may lead to another name of the site.
func (v *audit) visit(ctx context.Context, u *url.URL, given bool) error {
	res, body, err := v.follow(ctx, u, given)
	if err != nil || res == nil {
		return err
	}
	if res.StatusCode >= 400 && given {
		return fmt.Errorf("it answers with %s", res.Status)
	}
	document, ok := page.IsDocument(http.StatusOK, res.Header)
	if !ok {
		return nil
	}
	v.report.Pages++
	at := res.Request.URL
	assets, err := v.read(ctx, at, body, document)
	if err != nil {
		return err
	}
	if v.Strict != "" {
		v.checkPolicy(at, res.Header)
	}
	for i := 0; i < len(assets) && i < maxAssets && v.report.Requests < maxRequests && ctx.Err() == nil; i++ {
		res, body, err := v.follow(ctx, assets[i], false)
		if err != nil {
			v.note("%s: %v", assets[i], err)
		} else if res != nil {
			assets = append(assets, v.readSheet(ctx, res, body)...)
		}
	}
	return nil
}

// follow asks for an address and for what it redirects to on the site. There is no answer where that is
// elsewhere, or where robots may not ask.
func (v *audit) follow(ctx context.Context, u *url.URL, given bool) (*http.Response, []byte, error) {
	for range maxRedirects {
		if v.fetched[u.String()] {
			return nil, nil, nil
		}
		v.fetched[u.String()] = true
		allowed, err := v.allowed(ctx, u)
		if err != nil {
			return nil, nil, err
		}
		if !allowed {
			if given {
				return nil, nil, errors.New("its robots.txt disallows it")
			}
			v.note("%s was skipped: robots.txt disallows it", u)
			return nil, nil, nil
		}
		res, body, err := v.get(ctx, u, maxBody)
		if err != nil {
			return nil, nil, err
		}
		v.seeCookies(u, res.Header)
		location := res.Header.Get("Location")
		if res.StatusCode < 300 || res.StatusCode > 399 || location == "" {
			return res, body, nil
		}
		to, err := u.Parse(location)
		if err != nil || to.Scheme != "http" && to.Scheme != "https" {
			return nil, nil, fmt.Errorf("it redirects to %q, which is not a web address", location)
		}
		if !v.hosts[to.Hostname()] {
			if !given || !sameSite(u.Hostname(), to.Hostname()) {
				v.note("%s redirects to %s", u, to.Hostname())
				if given {
					return nil, nil, fmt.Errorf("it redirects to another site, %s", to.Hostname())
				}
				return nil, nil, nil
			}
			v.hosts[to.Hostname()] = true
		}
		u = to
	}
	return nil, nil, fmt.Errorf("it redirects more than %d times", maxRedirects)
}

// get sends one request, as a browser does when its visitor follows a link, without any cookie.
func (v *audit) get(ctx context.Context, u *url.URL, limit int64) (*http.Response, []byte, error) {
	if err := v.limit.Wait(ctx); err != nil {
		return nil, nil, errors.New("the time limit was reached")
	}
	ctx, cancel := context.WithTimeout(ctx, 2*patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, nil, err
	}
	r.Header = http.Header{
		"User-Agent": {UserAgent}, "Accept": {"text/html,application/xhtml+xml,*/*;q=0.8"}, "Accept-Language": {"fr,en;q=0.5"},
		"Sec-Fetch-Dest": {"document"}, "Sec-Fetch-Mode": {"navigate"}, "Sec-Fetch-Site": {"none"},
	}
	v.report.Requests++
	v.Progress(v.report.Pages, v.report.Requests, u.String())
	res, err := v.Client.RoundTrip(r)
	if err != nil {
		return nil, nil, plain(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, limit+1))
	if err != nil {
		v.note("%s: the response was cut off: %v", u, plain(err))
	}
	if int64(len(body)) > limit {
		body = body[:limit]
		v.note("%s: only the first %d bytes were checked", u, limit)
	}
	return res, body, nil
}

// plain says what went wrong without the address, which stands before it.
func plain(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return errors.New("it did not answer in time")
	}
	return err
}

// seeCookies judges what an answer sets.
func (v *audit) seeCookies(u *url.URL, h http.Header) {
	clock := cookies.Clock(time.Now(), h.Get("Date"))
	for _, line := range h["Set-Cookie"] {
		name, ok := cookies.Name(line)
		if ok && cookies.Deletes(line, clock) {
			continue
		}
		class := policy.ClassUndeclared
		if ok {
			class = v.Policy.Classify(name)
		}
		f := Finding{Kind: Cookie, Name: name, Why: Undeclared}
		switch {
		case class == policy.ClassNecessary:
			continue
		case class >= 0 && v.Policy.Exempt.Has(int(class)):
			v.conditionsOfCookie(u, line, name, v.Policy.Services[class].ID)
			continue
		case class >= 0:
			f.Service, f.Purpose, f.Why = v.Policy.Services[class].ID, v.Policy.Services[class].Purpose, WithoutConsent
		default:
			f.Service = v.Policy.Catalogue.KnownCookie(name)
		}
		v.report.find(f, u)
	}
}

// checkPolicy looks for the Content-Security-Policy that the module adds under third_parties strict.
func (v *audit) checkPolicy(u *url.URL, h http.Header) {
	for _, line := range h["Content-Security-Policy"] {
		if strings.Contains(line, v.Strict) {
			return
		}
	}
	v.report.find(Finding{Kind: Policy, Name: "Content-Security-Policy", Why: Missing}, u)
}

// sameSite tells whether two hosts have the same registrable domain (publicsuffix.org).
func sameSite(a, b string) bool {
	if a == b {
		return true
	}
	domainA, errA := publicsuffix.EffectiveTLDPlusOne(a)
	domainB, errB := publicsuffix.EffectiveTLDPlusOne(b)
	return errA == nil && errB == nil && domainA == domainB
}
