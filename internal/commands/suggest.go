package commands

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/caddy-consent/caddy-consent/internal/adminapi"
	"github.com/caddy-consent/caddy-consent/internal/inventory"
	"github.com/caddy-consent/caddy-consent/internal/policy"
)

func (c Commands) suggest() *cobra.Command {
	var (
		address, site, file string
		write, yes, asJSON  bool
	)
	cmd := command("suggest [<file>...] [--address <address>] [--site <name>] [--write | --json]", "Prints the lines that declare the cookies, hosts and storage keys a site was seen to use", `
Reads the inventory of the running instance, or of files that hold answers of GET /consent/inventory, from one or
more instances. Prints lines for the consent block: a service for each tool that the catalogue knows, and for
everything else a question that only you can answer, as a comment. Says what the catalogue knows, what the server has
seen itself, and what browsers alone have told of. Leaves out what is already declared.

	caddy consent suggest
	caddy consent suggest monday.json tuesday.json

With --json, prints the same as JSON.

With --write, shows how the Caddyfile would change, asks, and writes it. Reload Caddy afterwards.

	caddy consent suggest --write --config /etc/caddy-consent/Caddyfile`, cobra.ArbitraryArgs,
		func(_ context.Context, files []string) (int, error) {
			sites, err := readInventories(address, files)
			if err != nil {
				return exitNoAnswer, err
			}
			if site != "" {
				sites = slices.DeleteFunc(sites, func(s adminapi.SiteInventory) bool { return s.Site != site })
			}
			switch {
			case len(sites) == 0 && site != "":
				return exitNoAnswer, fmt.Errorf("there is no inventory of a site named %q", site)
			case len(sites) == 0:
				return exitNoAnswer, errors.New("there is no inventory: no site has the directive consent")
			}
			if asJSON {
				return exitHolds, json.NewEncoder(out).Encode(map[string]any{"sites": proposals(sites)})
			}
			for _, s := range sites {
				if write && hasUndeclared(s) {
					var lines strings.Builder
					suggestLines(&lines, s)
					if err := c.offer(file, s.Site, lines.String(), yes); err != nil {
						return exitNoAnswer, err
					}
					continue
				}
				if _, err := io.WriteString(out, suggestion(s)); err != nil {
					return exitNoAnswer, err
				}
			}
			return exitHolds, nil
		})
	addressFlag(cmd, &address)
	cmd.Flags().StringVar(&site, "site", "", "only the site with this name, by its 'site' option")
	cmd.Flags().BoolVar(&write, "write", false, "show how the Caddyfile would change, ask, and write it")
	cmd.Flags().BoolVar(&yes, "yes", false, "with --write: write without asking")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print what to declare as JSON")
	cmd.MarkFlagsMutuallyExclusive("write", "json")
	cmd.Flags().StringVarP(&file, "config", "c", "", "with --write: the Caddyfile (default: Caddyfile in this folder)")
	return cmd
}

// readInventories reads the files, or asks the running instance where there are none.
func readInventories(address string, files []string) ([]adminapi.SiteInventory, error) {
	var texts [][]byte
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		texts = append(texts, text)
	}
	if len(files) == 0 {
		text, err := adminAPI(address, http.MethodGet, "/consent/inventory")
		if err != nil {
			return nil, err
		}
		files, texts = []string{"the instance's answer"}, [][]byte{text}
	}
	var sites []adminapi.SiteInventory
	for i, text := range texts {
		var answer adminapi.Inventories
		if err := json.Unmarshal(text, &answer); err != nil || answer.Sites == nil {
			return nil, fmt.Errorf("%s does not hold an answer of GET /consent/inventory", files[i])
		}
		for _, s := range answer.Sites {
			sites = merged(sites, s)
		}
	}
	return sites, nil
}

// merged adds what another instance, or another day, has seen of a site.
func merged(sites []adminapi.SiteInventory, more adminapi.SiteInventory) []adminapi.SiteInventory {
	i := slices.IndexFunc(sites, func(s adminapi.SiteInventory) bool { return s.Site == more.Site })
	if i < 0 {
		return append(sites, more)
	}
	s := &sites[i]
	s.Services, s.Catalogue = more.Services, more.Catalogue
	s.Cookies, s.Hosts = mergedItems(s.Cookies, more.Cookies), mergedItems(s.Hosts, more.Hosts)
	s.Storage = mergedItems(s.Storage, more.Storage)
	s.Paths = mergedItems(s.Paths, more.Paths)
	return sites
}

