// Package decision says what a visitor's choice means for one request: which cookies
// pass in either direction, whether the notice is shown, and by what name caches
// and the rest of a Caddyfile may know it.
package decision

import (
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/caddy-consent/caddy-consent/internal/choice"
	"github.com/caddy-consent/caddy-consent/internal/csp"
	"github.com/caddy-consent/caddy-consent/internal/policy"
)

// Decision is what all visitors with the same choice have in common. It is shared
// between requests and never changes.
type Decision struct {
	State choice.State
	// Effective is what is granted now.
	Effective policy.Set
	// OptOut tells that the browser signals refusal, and that this counts.
	OptOut bool
	// Notice tells that pages show the notice.
	Notice bool
	// Key tells the variants of a page apart; there are boundedly many.
	Key string
	// Vars are what a Caddyfile may use as {http.vars.<name>}.
	Vars []Var
	// Strict is the Content-Security-Policy that pages get besides the site's own; "" where
	// third parties are not strict.
	Strict string

	decider *Decider
}

// Var is one variable. The value is boxed once, so that setting it for a request
// allocates nothing.
type Var struct {
	Name  string
	Value any
}

// Decider makes decisions and remembers them.
type Decider struct {
	Policy *policy.Policy
	GPC    choice.GPC
	// Report is the path that takes reports of what a strict policy has stopped; "" where
	// third parties are not strict.
	Report string

	// A slot holds one decision, another takes its place: bounded, without locks.
	slots [256]atomic.Pointer[Decision]
}

// Decide returns the decision on a choice; optsOut tells that the request carries a
// signal that counts as refusal.
func (d *Decider) Decide(c choice.Choice, optsOut bool) *Decision {
	optsOut = optsOut && c.State != choice.Given // a choice outweighs it
	effective := c.Effective(d.Policy, optsOut)
	slot := uint64(effective) ^ uint64(effective)>>32
	slot ^= slot >> 8
	slot = slot<<3 ^ uint64(c.State)
	if optsOut {
		slot ^= 0x80
	}
	at := &d.slots[slot%uint64(len(d.slots))]
	if v := at.Load(); v != nil && v.State == c.State && v.Effective == effective && v.OptOut == optsOut {
		return v
	}
	v := d.make(c.State, effective, optsOut)
	at.Store(v)
	return v
}

func (d *Decider) make(state choice.State, effective policy.Set, optsOut bool) *Decision {
	v := &Decision{
		State: state, Effective: effective, OptOut: optsOut, decider: d,
		Notice: state != choice.Given && !(optsOut && d.GPC == choice.SilentGPC),
	}
	// What differs in a page: the version of what was asked, whether the notice is
	// shown and what it says, what is granted.
	shown := "c"
	switch {
	case v.Notice && optsOut:
		shown = "g"
	case v.Notice:
		shown = "n"
	}
	v.Key = d.Policy.Version[:8] + shown + strconv.FormatUint(uint64(effective), 16)

	if d.Report != "" {
		v.Strict = csp.Allowlist(d.Policy.Sources(effective), d.Report)
	}

	v.Vars = []Var{
		{"consent.state", state.String()},
		{"consent.granted", strings.Join(choice.Services(d.Policy, effective), ",")},
		{"consent.key", v.Key},
	}
	for i, s := range d.Policy.Services {
		value := "denied"
		if effective.Has(i) {
			value = "granted"
		}
		v.Vars = append(v.Vars, Var{"consent." + s.ID, value})
	}
	return v
}
