package policy

import (
	"embed"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"unicode"
)

// Catalogue is the well-known services: the module's own, and those of an operator's files. It never changes.
type Catalogue struct {
	services []Service
	byID     map[string]int
	// added are the ids of an operator's files.
	added []string
	// ownPaths finds services that answer at paths of sites.
	ownPaths ownPaths
}

// catalogueFiles hold what the module knows, a file a purpose; portal.json is first: the trackers that the portal's
// back office offers. Of each service they say:
//
//   - cookies: those of names that sites use themselves (lang, player, fr) are left out, although providers set
//     them: on their own hosts, where no proxy of the site sees them.
//   - hosts: the provider's alone, never a CDN that others share. Two services of one provider may list one; the first
//     has it.
//   - inline: literals that nothing but the service's snippets holds. No two services share one: a script with it
//     would wait until both are granted.
//   - globals: what the provider has sites call in scripts of their own. Of a library's objects only those of which
//     all that sites call is listed: half an object is worse than none.
//   - storage: keys of localStorage and sessionStorage, names of databases and caches, with the same patterns as cookies.
//   - own_paths: where the service answers under a site's own name, when it is installed there or passed on: the end of
//     the path behind "*", and what its query must have. They declare nothing: suggest and audit know it by them.
//   - exemption: under which conditions the CNIL lets it measure the audience without consent, and by what a site is
//     seen to break them. The audit tells which hold.
//   - lifetime: the longest that is documented for one of the cookies, at most 13 months.
//   - description: a sentence by language, or the name of one of the file's texts behind "@", which services of a kind
//     share. Where a service has its own in some languages, the key "" names the text for the others.
//   - source: the page where the facts are from, or a list of pages.
//   - unconfirmed: cookies, hosts and storage keys of the service that neither a source nor a collection states. They
//     are known all the same; the list is for whoever goes on looking (TestCatalogueConfirmed counts).
//
//go:generate go run ./list
//go:embed catalogue/*.json
var catalogueFiles embed.FS

var catalogueOrder = []string{"portal", Functional, Statistics, Embeds, Marketing}

// BuiltIn is the module's own catalogue, which is read when it is first asked for.
var BuiltIn = sync.OnceValue(func() *Catalogue {
	c, err := readBuiltIn()
	if err != nil {
		panic(err) // a test reads it
	}
	return c
})

func readBuiltIn() (*Catalogue, error) {
	var files []catalogueFile
	for _, name := range catalogueOrder {
		text, err := catalogueFiles.ReadFile("catalogue/" + name + ".json")
		if err != nil {
			return nil, err
		}
		file, err := readCatalogue(name+".json", text)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	if err := checkTogether(files, nil); err != nil {
		return nil, err
	}
	return newCatalogue(files), nil
}

func newCatalogue(files []catalogueFile) *Catalogue {
	c := &Catalogue{byID: make(map[string]int)}
	for _, file := range files {
		for _, s := range file.services {
			c.byID[s.ID] = len(c.services)
			c.services = append(c.services, s.Service)
			c.ownPaths.add(s.Service)
		}
	}
	return c
}

// With is the built-in catalogue with the services of an operator's files before it: theirs replace those that have
// the same id. Its errors are about the word "catalogue", and name file and line.
func With(names ...string) (*Catalogue, error) {
	if len(names) == 0 {
		return BuiltIn(), nil
	}
	var files []catalogueFile
	added := make(map[string]bool)
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, &Error{"catalogue", err}
		}
		file, err := readCatalogue(filepath.Clean(name), text)
		if err != nil {
			return nil, &Error{"catalogue", err}
		}
		files = append(files, file)
		for _, s := range file.services {
			added[s.ID] = true
		}
	}
	files = append(files, BuiltIn().without(added))
	if err := checkTogether(files, BuiltIn()); err != nil {
		return nil, &Error{"catalogue", err}
	}
	c := newCatalogue(files)
	c.added = slices.Sorted(maps.Keys(added))
	return c, nil
}

// without is what is left as a file, when services are replaced.
func (c *Catalogue) without(ids map[string]bool) catalogueFile {
	file := catalogueFile{name: "the built-in catalogue"}
	for _, s := range c.services {
		if !ids[s.ID] {
			file.services = append(file.services, locatedService{Service: s})
		}
	}
	return file
}

// Services are all of them, in the order in which they have hosts and cookies that several list.
func (c *Catalogue) Services() []Service { return c.services }

// Added are those of an operator's files.
func (c *Catalogue) Added() []Service {
	var all []Service
	for _, id := range c.added {
		all = append(all, c.Service(id))
	}
	return all
}

// Service returns the well-known service with that id, or one that has nothing but the id.
func (c *Catalogue) Service(id string) Service {
	if i, ok := c.byID[id]; ok {
		return c.services[i]
	}
	return Service{ID: id}
}

