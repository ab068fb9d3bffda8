// Package policy holds what an operator declares: the necessary cookies, the
// purposes and the services that ask for consent. The filters, the notice, the
// charter and the records all read it, so what is published is what is enforced.
package policy

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// ConsentCookie carries the visitor's choice; the portal's own front end reads it.
const ConsentCookie = "cookies_preferences"

// Text is a text by language tag; the tag "" is for every language that has none
// of its own.
type Text map[string]string

// In returns the text for a language tag, "" where there is none.
func (t Text) In(language string) string {
	if s, ok := t[language]; ok {
		return s
	}
	return t[""]
}

// Controller is who answers for the site: a name, and a URL or e-mail address.
type Controller struct{ Name, Contact string }

// Provider is who makes a service.
type Provider struct{ Name, URL string }

// Purpose is what cookies are for.
type Purpose struct {
	ID                 string
	Title, Description Text
}

// Service is one provider's tool, the unit of consent.
type Service struct {
	ID       string
	Name     string
	Provider Provider
	Purpose  string
	// Cookies are the names that the service sets.
	Cookies []Pattern
	// Hosts are those that the service is loaded from or sends to.
	Hosts []Pattern
	// Paths are those of the site itself at which the service answers, by a proxy that the operator set up.
	Paths []Pattern
	// Inline are literals: an inline script that holds one is the service's.
	Inline []string
	// Globals are names that its snippets define in pages, for which there are stand-ins while it is denied:
	// "fbq()" is a function, "_hsq[]" an array, "hbspt.forms.create()" a method. A grant hands on what they
	// have taken; with "~" in front it drops it. Where a service has several scripts, a text behind "@" tells
	// by whose address or text the name is defined.
	Globals []string
	// Storage are the keys under which it keeps values in localStorage and sessionStorage, and the names of its
	// databases and caches there.
	Storage []Pattern
	// OwnPaths tell the service where it answers under a site's own name; see the catalogue.
	OwnPaths []PathSign
	// Exemption is under which conditions it needs no consent; nil where nobody says.
	Exemption *Exemption
	// Lifetime is how long its cookies may live, counted from the choice; 0: as set.
	Lifetime    time.Duration
	Description Text
	// Exempt services measure audience without consent: on by default, can be refused.
	Exempt bool
	// Sources are where the catalogue has its facts from, and Unconfirmed those facts that none of them states.
	Sources, Unconfirmed []string
}

// Declaration is what the operator writes.
type Declaration struct {
	Site       string
	Controller Controller
	Necessary  []Pattern
	Purposes   []Purpose
	Services   []Service
	// Allow are third-party hosts that the site needs, of no service.
	Allow []Pattern
	// Catalogue is the well-known services; nil: the module's own.
	Catalogue *Catalogue
	// PassUndeclared lets cookies through that no declaration covers.
	PassUndeclared bool
}

// Set is a set of services, one bit each in the order of Policy.Services.
type Set uint64

// Has tells whether the service with that index is in the set.
func (s Set) Has(service int) bool { return s>>service&1 == 1 }

// With returns the set with the service in it or not.
func (s Set) With(service int, in bool) Set {
	if in {
		return s | 1<<service
	}
	return s &^ (1 << service)
}

// maxServices is what a Set holds.
const maxServices = 64

// Policy is a valid declaration, ready to be asked.
type Policy struct {
	Declaration
	// Version changes with whatever a visitor has to be asked anew for: 16
	// hexadecimal digits.
	Version string
	// All is the set of every service, Exempt of those that are on by default.
	All, Exempt Set

	hosts    hosts
	hasPaths bool
}

// The purposes that need no declaration. Services cannot have the purpose
// necessary: what is necessary asks for nothing.
const (
	Necessary  = "necessary"
	Functional = "functional"
	Statistics = "statistics"
	Embeds     = "embeds"
	Marketing  = "marketing"
)

// BuiltInPurposes are the ones of the charter, in the order they are shown.
var BuiltInPurposes = []string{Necessary, Functional, Statistics, Embeds, Marketing}

// NecessaryCookies are the ones that the portal's published charter declares
// necessary; all are set by the portal itself.
var NecessaryCookies = []Pattern{"sessionid", "django_language", "csrftoken", ConsentCookie}

