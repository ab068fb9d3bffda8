package decision

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/caddy-consent/caddy-consent/internal/choice"
	"github.com/caddy-consent/caddy-consent/internal/cookies"
	"github.com/caddy-consent/caddy-consent/internal/inventory"
	"github.com/caddy-consent/caddy-consent/internal/policy"
)

// Recorder is told what one request's decision does with cookies. The names are valid during the call only.
type Recorder interface {
	// SetCookie is told of each line of a response; its name is "" where browsers might not agree on it.
	SetCookie(name, line string, class policy.Class, outcome inventory.Outcome)
	// Sent is told of each cookie that a visitor sends, and whether it is withheld from the upstream.
	Sent(name string, class policy.Class, withheld bool)
}

// allows tells whether a cookie of that class may pass, in either direction.
func (v *Decision) allows(class policy.Class) bool {
	return v.decider.Policy.Allows(class, v.Effective)
}

// sends tells whether a cookie of that name may be sent upstream.
func (v *Decision) sends(name string) bool {
	return v.allows(v.decider.Policy.Classify(name))
}

// Cookies returns a request's Cookie field values with only what may be sent
// upstream; lines itself where that is all, empty values left out.
func (v *Decision) Cookies(lines []string, recorder Recorder) []string {
	withheld := false
	for _, line := range lines {
		for name := range cookies.Pairs(line) {
			class := v.decider.Policy.Classify(name)
			allowed := v.allows(class)
			recorder.Sent(name, class, !allowed)
			withheld = withheld || !allowed
		}
	}
	if !withheld {
		return lines
	}
	kept := make([]string, 0, len(lines))
	for _, line := range lines {
		if line = cookies.Filter(line, v.sends); line != "" {
			kept = append(kept, line)
		}
	}
	return kept
}

// Exchange is a request and its response, as far as cookies depend on them.
type Exchange struct {
	// Sent are the request's Cookie field values.
	Sent []string
	// Chosen is when the visitor chose, the zero time where nobody knows.
	Chosen, Now time.Time
	// Date is the response's field of that name.
	Date string
}

// SetCookies returns those of a response's Set-Cookie lines that may pass, in their
// order; lines itself where that is all of them. One that browsers would not surely read alike is
// dropped. Services tells whether any that passes is a service's.
func (v *Decision) SetCookies(lines []string, x Exchange, recorder Recorder) (kept []string, services bool) {
	// Kept is nil while all lines pass as they are.
	for i, line := range lines {
		name, ok := cookies.Name(line)
		passed, class, outcome := line, policy.ClassUndeclared, inventory.Stripped
		if ok {
			class = v.decider.Policy.Classify(name)
			passed, outcome = v.setCookie(name, class, line, x)
		}
		recorder.SetCookie(name, line, class, outcome)
		services = services || class >= 0 && outcome != inventory.Stripped
		if kept == nil && outcome != inventory.Passed {
			kept = append(make([]string, 0, len(lines)), lines[:i]...)
		}
		if kept != nil && outcome != inventory.Stripped {
			kept = append(kept, passed)
		}
	}
	if kept == nil {
		kept = lines
	}
	return kept, services
}

// setCookie tells what becomes of a line, and in what form it passes. One that only deletes a
// cookie passes.
func (v *Decision) setCookie(name string, class policy.Class, line string, x Exchange) (string, inventory.Outcome) {
	if v.allows(class) && class < 0 {
		return line, inventory.Passed
	}
	clock := cookies.Clock(x.Now, x.Date)
	switch {
	case cookies.Deletes(line, clock):
		return line, inventory.Passed
	case !v.allows(class), v.renews(class, name, line, x.Sent):
		return line, inventory.Stripped
	}
	life := v.decider.Policy.Services[class].MaxLife()
	if life == 0 {
		return line, inventory.Passed
	}
	// It lives as declared, counted from the choice: visits do not renew it.
	if x.Chosen.IsZero() {
		x.Chosen = x.Now
	}
	end := x.Chosen.Add(life)
	if !end.After(x.Now) {
		return line, inventory.Stripped
	}
	if shortened := cookies.Shorten(line, clock, end.Add(clock.Sub(x.Now))); shortened != line {
		return shortened, inventory.Shortened
	}
	return line, inventory.Passed
}

// renews tells whether a line only sets anew what the visitor has already sent of an exempt
// service. Without a choice nobody knows since when the cookie lives, and it must not live longer by
// every visit (CNIL, guidelines on audience measurement).
func (v *Decision) renews(class policy.Class, name, line string, sent []string) bool {
	if !v.decider.Policy.Exempt.Has(int(class)) || v.State == choice.Given {
		return false
	}
	value := cookies.Value(line)
	for _, field := range sent {
		for sentName, sentValue := range cookies.Pairs(field) {
			if sentName == name && sentValue == value {
				return true
			}
		}
	}
	return false
}

// maxLeftovers bounds how many names a page looks at.
const maxLeftovers = 100

// Leftovers are the Set-Cookie lines by which a page, at that escaped path, deletes the cookies of
// services that are not granted, which the visitor still sends. They are the host's own alone: a cookie of
// the whole domain may be a sibling site's, where its visitor has chosen otherwise; but for services that the visitor
// has withdrawn of late, as not all of theirs may have been deleted at once.
func (v *Decision) Leftovers(sent []string, path string, withdrawn policy.Set, deletions func() cookies.Deletions, recorder Recorder) []string {
	type leftover struct {
		name  string
		class policy.Class
	}
	var leftovers []leftover
	for _, field := range sent {
		for name := range cookies.Pairs(field) {
			class := v.decider.Policy.Classify(name)
			known := func(l leftover) bool { return l.name == name }
			if class >= 0 && !v.allows(class) && len(leftovers) < maxLeftovers && !slices.ContainsFunc(leftovers, known) {
				leftovers = append(leftovers, leftover{name, class})
			}
		}
	}
	if len(leftovers) == 0 {
		return nil
	}
	type place struct {
		leftover
		path string
	}
	var places []place
	for _, at := range append([]string{"/"}, cookies.Paths(path)...) {
		for _, l := range leftovers {
			places = append(places, place{l, at})
		}
	}
	all := deletions()
	domains := all.Domains
	deleting := func(d cookies.Deletions) (lines []string, fits bool) {
		for _, p := range places {
			if d.Domains = domains[:1]; withdrawn.Has(int(p.class)) {
				d.Domains = domains
			}
			lines = append(lines, d.Of(p.name, p.path)...)
		}
		return lines, d.Room > 0
	}
	lines, fits := deleting(all)
	if !fits { // the next page goes on with others, wherever this one ends
		rand.Shuffle(len(places), func(i, k int) { places[i], places[k] = places[k], places[i] })
		lines, _ = deleting(all)
	}
	for _, line := range lines {
		name, _ := cookies.Name(line)
		recorder.SetCookie(name, line, v.decider.Policy.Classify(name), inventory.Expired)
	}
	return lines
}
