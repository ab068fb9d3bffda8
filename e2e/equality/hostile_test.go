package equality

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// hostilePage loads hostile.js after what a page may do to the language and to the DOM, once it runs.
func hostilePage(first string) string {
	return harness.Document("<script>"+first+"</script><script src=\"/testdata/hostile.js\"></script>", "")
}

// spoiled are things that pages do, by oversight or to harden themselves. What the guard needs of strings and
// regular expressions, a page needs too: their methods stay.
var spoiled = map[string]string{
	"nothing": ``,
	"prototypes frozen": `for (const name of Object.getOwnPropertyNames(window)) { let f; ` +
		`try { f = window[name] } catch (e) {} if (typeof f === 'function' && f.prototype && name !== 'Error') { try { ` +
		`Object.freeze(f.prototype) } catch (e) {} } }`,
	"elements frozen": `for (const f of [Node, Element, HTMLElement, HTMLImageElement, HTMLScriptElement, HTMLIFrameElement, HTMLFormElement, ` +
		`Document]) { Object.freeze(f); Object.freeze(f.prototype) }`,
	"Object polluted": `Object.prototype.get = () => 'get'; Object.prototype.value = 1; Object.prototype.set = () => {}; ` +
		`Object.prototype.writable = true; Object.prototype.apply = 'x'; Object.prototype.src = '//stats.test/'; ` +
		`Object.prototype['//stats.test'] = 'ga'; Object.prototype.id = 'ga'; Object.prototype.length = 3`,
	"Object enumerable": `Object.prototype.everywhere = function () {}; Array.prototype.everywhere = function () {}; String.prototype.everywhere = 1`,
	"globals deleted": `for (const name of ['Reflect', 'Proxy', 'Map', 'Set', 'WeakMap', 'WeakSet', 'URL', 'DOMParser', 'queueMicrotask', ` +
		`'console']) if (name !== 'console') delete window[name]`,
	"globals replaced": `window.URL = function () { throw new Error('page') }; window.Reflect = {}; window.Proxy = 1; ` +
		`window.Map = window.WeakMap = window.Set = window.WeakSet = function () { throw new Error('page') }; window.DOMParser = null`,
	"currentScript": `delete Document.prototype.currentScript; Object.defineProperty(document, 'currentScript', { value: 1 })`,
	"methods of arrays": `for (const name of Object.getOwnPropertyNames(Array.prototype)) if (typeof Array.prototype[name] === 'function' && ` +
		`name !== 'constructor') Array.prototype['old' + name] = Array.prototype[name]; for (const name of ['map', 'filter', 'find', 'some', 'every', ` +
		`'includes', 'indexOf', 'concat', 'push', 'flatMap', 'slice', 'join', 'forEach']) Array.prototype[name] = function () { ` +
		`return this['old' + name].apply(this, arguments) }`,
	"call replaced": `const call = Function.prototype.call, apply = Function.prototype.apply; ` +
		`Function.prototype.call = function () { throw new Error('page') }; Function.prototype.apply = function () { throw new Error('page') }; ` +
		`Function.prototype.call = call; Function.prototype.apply = apply`,
	"iterators replaced": `Array.prototype[Symbol.iterator] = (old => function () { return old.call(this) })(Array.prototype[Symbol.iterator])`,
	"getters of elements": `for (const name of ['localName', 'attributes', 'isConnected', 'ownerDocument', ` +
		`'parentNode']) for (const o of [Node.prototype, Element.prototype]) { const d = Object.getOwnPropertyDescriptor(o, name); ` +
		`if (d) Object.defineProperty(o, name, { ...d, get() { return d.get.call(this) } }) }`,
}