func mergedItems(items, more []inventory.Item) []inventory.Item {
	for _, item := range more {
		i := slices.IndexFunc(items, func(o inventory.Item) bool { return o.Name == item.Name })
		if i < 0 {
			items = append(items, item)
			continue
		}
		known := &items[i]
		known.Count += item.Count
		known.Declared, known.Service = item.Declared, item.Service
		known.Set = cmp.Or(known.Set, item.Set)
		for _, where := range item.Where {
			if !slices.Contains(known.Where, where) {
				known.Where = append(known.Where, where)
			}
		}
	}
	return items
}

// suggestion writes what to declare of a site.
func suggestion(s adminapi.SiteInventory) string {
	var b strings.Builder
	name := ""
	if s.Site != "" {
		name = fmt.Sprintf(" of the site %q", s.Site)
	}
	cookies, hosts, storage, paths := undeclared(s.Cookies), undeclared(s.Hosts), undeclared(s.Storage), undeclared(s.Paths)
	fmt.Fprintf(&b, "# The inventory%s: %d cookies and %d third-party hosts were seen; %d and %d of them are not declared.\n",
		name, len(s.Cookies), len(s.Hosts), len(cookies), len(hosts))
	if len(s.Storage) > 0 {
		fmt.Fprintf(&b, "# Pages tell of %d keys in localStorage and sessionStorage; %d of them are not declared.\n", len(s.Storage), len(storage))
	}
	if len(paths) > 0 {
		fmt.Fprintf(&b, "# At %d paths of the site itself a well-known service answers; %d of them are not declared.\n", len(s.Paths), len(paths))
	}
	if !hasUndeclared(s) {
		b.WriteString("# There is nothing to add.\n")
		return b.String()
	}
	b.WriteString("# Paste this into the consent block of the Caddyfile, answer the questions, and reload Caddy. What browsers alone tell\n" +
		"# of, anybody may have invented: look at the site before you declare it.\n")
	suggestLines(&b, s)
	return b.String()
}

// suggestLines writes the lines that declare what is not declared yet.
func suggestLines(b *strings.Builder, s adminapi.SiteInventory) {
	cookies, hosts, storage := undeclared(s.Cookies), undeclared(s.Hosts), undeclared(s.Storage)
	suggestServices(b, s, slices.Concat(cookies, hosts, storage, undeclared(s.Paths)))
	for _, group := range alike(suggestApplications(b, cookies)) {
		askAboutCookie(b, group)
	}
	for _, group := range sameSite(hosts) {
		askAboutHosts(b, group)
	}
	for _, group := range alike(storage) {
		askAboutStorage(b, group)
	}
}

// hasUndeclared tells whether there is something to suggest.
func hasUndeclared(s adminapi.SiteInventory) bool {
	return len(undeclared(slices.Concat(s.Cookies, s.Hosts, s.Storage, s.Paths))) > 0
}

func undeclared(items []inventory.Item) []inventory.Item {
	return slices.DeleteFunc(slices.Clone(items), func(i inventory.Item) bool { return !i.IsUndeclared() })
}

// suggestServices declares what the catalogue knows.
func suggestServices(b *strings.Builder, s adminapi.SiteInventory, items []inventory.Item) {
	seen, paths := make(map[string][]inventory.Item), make(map[string]string)
	for _, item := range items {
		if item.Service != "" {
			seen[item.Service] = append(seen[item.Service], item)
		}
		if pattern := " " + inventory.Token(item.Pattern); item.Pattern != "" && !strings.Contains(paths[item.Service]+" ", pattern+" ") {
			paths[item.Service] += pattern
		}
	}
	for _, id := range slices.Sorted(maps.Keys(seen)) {
		known := knownAs(s, id)
		fmt.Fprintf(b, "\n# %s (%s):", known.Name, known.Provider)
		for _, item := range seen[id] {
			fmt.Fprintf(b, "\n#   %s", sentence(item))
		}
		fmt.Fprintf(b, "\n# Known from the catalogue, %s.", howSure(seen[id]))
		switch {
		case slices.Contains(s.Services, id) && paths[id] != "":
			fmt.Fprintf(b, "\n# The service %s is declared, but without these: add them to its lines.\n#\tpaths%s\n", id, paths[id])
		case slices.Contains(s.Services, id):
			fmt.Fprintf(b, "\n# The service %s is declared, but without these names: add them to its lines.\n", id)
		case paths[id] != "":
			fmt.Fprintf(b, "\n# It answers at the site itself. If you run it, name yourself in it: provider \"<your name>\"")
			fmt.Fprintf(b, "\nservice %s {\n\tpaths%s\n}\n", id, paths[id])
		case known.Purpose == policy.Functional:
			fmt.Fprintf(b, "\n# It passes until you declare it. Declare it if visitors should be asked. If pages do not work without it,\n# allow its hosts instead.\nservice %s\n", id)
		default:
			fmt.Fprintf(b, "\nservice %s\n", id)
		}
	}
}

