package notice

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html/template"
	"slices"
	"strconv"
	"strings"

	"github.com/caddy-consent/caddy-consent/internal/choice"
	"github.com/caddy-consent/caddy-consent/internal/markup"
	"github.com/caddy-consent/caddy-consent/internal/policy"
)

// Guard says what the guard, the script that is first in the head, is to hold back and to tell.
type Guard struct {
	// Requests tells that hosts are denied, not cookies alone.
	Requests bool
	// Strict tells that pages have a policy of ours, so that only a new page can load what is granted.
	Strict bool
	// GPC tells that the browser's signal counts as refusal.
	GPC bool
	// Google and Matomo are told of the choice.
	Google, Matomo bool
	// Tells is the path to which pages tell the names of their cookies, storage keys and hosts; "" for none.
	Tells string
}

// guardPolicy is what the guard's script knows of the policy.
type guardPolicy struct {
	Services     []guardOwner
	Known        []guardOwner // denied, though nobody declared them
	Allow        []policy.Pattern
	Necessary    []policy.Pattern
	Pass, Strict bool
	GPC          bool
	Google       map[string][]string
	Matomo       string
	// Hashes are those of the scripts that the guard loads, where the page asks for them.
	Hashes map[string]string
}

type guardOwner struct {
	ID      string
	Hosts   []policy.Pattern
	Paths   []policy.Pattern // of the site
	Cookies []policy.Pattern
	Inline  []string // never nil: by that the script tells declared services
	Globals []string
	Life    float64 // in seconds
	Exempt  bool
}

// consentTypes are those of Google's Consent Mode v2 that stand for a purpose.
var consentTypes = map[string][]string{
	policy.Statistics: {"analytics_storage"},
	policy.Marketing:  {"ad_storage", "ad_user_data", "ad_personalization"},
	policy.Functional: {"functionality_storage", "personalization_storage"},
}

func (g Guard) policy(p *policy.Policy) guardPolicy {
	out := guardPolicy{Necessary: p.Necessary, Pass: p.PassUndeclared, Strict: g.Strict, GPC: g.GPC}
	for _, s := range p.Services {
		owner := guardOwner{ID: s.ID, Cookies: s.Cookies, Inline: []string{}, Life: s.MaxLife().Seconds(), Exempt: s.Exempt}
		if g.Requests {
			owner.Hosts, owner.Paths, owner.Inline, owner.Globals = s.Hosts, s.Paths, append(owner.Inline, s.Inline...), s.Globals
		}
		out.Services = append(out.Services, owner)
	}
	if g.Requests {
		out.Allow = p.Allow
		for i, s := range p.Owners() {
			if i >= len(p.Services) && p.Blocks(policy.Owner(i), 0) {
				owner := guardOwner{ID: s.ID, Hosts: slices.DeleteFunc(slices.Clone(s.Hosts), out.has), Globals: s.Globals} // the first has it
				if len(owner.Hosts) > 0 {
					out.Known = append(out.Known, owner)
				}
			}
		}
	}
	if g.Google {
		out.Google = make(map[string][]string)
		for purpose, types := range consentTypes {
			for _, consentType := range types {
				out.Google[consentType] = []string{}
				for _, s := range p.Services {
					if s.Purpose == purpose && isGoogle(s) {
						out.Google[consentType] = append(out.Google[consentType], s.ID)
					}
				}
			}
		}
	}
	if g.Matomo {
		out.Matomo = p.Services[matomo(p)].ID
	}
	return out
}

// Check finds signals that nobody would hear.
func (g Guard) Check(p *policy.Policy) error {
	if g.Google && !slices.ContainsFunc(p.Services, isGoogle) {
		return fmt.Errorf("google needs a declared service whose provider is Google, such as 'service ga'")
	}
	if g.Matomo && matomo(p) < 0 {
		return fmt.Errorf("matomo needs a declared service that has the cookie _pk_id.*, such as 'service matomo'")
	}
	return nil
}

