package policy

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// valueError is about a value of a service, which says where in the file it is.
type valueError struct {
	value string
	err   error
}

func (e *valueError) Error() string { return e.err.Error() }

func invalid(value, format string, args ...any) error {
	return &valueError{value, fmt.Errorf(format, args...)}
}

// check finds what no service of a catalogue may say. What it says is not the operator's own decision, as a service
// block is, but holds for whoever has such a cookie or host: so it must not take what may be a site's own.
func (s locatedService) check() error {
	switch {
	case s.ID == "":
		return invalid("", "a service without an id")
	case !validID(s.ID):
		return invalid(s.ID, "an id has lower-case letters, digits, '-' and '_' only")
	case slices.Contains(reservedIDs, s.ID):
		return invalid(s.ID, "the id is reserved (%s)", strings.Join(reservedIDs, ", "))
	case s.Name == "" || s.Provider.Name == "":
		return invalid("", "lacks its name or its provider's")
	case !slices.Contains(BuiltInPurposes[1:], s.Purpose):
		return invalid(s.Purpose, "the purpose %q: one of %s", s.Purpose, strings.Join(BuiltInPurposes[1:], ", "))
	case len(s.Hosts) == 0 && len(s.Cookies) == 0:
		return invalid("", "has neither cookies nor hosts")
	case s.Lifetime > 0 && len(s.Cookies) == 0:
		return invalid("lifetime", "a lifetime without cookies")
	case len(s.Sources) == 0 || s.Sources[0] == "":
		return invalid("", "lacks the source of its facts")
	case !isPage(s.Provider.URL):
		return invalid(s.Provider.URL, "the provider's url %q is no https address", s.Provider.URL)
	}
	for _, check := range []func() error{s.checkNames, s.checkHosts, s.checkInline, s.checkGlobals, s.checkOwnPaths, s.checkExemption, s.checkSources} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func isPage(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Scheme == "https" && strings.Contains(u.Host, ".")
}

// checkSources finds what is no source, and what is called unconfirmed that the service does not say.
func (s locatedService) checkSources() error {
	if err := sources(s.Sources).check(); err != nil {
		return err
	}
	said := slices.Concat(s.Cookies, s.Hosts, s.Storage)
	for i, value := range s.Unconfirmed {
		switch {
		case !slices.Contains(said, Pattern(value)):
			return invalid(value, "unconfirmed %q is none of its cookies, hosts or storage keys", value)
		case slices.Contains(s.Unconfirmed[:i], value):
			return invalid(value, "unconfirmed %q stands twice", value)
		}
	}
	return nil
}

// sitesOwn are names of cookies, and of what scripts store, that sites and their frameworks use themselves.
var sitesOwn = strings.Fields(`
	sessionid csrftoken django_language cookies_preferences messages
	session session_id sid SID ssid lang language locale i18n hl fr en
	token access_token refresh_token remember_token auth auth_token jwt csrf _csrf XSRF-TOKEN
	user user_id userid username uid id _id mid sb ts ab di loc uvc SM MR
	cart basket currency tz timezone theme player flags prefs PREF preferences settings
	consent cookie_consent cookieconsent_status tarteaucitron test_cookie testCookie redirect next ref
	PHPSESSID JSESSIONID ASP.NET_SessionId laravel_session connect.sid _session_id _app_session
	wordpress_logged_in_x wp-settings-1 SERVERID AWSALB AWSALBCORS ARRAffinity __cf_bm cf_clearance
	_cfuvid incap_ses_1_1 visid_incap_1 TS01abcdef localization usprivacy __Host-session __Secure-session`)

// checkNames finds patterns of cookies and of stored keys that are, or may be, a site's own.
func (s locatedService) checkNames() error {
	for i, pattern := range slices.Concat(s.Cookies, s.Storage) {
		valid := validCookie
		if i >= len(s.Cookies) {
			valid = validKey
		}
		if err := valid(pattern); err != nil {
			return invalid(string(pattern), "%w", err)
		}
		if strings.Contains(string(pattern), "*") && len(strings.ReplaceAll(string(pattern), "*", "")) < 3 {
			return invalid(string(pattern), "the pattern %q matches too much: three characters or more besides the star", pattern)
		}
		for _, name := range sitesOwn {
			if pattern.Match(name) {
				return invalid(string(pattern), "the pattern %q would match %s, which may be the site's own", pattern, name)
			}
		}
	}
	return nil
}

var validHost = regexp.MustCompile(`^(\*\.)?([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]$`)

// sharedHosts are those from which sites of all kinds load libraries, fonts and files.
var sharedHosts = strings.Fields(`
	cdn.jsdelivr.net unpkg.com cdnjs.cloudflare.com code.jquery.com ajax.googleapis.com storage.googleapis.com
	stackpath.bootstrapcdn.com maxcdn.bootstrapcdn.com ajax.aspnetcdn.com s3.amazonaws.com raw.githubusercontent.com
	use.fontawesome.com kit.fontawesome.com polyfill.io esm.sh cdn.skypack.dev ga.jspm.io lh3.googleusercontent.com
	accounts.google.com apis.google.com drive.google.com www.bing.com login.microsoftonline.com d1.cloudfront.net
	example.akamaized.net example.azureedge.net example.blob.core.windows.net example.fastly.net example.github.io`)

// checkHosts finds what is no host, what several own, and what is listed twice.
func (s locatedService) checkHosts() error {
	for i, host := range s.Hosts {
		if !validHost.MatchString(string(host)) {
			return invalid(string(host), "%q is no host such as example.com or *.example.com", host)
		}
		name := strings.TrimPrefix(string(host), "*.")
		if suffix, _ := publicsuffix.PublicSuffix(name); suffix == name {
			return invalid(string(host), "the host %q is everybody's: below %s anybody may have a name", host, name)
		}
		for _, shared := range sharedHosts {
			if host.Match(shared) {
				return invalid(string(host), "the host %q has what many sites load (%s)", host, shared)
			}
		}
		for j, other := range s.Hosts {
			if i != j && other.Match(string(host)) {
				return invalid(string(host), "the host %q is in %q already", host, other)
			}
		}
	}
	return nil
}

// minInline is that of a catalogue's literals.
const minInline = 5

func (s locatedService) checkInline() error {
	for i, literal := range s.Inline {
		if len(literal) < minInline || literal != strings.TrimSpace(literal) {
			return invalid(literal, "inline %q: %d characters or more, without a space around", literal, minInline)
		}
		for j, other := range s.Inline {
			if i != j && strings.Contains(other, literal) {
				return invalid(literal, "inline %q is in %q already", literal, other)
			}
		}
	}
	return nil
}

var validGlobal = regexp.MustCompile(`^~?([$\w]+)(\.\w+)*(\(\)|\[\])(@[\w.-]+)?$`)

// pagesOwn are names that browsers or pages use themselves.
var pagesOwn = []string{"name", "status", "top", "open", "stop", "tag", "$", "_"}

func (s locatedService) checkGlobals() error {
	for i, name := range s.Globals {
		parts := validGlobal.FindStringSubmatch(name)
		switch {
		case parts == nil:
			return invalid(name, "global %q: a name such as fbq() or _hsq[]", name)
		case slices.Contains(pagesOwn, parts[1]):
			return invalid(name, "global %q may be the page's own", name)
		case slices.Contains(s.Globals[:i], name):
			return invalid(name, "global %q stands twice", name)
		}
	}
	return nil
}
