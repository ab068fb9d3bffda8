package config

import (
	"net/url"
	"regexp"
	"strings"

	"github.com/caddy-consent/caddy-consent/internal/policy"
)

// Controller is who is responsible for the site.
type Controller struct {
	// Names the controller as visitors know it.
	Name string `json:"name,omitempty"`
	// Sets where visitors can write: a URL or an e-mail address. Default: none. Error: anything else.
	Contact string `json:"contact,omitempty"`
}

// Check refuses a contact to which nobody can write: the charter makes a link of it.
func (c *Controller) Check() error {
	if c == nil || c.Contact == "" {
		return nil
	}
	return CheckContact(c.Contact)
}

var eMail = regexp.MustCompile(`^[^\s@:<>]+@[^\s@:/<>]+$`)

// CheckContact refuses what is neither an e-mail address nor a URL for people.
func CheckContact(contact string) error {
	isWeb := strings.HasPrefix(contact, "https://") || strings.HasPrefix(contact, "http://")
	if page, err := url.Parse(contact); isWeb && err == nil && page.Host != "" || eMail.MatchString(strings.TrimPrefix(contact, "mailto:")) {
		return nil
	}
	return policy.Errorf("controller", "invalid contact %q: give an e-mail address such as dpo@ville.example, or a URL that begins with https://", contact)
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
