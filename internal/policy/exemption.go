package policy

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Exemption is under which conditions a service that measures the audience needs no consent (CNIL, "Cookies : solutions
// pour les outils de mesure d'audience"), and by what a site is seen to break them.
type Exemption struct {
	// Life is how long its cookies may live.
	Life time.Duration
	// LifeCalls are names by which pages set that, with the unit of the number behind.
	LifeCalls map[string]time.Duration
	// User and CrossSite are signs that it is told who the visitor is, and that it follows them to other sites: "?name"
	// is a parameter of an address of the service, all else a literal in a script.
	User, CrossSite []string
	// Unseen are the conditions of which nothing shows in pages.
	Unseen []Condition
	// Source is the page where the conditions are from.
	Source string
}

// Condition is one of an exemption.
type Condition string

const (
	LifeBounded    Condition = "life"
	NoUser         Condition = "user"
	NoCrossSite    Condition = "cross_site"
	RetentionBound Condition = "retention"
	NotMerged      Condition = "merging"
	ShortenedIP    Condition = "ip_address"
	PublisherAlone Condition = "publisher"
)

// conditions say what each is.
var conditions = map[Condition]string{
	LifeBounded:    "its cookies live no longer than 13 months, and are not renewed",
	NoUser:         "it is not told who the visitor is",
	NoCrossSite:    "it does not follow visitors from one site to another",
	RetentionBound: "what it collects is kept for 25 months at most",
	NotMerged:      "what it collects is not merged with other files, nor passed on",
	ShortenedIP:    "the last byte or more of addresses (IP) is removed",
	PublisherAlone: "it serves the publisher alone, for anonymous statistics",
}

// Text says what the condition asks, in English.
func (c Condition) Text() string { return conditions[c] }

// IsParameter tells whether a sign is a parameter of an address, and its name.
func IsParameter(sign string) (name string, ok bool) { return strings.CutPrefix(sign, "?") }

// LifeIn is the longest life for cookies that a script sets; ok is false where it sets none.
func (e *Exemption) LifeIn(script string) (life time.Duration, ok bool) {
	for name, unit := range e.LifeCalls {
		call := regexp.MustCompile(regexp.QuoteMeta(name) + `['"]?\s*[,:(]\s*['"]?(\d{1,9})`)
		for _, found := range call.FindAllStringSubmatch(script, -1) {
			if n, err := strconv.Atoi(found[1]); err == nil {
				life, ok = max(life, time.Duration(n)*unit), true
			}
		}
	}
	return life, ok
}

// writtenExemption is one as a file has it.
type writtenExemption struct {
	Life      string            `json:"life"`
	LifeCalls map[string]string `json:"life_calls"`
	User      []string          `json:"user"`
	CrossSite []string          `json:"cross_site"`
	Unseen    []Condition       `json:"unseen"`
	Source    string            `json:"source"`
}

var lifeUnits = map[string]time.Duration{"seconds": time.Second, "minutes": time.Minute, "hours": time.Hour, "days": day}

// exemption reads one, and finds what none can say.
func (w *writtenExemption) exemption() (*Exemption, error) {
	if w == nil {
		return nil, nil
	}
	e := &Exemption{LifeCalls: make(map[string]time.Duration), User: w.User, CrossSite: w.CrossSite, Unseen: w.Unseen, Source: w.Source}
	var err error
	if e.Life, err = lifetime(w.Life); err != nil {
		return nil, err
	}
	if e.Life == 0 {
		return nil, invalid("exemption", "an exemption needs the life of cookies, 1d to %dd", MaxLifetime/day)
	}
	for name, unit := range w.LifeCalls {
		if e.LifeCalls[name] = lifeUnits[unit]; lifeUnits[unit] == 0 || len(name) < minInline {
			return nil, invalid(name, "life call %q: a name, and seconds, minutes, hours or days", name)
		}
	}
	for _, sign := range slices.Concat(w.User, w.CrossSite) {
		name, isParameter := IsParameter(sign)
		if isParameter && (name == "" || strings.ContainsAny(name, "?&=# ")) || !isParameter && len(sign) < minInline {
			return nil, invalid(sign, `sign %q: "?name" for a parameter, or a literal of %d characters or more`, sign, minInline)
		}
	}
	for _, c := range w.Unseen {
		if conditions[c] == "" || c == LifeBounded || c == NoUser || c == NoCrossSite {
			return nil, invalid(string(c), "unseen %q: retention, merging, ip_address or publisher", c)
		}
	}
	if !isPage(w.Source) {
		return nil, invalid(w.Source, "the source %q of the exemption is no https address", w.Source)
	}
	return e, nil
}

// checkExemption finds one for a service that measures nothing.
func (s locatedService) checkExemption() error {
	if s.Exemption != nil && s.Purpose != Statistics {
		return &valueError{"exemption", fmt.Errorf("only services of the purpose statistics have an exemption")}
	}
	return nil
}
