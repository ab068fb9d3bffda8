package config

import "github.com/caddy-consent/caddy-consent/internal/policy"

// Controller is who is responsible for the site.
type Controller struct {
	// Names the controller as visitors know it.
	Name string `json:"name,omitempty"`
	// Sets where visitors can write: a URL or an e-mail address. Default: none.
	Contact string `json:"contact,omitempty"`
}

// Declared is the controller as a policy has it; a nil one is the site itself.
func (c *Controller) Declared() policy.Controller {
	if c == nil {
		return policy.Controller{}
	}
	return policy.Controller(*c)
}

// Controller reads a name and, where there is one, where to write to.
func (b Block) Controller(to **Controller) func() error {
	return func() error {
		*to = new(Controller)
		return b.named(&(*to).Name, &(*to).Contact)()
	}
}
