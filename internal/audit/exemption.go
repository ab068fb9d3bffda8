package audit

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/caddy-consent/caddy-consent/internal/cookies"
	"github.com/caddy-consent/caddy-consent/internal/policy"
)

// Exemption is what was seen of the conditions under which a service declared exempt needs no consent.
type Exemption struct {
	Service string `json:"service"`
	// Source is the page where the conditions are from; "" where the catalogue knows none for the service.
	Source     string            `json:"source,omitempty"`
	Conditions []ConditionReport `json:"conditions"`

	known *policy.Exemption
	seen  bool // that anything of it is on the pages
}

// ConditionReport is what was seen of one.
type ConditionReport struct {
	Condition policy.Condition `json:"condition"`
	Text      string           `json:"text"`
	State     State            `json:"state"`
	// Seen is what breaks it, by name alone, and Where the first addresses.
	Seen  []string `json:"seen,omitempty"`
	Where []string `json:"where,omitempty"`
}

// State is whether a condition holds.
type State string

const (
	Holds  State = "holds"  // nothing on the pages breaks it
	Broken State = "broken" // what was seen does
	Unseen State = "cannot be seen"
)

// expect prepares the conditions of each service that is declared exempt.
func (v *audit) expect() {
	for i, s := range v.Policy.Services {
		if !v.Policy.Exempt.Has(i) {
			continue
		}
		e := Exemption{Service: s.ID, known: v.Policy.Catalogue.Service(s.ID).Exemption, Conditions: []ConditionReport{}}
		if e.known == nil {
			v.note("the catalogue knows no conditions of an exemption for the service %s: whether it needs consent is yours to see to", s.ID)
		} else {
			e.Source = e.known.Source
			for _, c := range append([]policy.Condition{policy.LifeBounded, policy.NoUser, policy.NoCrossSite}, e.known.Unseen...) {
				e.Conditions = append(e.Conditions, ConditionReport{Condition: c, Text: c.Text(), State: Unseen})
			}
		}
		v.report.Exemptions = append(v.report.Exemptions, e)
	}
}

// exemption is that of a declared service; nil where it has none whose conditions are known.
func (v *audit) exemption(id string) *Exemption {
	i := slices.IndexFunc(v.report.Exemptions, func(e Exemption) bool { return e.Service == id && e.known != nil })
	if i < 0 {
		return nil
	}
	return &v.report.Exemptions[i]
}

func (e *Exemption) condition(c policy.Condition) *ConditionReport {
	return &e.Conditions[slices.IndexFunc(e.Conditions, func(r ConditionReport) bool { return r.Condition == c })]
}

// breaks notes what breaks a condition.
func (e *Exemption) breaks(c policy.Condition, what string, at *url.URL) {
	r := e.condition(c)
	r.State = Broken
	if len(r.Seen) < maxWhere && !slices.Contains(r.Seen, what) {
		r.Seen = append(r.Seen, what)
	}
	if where := at.String(); len(r.Where) < maxWhere && !slices.Contains(r.Where, where) {
		r.Where = append(r.Where, where)
	}
}

// holds notes that a condition was looked at and nothing breaks it there.
func (e *Exemption) holds(c policy.Condition) {
	if r := e.condition(c); r.State == Unseen {
		r.State = Holds
	}
}

// conditionsOfScript looks at an inline script of an exempt service.
func (v *audit) conditionsOfScript(at *url.URL, text []byte) {
	for i, s := range v.Policy.Services {
		e := v.exemption(s.ID)
		script := string(text)
		isOf := func(literal string) bool { return strings.Contains(script, literal) }
		if e == nil || !v.Policy.Exempt.Has(i) || !slices.ContainsFunc(s.Inline, isOf) {
			continue
		}
		e.seen = true
		if life, ok := e.known.LifeIn(script); ok {
			e.lives(life, "a script sets cookies for "+days(life), at)
		}
		for c, signs := range map[policy.Condition][]string{policy.NoUser: e.known.User, policy.NoCrossSite: e.known.CrossSite} {
			for _, sign := range signs {
				if _, isParameter := policy.IsParameter(sign); !isParameter && isOf(sign) {
					e.breaks(c, "a script has "+sign, at)
				}
			}
		}
	}
}

// conditionsOfAddress looks at an address that a page loads from.
func (v *audit) conditionsOfAddress(at, u *url.URL) {
	owner := v.Policy.Owner([]byte(strings.ToLower(u.Hostname())))
	if v.hosts[u.Hostname()] {
		if owner = v.Policy.PathOwner(u.Path); owner == policy.Unknown {
			id, _, _ := v.Policy.Catalogue.KnownPath(u.Path, u.RawQuery)
			owner = policy.Owner(v.Policy.Service(id))
		}
	}
	if owner < 0 || int(owner) >= len(v.Policy.Services) {
		return
	}
	e := v.exemption(v.Policy.Services[owner].ID)
	if e == nil {
		return
	}
	e.seen = true
	query := u.Query()
	for c, signs := range map[policy.Condition][]string{policy.NoUser: e.known.User, policy.NoCrossSite: e.known.CrossSite} {
		for _, sign := range signs {
			if name, isParameter := policy.IsParameter(sign); isParameter && query.Get(name) != "" {
				e.breaks(c, "an address has the parameter "+name, at)
			}
		}
	}
}

// conditionsOfCookie looks at a Set-Cookie line of an exempt service.
func (v *audit) conditionsOfCookie(at *url.URL, line, name, service string) {
	e := v.exemption(service)
	if e == nil {
		return
	}
	e.seen = true
	now := time.Now()
	life := time.Duration(0)
	if end := cookies.ExpiryOf(line, now).Time; !end.IsZero() {
		life = end.Sub(now)
	}
	e.lives(life, fmt.Sprintf("the site sets %s for %s", name, days(life)), at)
	if domain := cookies.DomainOf(line); domain != "" && !strings.EqualFold(domain, at.Hostname()) {
		e.breaks(policy.NoCrossSite, name+" is set for all of "+domain, at)
	}
}

// lives judges the life of a cookie.
func (e *Exemption) lives(life time.Duration, what string, at *url.URL) {
	const minute = time.Minute // between the two clocks
	if life > e.known.Life+minute {
		e.breaks(policy.LifeBounded, what, at)
		return
	}
	e.holds(policy.LifeBounded)
}

// conclude says of what was looked at that it holds where nothing breaks it.
func (v *audit) conclude() {
	for i := range v.report.Exemptions {
		e := &v.report.Exemptions[i]
		switch {
		case e.known == nil:
		case !e.seen:
			v.note("nothing of the exempt service %s was seen on the pages", e.Service)
		default:
			e.holds(policy.NoUser)
			e.holds(policy.NoCrossSite)
		}
	}
}

// broken counts the conditions that are.
func (r *Report) broken() (n int) {
	for _, e := range r.Exemptions {
		for _, c := range e.Conditions {
			if c.State == Broken {
				n++
			}
		}
	}
	return n
}

func days(d time.Duration) string {
	return fmt.Sprintf("%d days", d.Round(24*time.Hour)/(24*time.Hour))
}