// Error is what is wrong with a line of the configuration.
type Error struct {
	// Where is the word that begins the line: "necessary", "purpose <id>", "service <id>", "style <word>".
	Where string
	Err   error
}

func (e *Error) Error() string { return e.Where + ": " + e.Err.Error() }

func (e *Error) Unwrap() error { return e.Err }

// Errorf makes an Error about a line.
func Errorf(where, format string, args ...any) error {
	return &Error{where, fmt.Errorf(format, args...)}
}

// New checks a declaration and makes it the policy. Its errors are of type *Error
// and say what would be right.
func New(d Declaration) (*Policy, error) {
	if d.Catalogue == nil {
		d.Catalogue = BuiltIn()
	}
	p := &Policy{Declaration: d}
	purposes := slices.Clone(BuiltInPurposes)
	for i, purpose := range d.Purposes {
		if !validID(purpose.ID) {
			return nil, Errorf("purpose "+purpose.ID, "an id must be 1 to 64 lower-case letters, digits, '-' or '_'")
		}
		if purpose.ID == Necessary {
			return nil, Errorf("purpose "+purpose.ID, "it cannot be declared: change its texts in the templates folder")
		}
		if slices.ContainsFunc(d.Purposes[:i], func(o Purpose) bool { return o.ID == purpose.ID }) {
			return nil, Errorf("purpose "+purpose.ID, "declared twice")
		}
		if !slices.Contains(BuiltInPurposes, purpose.ID) {
			if len(purpose.Title) == 0 {
				return nil, Errorf("purpose "+purpose.ID, "needs a title")
			}
			purposes = append(purposes, purpose.ID)
		}
	}
	for _, pattern := range d.Necessary {
		if err := validCookie(pattern); err != nil {
			return nil, &Error{"necessary", err}
		}
	}
	for i, s := range d.Services {
		where := "service " + s.ID
		if i == maxServices {
			return nil, Errorf(where, "too many services: %d are declared, at most %d are allowed", len(d.Services), maxServices)
		}
		if s.Purpose == "" { // every service of a catalogue has one
			return nil, Errorf(where, "the catalogue does not know it%s, so it needs a purpose (%s)", d.Catalogue.meant(s.ID), strings.Join(purposes[1:], ", "))
		}
		if err := s.validate(purposes); err != nil {
			return nil, &Error{where, err}
		}
		if slices.ContainsFunc(d.Services[:i], func(o Service) bool { return o.ID == s.ID }) {
			return nil, Errorf(where, "declared twice")
		}
		p.All = p.All.With(i, true)
		p.Exempt = p.Exempt.With(i, s.Exempt)
		p.hasPaths = p.hasPaths || len(s.Paths) > 0
	}
	p.Necessary = append(slices.Clone(NecessaryCookies), d.Necessary...)
	p.Version = version(d)
	if err := p.indexHosts(); err != nil {
		return nil, err
	}
	return p, nil
}

// reservedIDs would clash with other keys of the consent cookie, or with the variables
// consent.state, consent.granted and consent.key.
var reservedIDs = []string{"functional_cookies", "timestamp", "policy", "receipt", "withdrawn", "mac", "state", "granted", "key"}

