// Package choice reads, judges, writes and signs the visitor's choice, the cookie
// cookies_preferences. Its format is the one that the portal's own front end
// reads, percent-encoded JSON, so the portal obeys our choice and we obey its.
package choice

import (
	"time"

	"github.com/caddy-consent/caddy-consent/internal/cookies"
	"github.com/caddy-consent/caddy-consent/internal/policy"
)

// State tells what became of the cookie. All but Given count as no choice.
type State uint8

const (
	None     State = iota // no cookie
	Given                 // a valid choice
	Expired               // older than it is remembered
	Outdated              // given to another policy
	Invalid               // forged, malformed or from the future
)

func (s State) String() string {
	return [...]string{"none", "given", "expired", "outdated", "invalid"}[s]
}

// Choice is what the visitor decided.
type Choice struct {
	State State
	// Granted are the services that a choice which is Given grants.
	Granted policy.Set
	// Time is when it was given, in milliseconds since 1970; 0 where the portal's
	// own banner did not say.
	Time int64
	// Withdrawn are the services that it took from the visitor: of their cookies, some may still have to be deleted.
	Withdrawn policy.Set
	// Receipt names the record of the choice; "" for a choice of the portal's banner.
	Receipt string
}

// Made is when the choice was given, the zero time where nobody knows.
func (c Choice) Made() time.Time {
	if c.Time == 0 {
		return time.Time{}
	}
	return time.UnixMilli(c.Time)
}

// Effective is what the visitor's choice lets through now: what was granted; without
// a choice nothing but exempt services, and with a signal that counts as refusal
// (Sec-GPC) not even these.
func (c Choice) Effective(p *policy.Policy, refusing bool) policy.Set {
	switch {
	case c.State == Given:
		return c.Granted
	case refusing:
		return 0
	}
	return p.Exempt
}

// Keys sign choices. Verify accepts the keys before a rotation too.
type Keys interface {
	Sign(message []byte) []byte
	Verify(message, mac []byte) bool
}

// Codec reads the choices that visitors bring and writes new ones.
type Codec struct {
	Policy *policy.Policy
	// Remember is how long a choice is valid.
	Remember time.Duration
	// AcceptNative takes choices without signature, as the portal's own banner
	// writes them.
	AcceptNative bool
	Keys         Keys

	memo memo
}

// maxCookies is how many cookies of the name are judged in one request. Browsers
// send one a path and domain; who sends more gets no choice at all.
const maxCookies = 8

// Read judges the choice in a request's Cookie field values. Where several
// cookies of the name come (set for other paths or domains), what counts is what
// all valid ones grant, and the newest one's time and receipt. The clock is read only
// where there is one, which takes longer than to see that there is none.
func (b *Codec) Read(header []string, now func() time.Time) Choice {
	var result Choice
	count := 0
	for _, line := range header {
		for name, value := range cookies.Pairs(line) {
			if name != policy.ConsentCookie {
				continue
			}
			if count++; count > maxCookies {
				return Choice{State: Invalid}
			}
			c := b.judge(value, now())
			switch {
			case count == 1, c.State == Given && result.State != Given:
				result = c
			case c.State == Given:
				granted := result.Granted & c.Granted
				if c.Time > result.Time {
					result = c
				}
				result.Granted = granted
			}
		}
	}
	return result
}

// judge remembers valid choices, which the same visitor sends with every request.
func (b *Codec) judge(value string, now time.Time) Choice {
	if c, ok := b.memo.lookup(value, now); ok {
		return c
	}
	c := b.parse(value, now)
	if c.State == Given {
		until := now.Add(b.Remember).UnixMilli()
		if c.Time != 0 {
			until = c.Time + b.Remember.Milliseconds()
		}
		b.memo.store(value, c, now, until)
	}
	return c
}

// New is the choice that a visitor makes now.
func (b *Codec) New(granted policy.Set, now time.Time) Choice {
	return Choice{State: Given, Granted: granted, Time: now.UnixMilli(), Receipt: newReceipt()}
}

// withdrawing is how long it is remembered what a choice has withdrawn.
const withdrawing = 24 * time.Hour

// Withdraws are the services whose cookies are still to be deleted wherever they are.
func (c Choice) Withdraws(now time.Time) policy.Set {
	if c.State != Given || c.Withdrawn == 0 || now.Sub(time.UnixMilli(c.Time)) > withdrawing {
		return 0
	}
	return c.Withdrawn
}

// Services lists the ids of the services in a set, in the policy's order.
func Services(p *policy.Policy, set policy.Set) []string {
	ids := []string{}
	for i, s := range p.Services {
		if set.Has(i) {
			ids = append(ids, s.ID)
		}
	}
	return ids
}
