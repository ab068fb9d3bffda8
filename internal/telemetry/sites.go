package telemetry

import (
	"slices"
	"strings"
	"sync"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-consent/caddy-consent/internal/inventory"
	"github.com/caddy-consent/caddy-consent/internal/page"
	"github.com/caddy-consent/caddy-consent/internal/policy"
	"github.com/caddy-consent/caddy-consent/internal/recent"
)

// Site is what one handler enforces, and what it has seen.
type Site struct {
	// Name tells sites apart; those without one share an inventory.
	Name, Mode, Path, Undeclared, ThirdParties string
	Policy                                     *policy.Policy
	Inventory                                  *inventory.Inventory
	// Workers are the site's service workers.
	Workers *page.Workers
	// Hashed are the paths of style sheets whose hash a page demands.
	Hashed *recent.Cache[struct{}]
}

// running are the sites of the running configuration, and for the moment of a reload of the one before.
var running struct {
	sync.Mutex
	sites []*Site
}

// inventories outlive reloads, and what is known of service workers and style sheets.
var inventories = caddy.NewUsagePool()

// kept is what is in the pool of a site.
type kept struct {
	*inventory.Inventory
	workers *page.Workers
	hashed  *recent.Cache[struct{}]
}

func (kept) Destruct() error { return nil }

// open gives the site the inventory of its name, and shows both to operators until Close.
func (s *Site) open() error {
	opened, _, err := inventories.LoadOrNew(s.Name, func() (caddy.Destructor, error) {
		return kept{inventory.New(), new(page.Workers), new(recent.Cache[struct{}])}, nil
	})
	if err != nil {
		return err
	}
	site := opened.(kept)
	s.Inventory, s.Workers, s.Hashed = site.Inventory, site.workers, site.hashed
	running.Lock()
	defer running.Unlock()
	running.sites = append(running.sites, s)
	return nil
}

// Close takes the site away.
func (s *Site) Close() error {
	running.Lock()
	running.sites = slices.DeleteFunc(running.sites, func(o *Site) bool { return o == s })
	running.Unlock()
	_, err := inventories.Delete(s.Name)
	return err
}

// Running are the sites of the running configuration, each once: a site may have several handlers, for error pages too.
func Running() []*Site {
	running.Lock()
	defer running.Unlock()
	var sites []*Site
	for _, s := range running.sites {
		if !slices.ContainsFunc(sites, func(o *Site) bool {
			return o.Name == s.Name && o.Policy.Version == s.Policy.Version && o.Mode == s.Mode && o.Path == s.Path
		}) {
			sites = append(sites, s)
		}
	}
	return sites
}

// Cookies are those that were seen, with what the policy says of each.
func (s *Site) Cookies() []inventory.Item {
	items := s.Inventory.Cookies.Items()
	for i := range items {
		item := &items[i]
		switch class := s.Policy.Classify(item.Name); class {
		case policy.ClassUndeclared:
			item.Service = s.Policy.Catalogue.KnownCookie(item.Name)
		case policy.ClassNecessary:
			item.Declared, item.Service = true, policy.Necessary
		default:
			item.Declared, item.Service = true, s.Policy.Services[class].ID
		}
	}
	return items
}

// Paths are those of the site at which a well-known service was seen to answer, with what the policy says of each.
func (s *Site) Paths() []inventory.Item {
	items := s.Inventory.Paths.Items()
	for i := range items {
		item := &items[i]
		path, query, _ := strings.Cut(item.Name, "?")
		id, pattern, _ := s.Policy.Catalogue.KnownPath(path, query)
		item.Service, item.Pattern = id, string(pattern)
		if owner := s.Policy.PathOwner(path); owner >= 0 {
			item.Declared, item.Service = true, s.Policy.Services[owner].ID
		}
	}
	return items
}

// Hosts are those that were seen, with what the policy says of each.
func (s *Site) Hosts() []inventory.Item {
	items := s.Inventory.Hosts.Items()
	for i := range items {
		item := &items[i]
		owner := s.Policy.Owner([]byte(item.Name))
		item.Declared = !s.Policy.IsUndeclared(owner)
		if owner >= 0 {
			item.Service = s.Policy.Owners()[owner].ID
		}
	}
	return items
}

// Storage are the keys of localStorage and sessionStorage that browsers have told of, with whose they are.
func (s *Site) Storage() []inventory.Item {
	items := s.Inventory.Storage.Items()
	for i := range items {
		item := &items[i]
		item.Service = s.Policy.Catalogue.KnownStorage(item.Name)
		if owner := s.Policy.StorageOwner(item.Name); owner >= 0 {
			item.Declared, item.Service = true, s.Policy.Services[owner].ID
		}
	}
	return items
}
