package config

import (
	"cmp"
	"maps"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-consent/caddy-consent/internal/policy"
)

// Service is one provider's tool, the unit of consent. If the catalogue knows its ID,
// fields that are left out are taken from there.
type Service struct {
	// Identifies the service in the visitor's choice: 1 to 64 lower-case letters, digits,
	// "-" or "_".
	ID string `json:"id"`
	// Names the service. Default: the catalogue's name, or the ID.
	Name string `json:"name,omitempty"`
	// Names the provider of the service. Changing the name asks every visitor again.
	// Default: the catalogue's provider, or the service's name.
	Provider string `json:"provider,omitempty"`
	// Links to the provider's page. Default: the catalogue's where Provider is not given, else none.
	ProviderURL string `json:"provider_url,omitempty"`
	// Sets what the service is for: functional, statistics, embeds, marketing or a
	// declared purpose. Default: the catalogue's. Error: none, or an unknown one.
	Purpose string `json:"purpose,omitempty"`
	// Lists its cookies, by exact name or by a pattern with * anywhere. Default: the
	// catalogue's. Error: neither cookies, hosts, paths nor storage.
	Cookies []string `json:"cookies,omitempty"`
	// Lists the hosts that it loads from or sends to: example.com, or *.example.com for
	// all its subdomains. Default: the catalogue's.
	Hosts []string `json:"hosts,omitempty"`
	// Lists paths of the site itself at which the service answers, exact or with * anywhere: /matomo/*. While the
	// service is denied, requests for them get 403 and never reach the upstream. Default: none.
	Paths []string `json:"paths,omitempty"`
	// Lists what it keeps in the browser's storage, by exact name or by a pattern with * anywhere: keys of
	// localStorage and sessionStorage, names of IndexedDB databases and of caches. While the service is denied, pages'
	// scripts can neither set nor read them, and they are deleted. Default: the catalogue's.
	Storage []string `json:"storage,omitempty"`
	// Lists literals of 4 characters or more. An inline script that contains one belongs
	// to the service. Default: the catalogue's.
	Inline []string `json:"inline,omitempty"`
	// Limits the lifetime of its cookies, counted from the visitor's choice. Default: the
	// catalogue's, or as the service sets them.
	Lifetime caddy.Duration `json:"lifetime,omitempty"`
	// Describes the service in a sentence, by language tag; the key "" covers all other
	// languages. Default: the catalogue's, or the purpose's title.
	Description map[string]string `json:"description,omitempty"`
	// Turns the service on unless the visitor refuses it, for audience measurement that
	// the law exempts from consent. Its cookies live 13 months at most. Default: false.
	// Error: a purpose other than statistics.
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
		Paths:       Patterns(s.Paths),
		Inline:      known.Inline,
		Globals:     known.Globals,
		Storage:     known.Storage,
		Lifetime:    cmp.Or(time.Duration(s.Lifetime), known.Lifetime),
		Description: maps.Clone(known.Description),
		Exempt:      s.Exempt,
	}
	if s.Provider != "" {
		declared.Provider = policy.Provider{Name: s.Provider}
	}
	if s.ProviderURL != "" {
		declared.Provider.URL = s.ProviderURL
	}
	if len(s.Cookies) > 0 {
		declared.Cookies = Patterns(s.Cookies)
	}
	if len(s.Hosts) > 0 {
		declared.Hosts = Patterns(s.Hosts)
	}
	if len(s.Storage) > 0 {
		declared.Storage = Patterns(s.Storage)
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
			"paths":       inner.List(&s.Paths),
			"storage":     inner.List(&s.Storage),
			"inline":      inner.List(&s.Inline),
			"lifetime":    inner.Duration(&s.Lifetime),
			"description": inner.translated(&s.Description),
			"exempt":      inner.flag(&s.Exempt),
		})
		*to = append(*to, s)
		return err
	}
}