func isGoogle(s policy.Service) bool {
	return strings.HasPrefix(s.Provider.Name, "Google") && consentTypes[s.Purpose] != nil
}

// matomo is the index of the service that has Matomo's cookies, below 0 where there is none.
func matomo(p *policy.Policy) int { return int(p.Classify("_pk_id.1.0000")) }

// has tells whether an owner before has a host, by that pattern or a wider one.
func (g guardPolicy) has(host policy.Pattern) bool {
	covers := func(p policy.Pattern) bool { return p.Match(string(host)) }
	isCovered := func(s guardOwner) bool { return slices.ContainsFunc(s.Hosts, covers) }
	return slices.ContainsFunc(g.Allow, covers) || slices.ContainsFunc(g.Services, isCovered) || slices.ContainsFunc(g.Known, isCovered)
}

// MarshalJSON writes what every page loads as short as it can be.
func (g guardPolicy) MarshalJSON() ([]byte, error) {
	owners := []any{[]any{"", strings.TrimSpace(abbreviated(g.Necessary, ""))}}
	for _, s := range g.Services {
		owner := []any{s.text(), strings.TrimSpace(abbreviated(s.Cookies, "")), s.Inline, s.Life / (24 * 60 * 60)}
		if s.Exempt {
			owner = append(owner, 1)
		}
		owners = append(owners, owner)
	}
	owners = append(owners, abbreviated(g.Allow, ""))
	for _, s := range g.Known {
		owners = append(owners, s.text())
	}
	return json.Marshal(struct {
		Owners    []any               `json:"owners"`
		Elements  string              `json:"elements"`
		Relations string              `json:"relations"`
		Module    string              `json:"module"`
		JSON      string              `json:"json"`
		Pass      bool                `json:"pass,omitempty"`
		Strict    bool                `json:"strict,omitempty"`
		GPC       bool                `json:"gpc,omitempty"`
		Google    map[string][]string `json:"google,omitempty"`
		Matomo    string              `json:"matomo,omitempty"`
		Hashes    map[string]string   `json:"hashes,omitempty"`
	}{owners, loading(), relations(), markup.ModuleImport, markup.JSONString, g.Pass, g.Strict, g.GPC, g.Google, g.Matomo, g.Hashes})
}

// text is the id, the hosts, the paths and the names for which there are stand-ins, none of which can be mistaken for
// another: paths begin with "/", and what has a meaning for the script becomes a star in them.
func (s guardOwner) text() string {
	paths := strings.NewReplacer("$", "*", "(", "*", ")", "*", "[", "*", "]", "*").Replace(abbreviated(s.Paths, ""))
	return strings.Join(append([]string{s.ID + abbreviated(paired(s.Hosts), s.ID) + paths}, s.Globals...), " ")
}

// paired are patterns of hosts, with "+" before one that is listed with all names below it.
func paired(hosts []policy.Pattern) []policy.Pattern {
	var all []policy.Pattern
	for _, host := range hosts {
		name, isBelow := strings.CutPrefix(string(host), "*.")
		switch {
		case isBelow && slices.Contains(hosts, policy.Pattern(name)):
		case slices.Contains(hosts, "*."+host):
			all = append(all, "+"+host)
		default:
			all = append(all, host)
		}
	}
	return all
}

// abbreviated are patterns, with a space before each; "$" stands for the id.
func abbreviated(patterns []policy.Pattern, id string) string {
	var all string
	for _, pattern := range patterns {
		if id != "" {
			pattern = policy.Pattern(strings.ReplaceAll(string(pattern), id, "$"))
		}
		all += " " + string(pattern)
	}
	return all
}

