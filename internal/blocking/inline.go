package blocking

import (
	"github.com/caddy-consent/caddy-consent/internal/markup"
	"github.com/caddy-consent/caddy-consent/internal/policy"
)

// Inline tells whose an inline script is, by the literals that services declare.
type Inline struct {
	literals *markup.Literals
	owners   []int // the service of each literal
}

// NewInline prepares the search for a policy's literals.
func NewInline(p *policy.Policy) *Inline {
	var literals []string
	in := new(Inline)
	for i, s := range p.Services {
		for _, literal := range s.Inline {
			literals, in.owners = append(literals, literal), append(in.owners, i)
		}
	}
	in.literals = markup.NewLiterals(literals...)
	return in
}

// Denied finds the first literal of a service that is not granted in a script's text. It returns policy.Unknown for none.
func (in *Inline) Denied(text []byte, granted policy.Set) policy.Owner {
	if i := in.literals.Find(text, func(i int) bool { return !granted.Has(in.owners[i]) }); i >= 0 {
		return policy.Owner(in.owners[i])
	}
	return policy.Unknown
}
