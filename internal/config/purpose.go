package config

import "github.com/caddy-consent/caddy-consent/internal/policy"

// Purpose is what services are for.
type Purpose struct {
	// Identifies the purpose: lower-case letters, digits, "-" and "_".
	ID string `json:"id"`
	// Names the purpose, by language tag; the key "" is for all other languages.
	Title map[string]string `json:"title,omitempty"`
	// Describes it in a sentence, by language tag as the title. Default: none.
	Description map[string]string `json:"description,omitempty"`
}

// DeclaredPurposes are the purposes as a policy has them.
func DeclaredPurposes(purposes []Purpose) []policy.Purpose {
	var out []policy.Purpose
	for _, p := range purposes {
		out = append(out, policy.Purpose{ID: p.ID, Title: p.Title, Description: p.Description})
	}
	return out
}

// Purpose adds the purpose that a block declares.
func (b Block) Purpose(to *[]Purpose) func() error {
	return func() error {
		var p Purpose
		if err := b.id(&p.ID); err != nil {
			return err
		}
		inner := b.nested()
		err := inner.Read(map[string]func() error{
			"title":       inner.translated(&p.Title),
			"description": inner.translated(&p.Description),
		})
		*to = append(*to, p)
		return err
	}
}
