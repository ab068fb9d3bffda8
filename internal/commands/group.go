package commands

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"

	"github.com/caddy-consent/caddy-consent/internal/inventory"
)

// group is names that are likely the same cookie's.
type group struct {
	pattern string
	items   []inventory.Item
}

// counted is the number at the end of a name.
var counted = regexp.MustCompile(`\d+$`)

// unknown are the names that the catalogue does not know, those together that have one pattern, in the order in which the
// first of each came.
func unknown(items []inventory.Item, pattern func(name string) string) (groups []group) {
	for _, item := range items {
		if item.Service != "" {
			continue
		}
		of := pattern(item.Name)
		i := slices.IndexFunc(groups, func(g group) bool { return g.pattern == of })
		if i < 0 {
			groups, i = append(groups, group{pattern: of}), len(groups)
		}
		groups[i].items = append(groups[i].items, item)
	}
	return groups
}

// isUndeclarable tells that a name of the group has a star of its own, which a visitor may have put there.
func (g group) isUndeclarable() bool {
	return slices.ContainsFunc(g.items, func(i inventory.Item) bool { return !i.IsDeclarable() })
}

// cannotDeclare is said in place of a question.
const cannotDeclare = "# No line can declare it: a star in its name would stand for any other name. It is likely a stranger's invention.\n"

// alike are the unknown cookies or storage keys, those together that differ only by the number at the end of their names or
// behind the last separator, as ids do, where there are three or more.
func alike(items []inventory.Item) (out []group) {
	groups := unknown(items, func(name string) string {
		if strings.Contains(name, "*") { // it would stand for others
			return name
		}
		pattern := counted.ReplaceAllString(name, "*")
		if at := strings.LastIndexAny(name, "._-"); at > 0 && at < len(name)-1 {
			pattern = name[:at+1] + "*"
		}
		if pattern == "*" { // it would stand for all
			return name
		}
		return pattern
	})
	for _, g := range groups {
		if len(g.items) >= 3 {
			out = append(out, g)
			continue
		}
		for _, item := range g.items {
			out = append(out, group{item.Name, []inventory.Item{item}})
		}
	}
	return out
}

// sameSite are the unknown hosts, those together that are of one site. The pattern is that site.
func sameSite(hosts []inventory.Item) []group {
	return unknown(hosts, func(host string) string {
		if strings.Contains(host, "*") {
			return host
		}
		site, err := publicsuffix.EffectiveTLDPlusOne(host)
		if err != nil { // an address, or a suffix itself
			return host
		}
		return site
	})
}

// maxHosts is how many hosts of a site are named before one pattern stands for them.
const maxHosts = 4

// patterns are what to declare of a site's hosts.
func (g group) patterns() []string {
	var names []string
	for _, item := range g.items {
		names = append(names, item.Name)
	}
	if len(names) <= maxHosts {
		return names
	}
	patterns := []string{"*." + g.pattern}
	if slices.Contains(names, g.pattern) {
		patterns = append(patterns, g.pattern)
	}
	return patterns
}

// tokens writes names as tokens of a Caddyfile.
func tokens(names []string) string {
	var all []string
	for _, name := range names {
		all = append(all, inventory.Token(name))
	}
	return strings.Join(all, " ")
}

// howSure says whether the server has seen one of these itself.
func howSure(items []inventory.Item) string {
	if seenByServer(items) {
		return "seen by the server"
	}
	return "told by browsers only"
}

// showSeen says what was seen of the names of a group.
func showSeen(b *strings.Builder, g group) {
	b.WriteString("\n")
	for _, item := range g.items[:min(len(g.items), 5)] {
		fmt.Fprintf(b, "# %s\n", sentence(item))
	}
}

func askAboutHosts(b *strings.Builder, g group) {
	showSeen(b, g)
	if g.isUndeclarable() {
		b.WriteString(cannotDeclare)
		return
	}
	hosts := tokens(g.patterns())
	fmt.Fprintf(b, `# Not in the catalogue, %s.
# Who runs it, and what does it learn of visitors? If pages need it and it keeps nothing of them:
#	allow %s
# If visitors must be asked:
#	service <id> {
#		provider "<who provides it>"
#		purpose  functional | statistics | embeds | marketing
#		hosts    %s
#	}
# If nobody can say: until you declare it, pages load from it, unless third_parties is strict.
`, howSure(g.items), hosts, hosts)
}

func askAboutStorage(b *strings.Builder, g group) {
	showSeen(b, g)
	if g.isUndeclarable() {
		b.WriteString(cannotDeclare)
		return
	}
	fmt.Fprintf(b, `# Not in the catalogue, %s: a key of localStorage or sessionStorage.
# Which script keeps it, and what for? If it is one of the site's own and needed, leave it. Else it belongs to a service:
#		storage  %s
`, howSure(g.items), inventory.Token(g.pattern))
}