// knownAs is a service of the operator's files, or else of the module's own catalogue.
func knownAs(s adminapi.SiteInventory, id string) adminapi.KnownService {
	for _, known := range s.Catalogue {
		if known.ID == id {
			return known
		}
	}
	known := policy.FromCatalogue(id)
	return adminapi.KnownService{ID: id, Name: known.Name, Provider: known.Provider.Name, Purpose: known.Purpose}
}

// suggestApplications declares the software of which the site sets cookies, and returns the cookies that it does not need.
func suggestApplications(b *strings.Builder, cookies []inventory.Item) (others []inventory.Item) {
	others = cookies
	for _, a := range policy.Applications() {
		needed := neededBy(a, others)
		if len(needed) == 0 {
			continue
		}
		fmt.Fprintf(b, "\n# %s, by which people sign in and edit:", a.Name)
		for _, item := range needed {
			fmt.Fprintf(b, "\n#   %s", sentence(item))
		}
		fmt.Fprintf(b, "\n# Known from the catalogue, %s.\napplication %s\n", howSure(needed), a.ID)
		others = without(others, needed)
	}
	return others
}

// neededBy are the cookies that an application cannot do without, none where no cookie that the site sets tells of it.
func neededBy(a policy.Application, cookies []inventory.Item) (needed []inventory.Item) {
	if !slices.ContainsFunc(cookies, func(i inventory.Item) bool { return a.IsToldBy(i.Name) && i.IsSetBySite() }) {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(cookies), func(i inventory.Item) bool { return i.Service != "" || !a.Needs(i.Name) })
}

func without(items, some []inventory.Item) []inventory.Item {
	return slices.DeleteFunc(slices.Clone(items), func(i inventory.Item) bool {
		return slices.ContainsFunc(some, func(o inventory.Item) bool { return o.Name == i.Name })
	})
}

func askAboutCookie(b *strings.Builder, g group) {
	b.WriteString("\n")
	for _, item := range g.items[:min(len(g.items), 5)] {
		fmt.Fprintf(b, "# %s\n", sentence(item))
		if how := setting(item); how != "" {
			fmt.Fprintf(b, "#   %s\n", how)
		}
	}
	fmt.Fprintf(b, "# Not in the catalogue, %s.\n", howSure(g.items))
	if g.isUndeclarable() {
		b.WriteString(cannotDeclare)
		return
	}
	pattern := inventory.Token(g.pattern)
	fmt.Fprintf(b, `# What is it for, and who reads it? If the site does not work without it, whoever the visitor is:
#	necessary %s
# If it serves comfort, statistics, embedded content or advertising, visitors must be asked:
#	service <id> {
#		provider "<who provides it>"
#		purpose  functional | statistics | embeds | marketing
#		cookies  %s
#	}
# If nobody can say, leave it out: it is stripped.
`, pattern, pattern)
}

// sentence says what was seen of a name, on one line whatever the name holds.
func sentence(item inventory.Item) string {
	if item.Pattern != "" {
		return fmt.Sprintf("%s: asked for %s, and the site answers", inventory.Token(item.Name), times(item.Count))
	}
	where := strings.NewReplacer("upstream", "set by the site", "browser", "sent by browsers", "page", "in pages", "report", "told by browsers").
		Replace(strings.Join(item.Where, ", "))
	return fmt.Sprintf("%s: %s, %s, first at %s", inventory.Token(item.Name), times(item.Count), where, inventory.Token(item.Path))
}

// setting says how the site sets a cookie, which helps to tell what it is for.
func setting(cookie inventory.Item) string {
	s := cookie.Set
	if s == nil {
		if cookie.IsSetBySite() {
			return ""
		}
		return "The site was not seen to set it: a script does, or it is older than the inventory."
	}
	life := "until they are closed"
	if s.Life > 0 {
		life = "for " + span(time.Duration(s.Life)*time.Second)
	}
	said := "Browsers keep it " + life
	if s.HTTPOnly {
		said += "; scripts cannot read it (HttpOnly)"
	} else {
		said += "; scripts can read it"
	}
	if s.Posted {
		said += "; the site first set it in answer to a form, such as a sign-in"
	}
	return said + "."
}

// span is a duration in its largest unit.
func span(d time.Duration) string {
	const day = 24 * time.Hour
	for _, unit := range []struct {
		length time.Duration
		name   string
	}{{day, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}, {time.Second, "second"}} {
		switch n := int64(d.Round(unit.length) / unit.length); {
		case d < unit.length:
		case n == 1:
			return "1 " + unit.name
		default:
			return fmt.Sprintf("%d %ss", n, unit.name)
		}
	}
	return "less than a second"
}

func times(n uint64) string {
	switch n {
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return fmt.Sprintf("%d times", n)
}
