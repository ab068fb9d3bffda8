package equality

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
	"github.com/caddy-consent/caddy-consent/internal/policy"
)

// documented are the members of the window that pages are told of.
var documented = map[string]bool{"window.consent": true}

// Scripts look whether a function is native, and libraries keep, compare and wrap what they find. All that is replaced must
// be told by nothing from what it replaces: name, length, text, flags, errors.
//
// Prototypes of elements that load may have members that only those above have natively, as long as these are the same
// to look at: what other elements use stays native so, and fast.
func TestNativeFunctions(t *testing.T) {
	type described struct{ Told, Extra map[string]string }
	p := serve(t, map[string]string{"/functions": harness.Document("", ""), "/empty": harness.Document("", "")})
	script := file(t, "functions.js")
	inEach(t, p, "/functions", func(t *testing.T, tabs tabs) {
		describe := func(tab *harness.Tab) (d described) {
			if err := json.Unmarshal([]byte(harness.Ask[string](tab, "(() => {"+script+"; return JSON.stringify(functions) })()")), &d); err != nil {
				t.Fatal(err)
			}
			return d
		}
		native, got := describe(tabs.plain), describe(tabs.guarded)
		if len(native.Told) < 10000 {
			t.Errorf("only %d things are looked at", len(native.Told))
		}
		// Those that differ in the same way are told of once.
		examples, like := []string{}, make(map[string][]string)
		differs := func(name, plain, guarded string) {
			about, _, _ := strings.Cut(name, " ")
			own := about[strings.LastIndexByte(about, '.')+1:]
			kind := difference(strings.ReplaceAll(plain, own, "…"), strings.ReplaceAll(guarded, own, "…"))
			if like[kind] == nil {
				examples = append(examples, kind)
			}
			like[kind] = append(like[kind], name)
		}
		for _, name := range slices.Sorted(maps.Keys(native.Told)) {
			if !tabs.same(t, name, native.Told[name], got.Told[name]) {
				differs(name, native.Told[name], got.Told[name])
			}
		}
		for _, name := range slices.Sorted(maps.Keys(got.Told)) {
			if _, known := native.Told[name]; known || documented[name] {
				continue
			}
			member, rest, _ := strings.Cut(name, " ")
			if standsIn(member) {
				continue
			}
			above := got.Extra[member]
			if above == "" {
				differs(name, "nothing", got.Told[name])
			} else if as, there := native.Told[strings.TrimSpace(above+" "+rest)]; there && !strings.Contains(rest, " on ") && as != got.Told[name] {
				differs(name+", which "+above+" is natively", as, got.Told[name])
			}
		}
		for i, kind := range examples {
			if i == 25 {
				t.Errorf("and %d kinds more", len(examples)-i)
				break
			}
			names := like[kind]
			t.Errorf("%s (%d such):%s", strings.Join(names[:min(3, len(names))], ", "), len(names), kind)
		}
	})
}

// standsIn tells whether that is a name for which the guard has a stand-in: docs/enforcement.md says that it is a
// property of the window, of no value where its service is not on the page.
func standsIn(member string) bool {
	p, err := policy.New(policy.Declaration{}) // the whole catalogue's
	if err != nil {
		return false
	}
	for _, s := range p.Owners() {
		for _, name := range s.Globals {
			root, _, _ := strings.Cut(strings.TrimLeft(name, "~"), ".")
			if member == "window."+strings.TrimRight(strings.SplitN(root, "@", 2)[0], "()[]") {
				return true
			}
		}
	}
	return false
}
