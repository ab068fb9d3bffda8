package commands

import (
	"cmp"
	"maps"
	"slices"

	"github.com/caddy-consent/caddy-consent/internal/adminapi"
	"github.com/caddy-consent/caddy-consent/internal/inventory"
	"github.com/caddy-consent/caddy-consent/internal/policy"
)

// proposal is what `suggest --json` says of a site.
type proposal struct {
	Site string `json:"site"`
	// Services are what the catalogue knows, Applications the software of which the site sets cookies, Unknown what
	// nobody but the operator can explain: each a cookie, a host or a key, or several that are alike.
	Services     []proposed `json:"services"`
	Applications []proposed `json:"applications"`
	Unknown      []proposed `json:"unknown"`
}

// proposed is something to declare.
type proposed struct {
	ID       string `json:"id,omitempty"`
	Name     string `json:"name,omitempty"`
	Provider string `json:"provider,omitempty"`
	Purpose  string `json:"purpose,omitempty"`
	// Declared tells that the service is declared, but without these names.
	Declared bool     `json:"declared,omitempty"`
	Cookies  []string `json:"cookies,omitempty"`
	Hosts    []string `json:"hosts,omitempty"`
	Storage  []string `json:"storage,omitempty"`
	// Paths are as a line `paths` would have them.
	Paths []string `json:"paths,omitempty"`
	// SeenByServer tells that the server has seen one of them itself; what browsers alone tell of may be invented.
	SeenByServer bool `json:"seen_by_server"`
}

func proposals(sites []adminapi.SiteInventory) []proposal {
	all := []proposal{}
	for _, s := range sites {
		all = append(all, propose(s))
	}
	return all
}

func propose(s adminapi.SiteInventory) proposal {
	out := proposal{Site: s.Site, Services: proposedServices(s), Applications: []proposed{}, Unknown: []proposed{}}
	cookies := declarable(s.Cookies)
	for _, a := range policy.Applications() {
		if needed := neededBy(a, cookies); len(needed) > 0 {
			out.Applications = append(out.Applications, proposed{ID: a.ID, Name: a.Name, Cookies: namesOf(needed), SeenByServer: seenByServer(needed)})
			cookies = without(cookies, needed)
		}
	}
	for _, g := range alike(cookies) {
		out.Unknown = append(out.Unknown, proposed{Cookies: []string{g.pattern}, SeenByServer: seenByServer(g.items)})
	}
	for _, g := range sameSite(declarable(s.Hosts)) {
		out.Unknown = append(out.Unknown, proposed{Hosts: g.patterns(), SeenByServer: seenByServer(g.items)})
	}
	for _, g := range alike(declarable(s.Storage)) {
		out.Unknown = append(out.Unknown, proposed{Storage: []string{g.pattern}, SeenByServer: seenByServer(g.items)})
	}
	return out
}

// declarable are the undeclared names that a line can declare: here they are patterns.
func declarable(items []inventory.Item) []inventory.Item {
	return slices.DeleteFunc(undeclared(items), func(i inventory.Item) bool { return !i.IsDeclarable() })
}

// proposedServices are those that the catalogue knows, in the order of their ids.
func proposedServices(s adminapi.SiteInventory) []proposed {
	found := make(map[string]*proposed)
	add := func(items []inventory.Item, to func(*proposed) *[]string) {
		for _, item := range declarable(items) {
			if item.Service == "" {
				continue
			}
			if found[item.Service] == nil {
				known := knownAs(s, item.Service)
				found[item.Service] = &proposed{
					ID: known.ID, Name: known.Name, Provider: known.Provider, Purpose: known.Purpose, Declared: slices.Contains(s.Services, known.ID),
				}
			}
			p := found[item.Service]
			names, name := to(p), cmp.Or(item.Pattern, item.Name)
			if !slices.Contains(*names, name) {
				*names = append(*names, name)
			}
			p.SeenByServer = p.SeenByServer || !item.IsTold()
		}
	}
	add(s.Cookies, func(p *proposed) *[]string { return &p.Cookies })
	add(s.Hosts, func(p *proposed) *[]string { return &p.Hosts })
	add(s.Storage, func(p *proposed) *[]string { return &p.Storage })
	add(s.Paths, func(p *proposed) *[]string { return &p.Paths })
	out := []proposed{}
	for _, id := range slices.Sorted(maps.Keys(found)) {
		out = append(out, *found[id])
	}
	return out
}

func seenByServer(items []inventory.Item) bool {
	return slices.ContainsFunc(items, func(i inventory.Item) bool { return !i.IsTold() })
}

func namesOf(items []inventory.Item) (names []string) {
	for _, item := range items {
		names = append(names, item.Name)
	}
	return names
}