// meant asks whether another id was meant, where services have one that is nearly the same, or that name.
func (c *Catalogue) meant(id string) string {
	letters := func(text string) string {
		return strings.Map(func(r rune) rune {
			if unicode.IsLetter(r) || unicode.IsDigit(r) {
				return unicode.ToLower(r)
			}
			return -1
		}, text)
	}
	var near []string
	given := letters(id)
	for _, s := range c.services {
		if known := letters(s.ID); len(given) > 3 && isNear(given, known) || given == known || given == letters(s.Name) {
			near = append(near, s.ID)
		}
	}
	if len(near) == 0 || len(near) > 3 {
		return ""
	}
	return " (is " + strings.Join(near, " or ") + " meant?)"
}

// isNear tells whether two texts differ by one letter that is left out, added or another, or by two that are swapped.
func isNear(a, b string) bool {
	i := 0
	for i < min(len(a), len(b)) && a[i] == b[i] {
		i++
	}
	a, b = a[i:], b[i:]
	switch len(a) - len(b) {
	case 1:
		return a[1:] == b
	case -1:
		return a == b[1:]
	case 0:
		return a == b || a[1:] == b[1:] || len(a) > 1 && a[0] == b[1] && a[1] == b[0] && a[2:] == b[2:]
	}
	return false
}

// KnownCookie is the id of the well-known service that sets cookies of that name, "" where there is none.
func (c *Catalogue) KnownCookie(name string) string {
	for _, s := range c.services {
		if matchesAny(s.Cookies, name) {
			return s.ID
		}
	}
	return ""
}

// KnownStorage is the id of the well-known service that keeps values under that key, "" where there is none.
func (c *Catalogue) KnownStorage(key string) string {
	for _, s := range c.services {
		if matchesAny(s.Storage, key) {
			return s.ID
		}
	}
	return ""
}

// FromCatalogue returns a service of the module's own catalogue.
func FromCatalogue(id string) Service { return BuiltIn().Service(id) }

// checkTogether finds what two services both say: an id, a host of two providers' files, a literal. What replaces a
// service may say what that one has said.
func checkTogether(files []catalogueFile, replaced *Catalogue) error {
	type claim struct {
		file catalogueFile
		s    locatedService
	}
	var literals []claim
	ids, hosts, signs := make(map[string]claim), make(map[Pattern]claim), make(map[PathSign]claim)
	for _, file := range files {
		for _, s := range file.services {
			if first, ok := ids[s.ID]; ok {
				return s.errorf(file, s.ID, "the id %q is in %s already", s.ID, first.file.place(first.s))
			}
			ids[s.ID] = claim{file, s}
			for _, host := range s.Hosts {
				first, taken := hosts[host]
				if !taken {
					hosts[host] = claim{file, s}
				} else if first.file.name != file.name && first.s.Provider.Name != s.Provider.Name && !replaced.lists(first.s.ID, host) {
					return blame(first.file, first.s, file, s, string(host), "the host")
				}
			}
			for _, sign := range s.OwnPaths {
				if first, taken := signs[sign]; taken && !slices.Contains(replaced.service(first.s.ID).OwnPaths, sign) {
					return blame(first.file, first.s, file, s, string(sign), "the own path")
				}
				signs[sign] = claim{file, s}
			}
			for _, literal := range s.Inline {
				for _, other := range literals {
					if other.s.claims(literal) && !replaced.claims(other.s.ID, literal) {
						return blame(other.file, other.s, file, s, literal, "the literal")
					}
				}
			}
			literals = append(literals, claim{file, s})
		}
	}
	return nil
}

// lists tells whether the service with that id lists a host.
func (c *Catalogue) lists(id string, host Pattern) bool {
	return slices.Contains(c.service(id).Hosts, host)
}

// service is Service, of no catalogue too.
func (c *Catalogue) service(id string) Service {
	if c == nil {
		return Service{}
	}
	return c.Service(id)
}

// claims tells whether the service with that id has a literal that is in that one, or that one in it.
func (c *Catalogue) claims(id, literal string) bool { return c != nil && c.Service(id).claims(literal) }

func (s Service) claims(literal string) bool {
	return slices.ContainsFunc(s.Inline, func(its string) bool { return strings.Contains(its, literal) || strings.Contains(literal, its) })
}

// blame tells that two services have the same, at the one of them that has a line.
func blame(fileA catalogueFile, a locatedService, fileB catalogueFile, b locatedService, what, kind string) error {
	if b.text == nil {
		fileA, a, fileB, b = fileB, b, fileA, a
	}
	return b.errorf(fileB, what, "%s %q is also that of %s (%s)", kind, what, a.ID, fileA.place(a))
}

func (f catalogueFile) place(s locatedService) string {
	if s.text == nil {
		return f.name
	}
	return fmt.Sprintf("%s:%d", f.name, s.line(""))
}
