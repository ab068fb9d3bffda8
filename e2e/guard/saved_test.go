package guard

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// Pages save what they read of themselves: an editor's content, a form's draft, a view for the next visit.
// What is held must not show in that, or it is lost for good.

// savedPages are the pages of a portal with elements that load from YouTube and Flickr, in the page's own markup,
// and in its scripts; see testdata/saved/readers.js.
func savedPages(t *testing.T) map[string]string {
	t.Helper()
	read := func(name string) string {
		content, err := os.ReadFile("testdata/saved/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(string(content))
	}
	subjects := read("subjects.html")
	literal, err := json.Marshal(subjects)
	if err != nil {
		t.Fatal(err)
	}
	parsed := strings.Repeat(`<div class="parsed">`+subjects+`</div>`, 3) // one for each group of readers
	return map[string]string{
		"/":            harness.Document(`<script src="/subjects.js"></script><script src="/readers.js"></script>`, parsed+`<script>write()</script>`),
		"/subjects.js": "const subjects = " + string(literal),
		"/readers.js":  read("readers.js"),
		"/own.gif":     "",
	}
}

// embedHosts are those of what the tests of saving declare.
const embedHosts = "service youtube\nservice flickr\n"

// heldStates are those in which embeds are held, or were.
var heldStates = []struct {
	name   string
	before string // the answer before the page
	held   []string
}{
	{name: "before the choice", held: []string{"youtube", "flickr"}},
	{name: "refused", before: "Tout refuser", held: []string{"youtube", "flickr"}},
	{name: "accepted", before: "Tout accepter"},
}

// showing are the readings in which what is held still shows, and why: docs/enforcement.md names them.
var showing = map[string]string{
	"MutationObserver":                        "it tells of the attributes that are really changed",
	"a shadow root, cloned":                   "what is cloned is not read as a shadow root",
	"another held address, by Attr":           "an attribute node that was given out is not that of the element",
	"another held address, set":               "what is changed goes behind the other attributes",
	"an own address, set, then a held one":    "what is changed goes behind the other attributes",
	"attributes, by the functions of Element": "those stay native",
	"dataset":             "it stays native",
	"isEqualNode":         "it stays native",
	"properties":          "an animated address, and what a button inherits from its page",
	"removeAttribute":     "what is changed goes behind the other attributes",
	"removeAttributeNode": "what is changed goes behind the other attributes",
	"removeNamedItem":     "what is changed goes behind the other attributes",
	"toggleAttribute":     "what is changed goes behind the other attributes",
}

func TestHeldElementAttributes(t *testing.T) {
	world, site, plain := guarded(t, embedHosts, savedPages(t))
	plain.Open(site.Portal.URL)
	harness.Eval[bool](plain, `make() === undefined`)
	want := harness.Eval[map[string][]string](plain, `read()`)
	for name, lines := range want {
		if strings.HasPrefix(lines[0], "throws") {
			t.Errorf("%s, without the module: %s", name, lines[0])
		}
	}
	if settle(plain); !slices.Contains(world.Hosts(), "www.youtube.com") || !slices.Contains(world.Hosts(), "live.staticflickr.com") {
		t.Fatalf("without the module, only %q are asked", world.Hosts())
	}
	for _, state := range heldStates {
		t.Run(state.name, func(t *testing.T) {
			if state.before != "" {
				harness.LeaveToCI(t)
			}
			p := harness.Browser(t, world.Settings).Visit(t, harness.Visitor{})
			p.Open(site.URL)
			if state.before != "" {
				p.Answer(state.before)
				p.Reload()
			}
			world.Forget()
			p.Await(harness.Settled)
			harness.Eval[bool](p, `make() === undefined`)
			sameReadings(t, harness.Eval[map[string][]string](p, `read()`), want)
			settle(p)
			for _, id := range state.held {
				if asked := hostsOf(world, id); len(asked) > 0 {
					t.Errorf("%s is held, but asked are %q", id, asked)
				}
			}
		})
	}
}

// hostsOf are the hosts of YouTube or Flickr that were asked.
func hostsOf(world *harness.World, id string) []string {
	parts := map[string][]string{"youtube": {"youtube.com", "ytimg.com", "googlevideo.com"}, "flickr": {"staticflickr.com"}}[id]
	return slices.DeleteFunc(world.Hosts(), func(host string) bool {
		return !slices.ContainsFunc(parts, func(part string) bool { return strings.HasSuffix(host, part) })
	})
}

// sameReadings reports the ways back by which readings differ, with the first differences of each, each once.
func sameReadings(t *testing.T, got, want map[string][]string) {
	t.Helper()
	ways, differences, total := make(map[string][]string), make(map[string][]string), 0
	for _, name := range slices.Sorted(maps.Keys(want)) {
		in, back, _ := strings.Cut(name, " → ")
		if slices.Equal(got[name], want[name]) || showing[back] != "" {
			continue
		}
		total++
		ways[back] = append(ways[back], in)
		for i := range max(len(got[name]), len(want[name])) {
			if g, w := line(got[name], i), line(want[name], i); g != w {
				if d := difference(g, w); !slices.Contains(differences[back], d) {
					differences[back] = append(differences[back], d)
				}
			}
		}
	}
	for _, back := range slices.Sorted(maps.Keys(ways)) {
		t.Errorf("%s differs for %d ways in (%s …), in %d manners: %s", back, len(ways[back]), ways[back][0], len(differences[back]),
			strings.Join(differences[back][:min(3, len(differences[back]))], "; "))
	}
	if total > 0 {
		t.Errorf("%d of %d readings differ", total, len(want))
	}
}

func line(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "(no line)"
}

// difference is where two texts part, and for how long.
func difference(got, want string) string {
	start := 0
	for start < min(len(got), len(want)) && got[start] == want[start] {
		start++
	}
	end := 0
	for end < min(len(got), len(want))-start && got[len(got)-1-end] == want[len(want)-1-end] {
		end++
	}
	cut := func(s string) string {
		s = s[:len(s)-end]
		return fmt.Sprintf("…%.90q", s[max(0, start-25):])
	}
	return cut(got) + ", want " + cut(want)
}
