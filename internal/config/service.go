package config

import (
	"cmp"
	"maps"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-consent/caddy-consent/internal/policy"
)

// Service is one provider's tool, the unit of consent. Where the catalogue knows its
// id, what is left out is taken from there.
type Service struct {
	// Identifies the service in the visitor's choice: lower-case letters, digits, "-"
	// and "_".
	ID string `json:"id"`
	// Names the service. Default: the id.
	Name string `json:"name,omitempty"`
	// Names who makes the service; another name asks every visitor again. Default:
	// the service's name.
	Provider string `json:"provider,omitempty"`
	// Links to the provider. Default: none.
	ProviderURL string `json:"provider_url,omitempty"`
	// Says what the service is for: functional, statistics, embeds, marketing or a
	// declared purpose.
	Purpose string `json:"purpose,omitempty"`
	// Lists the names of its cookies, exact or with * anywhere. They replace the
	// catalogue's.
	Cookies []string `json:"cookies,omitempty"`
	// Lists the hosts that it is loaded from or sends to: example.com or *.example.com, which
	// is every name below. They replace the catalogue's.
	Hosts []string `json:"hosts,omitempty"`
	// Lists literals, of 4 characters or more: an inline script that holds one is the
	// service's. They replace the catalogue's.
	Inline []string `json:"inline,omitempty"`
	// Shortens the life of its cookies to this, counted from the visitor's choice.
	// Default: as the service sets them.
	Lifetime caddy.Duration `json:"lifetime,omitempty"`
	// Describes the service in a sentence, by language tag; the key "" is for all
	// other languages. Default: the purpose's title.
	Description map[string]string `json:"description,omitempty"`
	// Turns the service on unless the visitor refuses it: audience measurement that
	// the law exempts from consent. Its cookies live 13 months at most. Default: false.
	Exempt bool `json:"exempt,omitempty"`
}

// Declared is the service with a catalogue's facts where the configuration has none of its own.
func (s Service) Declared(catalogue *policy.Catalogue) policy.Service {
	known := catalogue.Service(s.ID)
	declared := policy.Service{
		ID:          s.ID,
		Name:        cmp.Or(s.Name, known.Name),
		Provider:    known.Provider,
		Purpose:     cmp.Or(s.Purpose, known.Purpose),
		Cookies:     known.Cookies,
		Hosts:       known.Hosts,
		Inline:      known.Inline,
		Globals:     known.Globals,
		Storage:     known.Storage,
		Lifetime:    cmp.Or(time.Duration(s.Lifetime), known.Lifetime),
		Description: maps.Clone(known.Description),
		Exempt:      s.Exempt || known.Exempt,
	}
	if s.Provider != "" {
		declared.Provider = policy.Provider{Name: s.Provider, URL: s.ProviderURL}
	}
	if len(s.Cookies) > 0 {
		declared.Cookies = Patterns(s.Cookies)
	}
	if len(s.Hosts) > 0 {
		declared.Hosts = Patterns(s.Hosts)
	}
	if len(s.Inline) > 0 {
		declared.Inline = s.Inline
	}
	if len(s.Description) > 0 {
		declared.Description = s.Description
	}
	return declared
}

// DeclaredServices are the services as a policy has them.
func DeclaredServices(services []Service, catalogue *policy.Catalogue) []policy.Service {
	var out []policy.Service
	for _, s := range services {
		out = append(out, s.Declared(catalogue))
	}
	return out
}

// Patterns are names as a policy has them.
func Patterns(names []string) []policy.Pattern {
	var out []policy.Pattern
	for _, name := range names {
		out = append(out, policy.Pattern(name))
	}
	return out
}

// Service adds the service that a block declares.
func (b Block) Service(to *[]Service) func() error {
	return func() error {
		var s Service
		if err := b.id(&s.ID); err != nil {
			return err
		}
		inner := b.nested()
		err := inner.Read(map[string]func() error{
			"name":        inner.Text(&s.Name),
			"provider":    inner.named(&s.Provider, &s.ProviderURL),
			"purpose":     inner.Text(&s.Purpose),
			"cookies":     inner.List(&s.Cookies),
			"hosts":       inner.List(&s.Hosts),
			"inline":      inner.List(&s.Inline),
			"lifetime":    inner.Duration(&s.Lifetime),
			"description": inner.translated(&s.Description),
			"exempt":      inner.flag(&s.Exempt),
		})
		*to = append(*to, s)
		return err
	}
}