func TestHostileInput(t *testing.T) {
	pages := map[string]string{"/empty": harness.Document("", "")}
	for name, first := range spoiled {
		if strings.HasPrefix(name, "globals") { // WebKit's driver needs them when it first asks a page something
			first = "function spoil() {" + first + "} if (!/^Apple/.test(navigator.vendor)) spoil()"
		}
		pages["/"+strings.ReplaceAll(name, " ", "-")] = hostilePage(`window.errors = []; addEventListener('error', e => errors.push(e.message)); ` +
			`addEventListener('unhandledrejection', e => errors.push(String(e.reason)));` + first)
	}
	p := serve(t, pages)
	inEach(t, p, "/empty", func(t *testing.T, tabs tabs) {
		names := slices.Sorted(maps.Keys(spoiled))
		names = append([]string{"nothing"}, slices.DeleteFunc(names, func(name string) bool { return name == "nothing" })...)
		if !all && tabs.plain.Engine.Name != "chromium" {
			names = []string{"nothing", "Object polluted", "globals deleted", "prototypes frozen"}
			t.Logf("CONSENT_EQUALITY=all tries the other %d ways to spoil a page too", len(spoiled)-len(names))
		}
		told := make(map[string]bool) // what differs in the same way whatever is spoiled
		for _, name := range names {
			path := "/" + strings.ReplaceAll(name, " ", "-")
			tabs.plain.Open(p.plain + path)
			tabs.guarded.Open(p.guarded + path)
			if tabs.plain.Engine.Name == "webkit" && strings.HasPrefix(name, "globals") {
				harness.Ask[bool](tabs.plain, `spoil() || true`)
				harness.Ask[bool](tabs.guarded, `spoil() || true`)
			}
			for _, kind := range []string{"lies", "forms"} {
				tell := func(tab *harness.Tab) map[string]string {
					told := make(map[string]string)
					if err := json.Unmarshal([]byte(harness.Ask[string](tab, fmt.Sprintf("bad.run(%q)", kind))), &told); err != nil {
						t.Fatal(err)
					}
					told["errors"] = harness.Ask[string](tab, `String(errors)`)
					return told
				}
				without, with := tell(tabs.plain), tell(tabs.guarded)
				for _, told := range []map[string]string{without, with} {
					for what, text := range told { // who has asked for the text of an object, and, in Firefox, what its code calls it
						text = regexp.MustCompile(`can't convert \S+ to `).ReplaceAllString(text, "can't convert it to ")
						told[what] = regexp.MustCompile(`Failed to (?:set|execute|construct) .*?: `).ReplaceAllString(text, "")
					}
				}
				if len(without) < 100 {
					t.Fatalf("only %d are tried", len(without))
				}
				shown := 0
				for _, what := range slices.Sorted(maps.Keys(without)) {
					if without[what] == with[what] || told[what+with[what]] {
						continue
					}
					told[what+with[what]] = true
					if shown++; shown <= 4 {
						t.Errorf("%s, %s:%s", name, what, difference(without[what], with[what]))
					}
				}
				if shown > 4 {
					t.Errorf("%s, %s: %d in all", name, kind, shown)
				}
			}
		}
	})
}

// No text may make the guard's time grow faster than its length: what is quadratic takes minutes for a megabyte. Each
// user of a text is tried with each unit, up to 64 KB, or to a megabyte where CONSENT_EQUALITY=all.
func TestLongStringTime(t *testing.T) {
	most := 1 << 16
	if all {
		most = 1 << 20
	}
	p := serve(t, map[string]string{"/long": hostilePage(""), "/empty": harness.Document("", "")})
	inEach(t, p, "/long", func(t *testing.T, tabs tabs) {
		if tabs.refused {
			return // it takes the same ways
		}
		if !all && tabs.plain.Engine.Name != "chromium" {
			t.Skip("CONSENT_EQUALITY=all measures the time of long strings in this engine")
		}
		type time struct {
			Unit string
			Size int
			Time float64
		}
		for _, user := range harness.Ask[[]string](tabs.plain, `bad.users`) {
			if !all && user != "text that looks held, read" { // which the guard's own pattern takes apart
				t.Logf("CONSENT_EQUALITY=all measures %s", user)
				continue
			}
			ask := func(tab *harness.Tab) (all []time) {
				if err := json.Unmarshal([]byte(harness.Ask[string](tab, fmt.Sprintf("bad.times(%q, %d)", user, most))), &all); err != nil {
					t.Fatal(err)
				}
				return all
			}
			native, guarded := ask(tabs.plain), ask(tabs.guarded)
			for i, with := range guarded {
				without := native[i]
				for with.Size < without.Size { // the native went further: what it would have taken up to there
					without.Size /= 4
					without.Time /= 4
				}
				if limit := 4*without.Time + 200 + float64(with.Size)/2000; with.Time > limit {
					t.Errorf("%s of %q: %.0f ms for %d KB, natively %.0f ms", user, with.Unit, with.Time, with.Size>>10, without.Time)
				}
			}
		}
	})
}