// script is the guard with what it needs to know.
func (g Guard) script(p *policy.Policy, hashes map[string]string) ([]byte, error) {
	name := "guard"
	if g.Requests {
		name += "-standins"
	}
	if g.Google || g.Matomo {
		name += "-signals"
	}
	known := g.policy(p)
	known.Hashes = hashes
	script, err := told(name+".js", "POLICY", known)
	if storage := storageKeys(p); err == nil && storage != nil {
		script, err = withStorage(script, storage)
	}
	if err != nil || g.Tells == "" {
		return script, err
	}
	teller, err := told("inventory.js", "PATH", g.Tells)
	return slices.Concat(teller, []byte(";\n"), script), err
}

// storageKeys are the services that keep something in the browser's storage, each as its id and its keys.
func storageKeys(p *policy.Policy) (keys [][]policy.Pattern) {
	for _, s := range p.Services {
		if len(s.Storage) > 0 {
			keys = append(keys, append([]policy.Pattern{policy.Pattern(s.ID)}, s.Storage...))
		}
	}
	return keys
}

// withStorage gives a guard the part that is about storage, as a function among what it knows of the policy.
func withStorage(guard []byte, keys [][]policy.Pattern) ([]byte, error) {
	part, err := told("storage.js", "KEYS", keys)
	if err != nil {
		return nil, err
	}
	at := bytes.LastIndexByte(guard, '}') // where the policy ends
	return slices.Concat(guard[:at], []byte(`,"storage":`), bytes.TrimRight(part, ";\n"), guard[at:]), nil
}

// keptGuard is the guard of a document that a service worker keeps, behind what tells it of the choice.
func (o Options) keptGuard(hashes map[string]string) ([]byte, error) {
	kept, err := told("kept.js", "KEPT", struct {
		Policy   string   `json:"policy"`
		Services []string `json:"services"`
		Remember int64    `json:"remember"`
	}{o.Policy.Version, choice.Services(o.Policy, o.Policy.All), o.Remember.Milliseconds()})
	if err != nil {
		return nil, err
	}
	o.Guard.Strict = false // the same document would come again
	guard, err := o.Guard.script(o.Policy, hashes)
	return append(append(kept, ";\n"...), guard...), err
}

// worker is what a worker of the page begins with.
func (g Guard) worker(p *policy.Policy) ([]byte, error) {
	return told("worker.js", "POLICY", g.policy(p))
}

// told is a script of ours with data in place of the last identifier of that name.
func told(name, identifier string, data any) ([]byte, error) {
	script, err := embedded.ReadFile("minified/" + name)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(data)
	if err != nil {
		return nil, err
	}
	at := bytes.LastIndex(script, []byte(identifier))
	if at < 0 {
		return nil, fmt.Errorf("%s lacks %s", name, identifier)
	}
	return slices.Concat(script[:at], text, script[at+len(identifier):]), nil
}

// Guard returns the tag of the guard, for a visitor whose choice, if there is one, grants these
// services.
func (r *Renderer) Guard(p Place, granted policy.Set, chosen bool) string {
	on := strconv.FormatUint(uint64(granted), 16)
	if !chosen {
		on = "?" + on
	}
	return r.guardTag(p, on, "guard.js")
}

func (r *Renderer) guardTag(p Place, on, file string) string {
	return `<script data-caddy-consent="` + on + `" src="` + p.Origin + r.assets.folder + file + `"` + r.trust(p, file) + `></script>`
}

// KeptGuard returns the tag of the guard in a document that a service worker keeps.
func (r *Renderer) KeptGuard(p Place) string {
	return r.guardTag(p, "?0", "kept.js")
}

// trust returns the attributes, with a space before each. Cloudflare's Rocket Loader, which puts scripts off,
// leaves out what has the first.
func (r *Renderer) trust(p Place, file string) string {
	attributes := ` data-cfasync="false"`
	if p.Script.Nonce != "" {
		attributes += ` nonce="` + asciiOnly(template.HTMLEscapeString(p.Script.Nonce)) + `"`
	}
	if p.Script.Integrity || p.Hashed {
		attributes += ` integrity="` + r.assets.files[file].Hash + `"`
	}
	if p.Hashed {
		attributes += ` crossorigin=""`
	}
	return attributes
}