func (s Service) validate(purposes []string) error {
	switch {
	case !validID(s.ID):
		return fmt.Errorf("an id must be 1 to 64 lower-case letters, digits, '-' or '_'")
	case slices.Contains(reservedIDs, s.ID):
		return fmt.Errorf("the id is reserved (%s)", strings.Join(reservedIDs, ", "))
	case s.Purpose == Necessary:
		return fmt.Errorf("the purpose necessary is for cookies that need no consent: list them with 'necessary <pattern>...'")
	case !slices.Contains(purposes, s.Purpose):
		return fmt.Errorf("unknown purpose %q: use one of %s, or declare it with 'purpose %s { title ... }'", s.Purpose, strings.Join(purposes[1:], ", "), s.Purpose)
	case len(s.Cookies) == 0 && len(s.Hosts) == 0 && len(s.Paths) == 0 && len(s.Storage) == 0:
		return fmt.Errorf("has neither cookies, hosts, paths nor storage, so there is nothing to enforce")
	case s.Lifetime < 0:
		return fmt.Errorf("lifetime is negative")
	case s.Exempt && s.Purpose != Statistics:
		return fmt.Errorf("only audience measurement can be exempt: the purpose must be statistics, not %s", s.Purpose)
	case s.Exempt && s.Lifetime > MaxLifetime:
		return fmt.Errorf("the lifetime of an exempt service must not exceed 13 months (%s)", MaxLifetime)
	}
	for _, pattern := range s.Cookies {
		if err := validCookie(pattern); err != nil {
			return err
		}
		for _, necessary := range NecessaryCookies {
			if pattern.Match(string(necessary)) {
				return fmt.Errorf("cookie pattern %q covers the necessary cookie %s", pattern, necessary)
			}
		}
	}
	for _, pattern := range s.Paths {
		if err := validPath(pattern); err != nil {
			return err
		}
	}
	for _, pattern := range s.Storage {
		if err := validKey(pattern); err != nil {
			return err
		}
	}
	for _, literal := range s.Inline {
		if len(literal) < minLiteral {
			return fmt.Errorf("inline %q is too short: give at least %d characters that occur only in scripts of the service", literal, minLiteral)
		}
	}
	return nil
}

// minLiteral keeps literals from standing in any script.
const minLiteral = 4

// MaxLife is how long the service's cookies may live, counted from the choice; 0: as
// they are set. An exempt one never outlives 13 months.
func (s Service) MaxLife() time.Duration {
	if s.Exempt && s.Lifetime == 0 {
		return MaxLifetime
	}
	return s.Lifetime
}

// MaxLifetime is 13 months: the longest life of an exempt cookie and of a
// recorded choice (CNIL guidelines).
const MaxLifetime = 395 * 24 * time.Hour

func validID(id string) bool {
	return id != "" && len(id) <= 64 && strings.Trim(id, "abcdefghijklmnopqrstuvwxyz0123456789-_") == ""
}

func validCookie(pattern Pattern) error {
	switch {
	case strings.Trim(string(pattern), "*") == "":
		return fmt.Errorf("cookie pattern %q would match every cookie", pattern)
	case strings.HasPrefix(string(pattern), "^"), strings.HasSuffix(string(pattern), "*$"), strings.Contains(string(pattern), "\\"):
		return fmt.Errorf("cookie pattern %q looks like a regular expression: give a name, in which * stands for any characters", pattern)
	case strings.ContainsAny(string(pattern), ";= \t"):
		return fmt.Errorf("cookie pattern %q: give the name only, without a value or attributes", pattern)
	}
	return nil
}

// validKey refuses patterns of stored keys that are all keys, and those that are no key's: these are text.
func validKey(pattern Pattern) error {
	switch {
	case strings.Trim(string(pattern), "*") == "":
		return fmt.Errorf("storage pattern %q would match every key", pattern)
	case !utf8.ValidString(string(pattern)):
		return fmt.Errorf("storage pattern %q is no UTF-8 text, as every key is", pattern)
	}
	return nil
}

// version hashes what consent was given to: a new purpose, provider or controller
// asks again, a better title does not.
func version(d Declaration) string {
	h := sha256.New()
	write := func(values ...string) {
		for _, v := range values {
			fmt.Fprintf(h, "%d:%s", len(v), v) // netstrings: no value runs into the next
		}
		h.Write([]byte{'\n'})
	}
	write("controller", d.Controller.Name)
	for _, s := range slices.SortedFunc(slices.Values(d.Services), func(a, b Service) int { return strings.Compare(a.ID, b.ID) }) {
		write("service", s.ID, s.Purpose, s.Provider.Name, s.Lifetime.String(), strconv.FormatBool(s.Exempt))
		write(sorted(s.Cookies)...)
		write(sorted(s.Hosts)...)
		if len(s.Paths) > 0 {
			write(sorted(s.Paths)...)
		}
		if len(s.Storage) > 0 {
			write(append([]string{"storage"}, sorted(s.Storage)...)...)
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

func sorted(patterns []Pattern) []string {
	var out []string
	for _, p := range patterns {
		out = append(out, string(p))
	}
	slices.Sort(out)
	return out
}
