package config

import "github.com/caddy-consent/caddy-consent/internal/policy"

// Purpose is what services are used for.
type Purpose struct {
	// Identifies the purpose: 1 to 64 lower-case letters, digits, "-" or "_".
	ID string `json:"id"`
	// Names the purpose, by language tag; the key "" covers all other languages. Required for an additional purpose.
	Title map[string]string `json:"title,omitempty"`
	// Describes the purpose in a sentence, by language tag as Title. Default: the built-in text, or none.
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
