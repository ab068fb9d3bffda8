package markup

import (
	"io"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// loading are the attributes from which the elements of HTML load, and those of SVG.
var loading = map[string]map[string][]string{
	"": {
		"img": {"src", "srcset"}, "script": {"src"}, "iframe": {"src", "srcdoc"}, "frame": {"src"}, "input": {"formaction"}, "button": {"formaction"},
		"form": {"action"}, "embed": {"src"}, "object": {"data"}, "video": {"src", "poster"},
		"audio": {"src"}, "source": {"src", "srcset"}, "track": {"src"},
		"body": {"background"}, "link": {"href"}, "table": {"background"}, "thead": {"background"}, "tbody": {"background"}, "tfoot": {"background"},
		"tr": {"background"}, "th": {"background"}, "td": {"background"}, "a": {"ping"}, "area": {"ping"},
	},
	"svg": {"image": {"href"}, "use": {"href"}, "feImage": {"href"}, "script": {"href"}, "set": {"to"}, "animate": {"values"}},
}

// deniedIn returns an attribute of the tree from which something would load that is denied.
func deniedIn(page string, depth int) string {
	root, err := html.Parse(strings.NewReader(page))
	if err != nil || depth > maxNested {
		return ""
	}
	for n := range root.Descendants() {
		if n.Type == html.TextNode && n.Parent.Data == "noscript" && n.Parent.Namespace == "" {
			if found := deniedIn(n.Data, depth+1); found != "" {
				return found
			}
		}
		if n.Type == html.TextNode && n.Parent.Data == "style" && n.Parent.Namespace == "" && valueOf(n.Parent, "type") == "" &&
			strings.HasPrefix(n.Data, "a{b:url(//d.test)") {
			return n.Data
		}
		if n.Type != html.ElementNode || n.Data == "script" && valueOf(n, "data-c-service") != "" && waits(n) ||
			n.Data == "link" && valueOf(n, "rel") != "stylesheet" ||
			(n.Data == "set" || n.Data == "animate") && valueOf(n, "attributeName") != "href" {
			continue
		}
		for i, a := range n.Attr {
			if a.Key == "style" && n.Data != "script" && n.Data != "style" && len(n.Data) < maxName && strings.HasPrefix(a.Val, "b:url(//d.test)") &&
				!slices.ContainsFunc(n.Attr[:i], func(b html.Attribute) bool { return b.Key == a.Key }) {
				return n.Data + " style=" + a.Val
			}
			if !slices.Contains(loading[n.Namespace][n.Data], a.Key) {
				continue
			}
			urls := []string{a.Val}
			switch {
			case a.Key == "srcdoc":
				if found := deniedIn(a.Val, depth+1); found != "" {
					return found
				}
				continue
			case a.Key == "ping" || a.Key == "values":
				urls = strings.FieldsFunc(a.Val, func(c rune) bool { return c == ';' || a.Key == "ping" && strings.ContainsRune(whitespace, c) })
			case a.Key == "srcset":
				urls = strings.Fields(a.Val)[:min(1, len(strings.Fields(a.Val)))]
			}
			for _, u := range urls {
				if isDenied(u) {
					return n.Data + " " + a.Key + "=" + a.Val
				}
			}
		}
	}
	return ""
}

func valueOf(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// waits tells that a script is none for the browser.
func waits(n *html.Node) bool {
	kind := valueOf(n, "type")
	return kind != "" && kind != "text/javascript" && kind != "module" || kind == "" && valueOf(n, "language") != ""
}

// isDenied is what net/url can tell.
func isDenied(value string) bool {
	u, err := url.Parse(strings.Trim(value, " \t\n\f\r"))
	if err != nil || u.Scheme != "" && u.Scheme != "http" && u.Scheme != "https" {
		return false
	}
	for _, c := range u.Hostname() {
		if c != '.' && c != '-' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return strings.ContainsAny(u.Hostname(), "dD")
}

// isDoubtful tells pages in which an end tag stands in foreign content that closes nothing there:
// it is then taken to close an element around it, which is not known (foreign).
func isDoubtful(page string) bool {
	r := Rewriter{Out: io.Discard, Scanner: Scanner{Rules: hazards()}}
	for i := range len(page) {
		outermost := uint64(0)
		if len(r.Scanner.open) > 0 {
			outermost = r.Scanner.open[0].packed
		}
		_, _ = r.Write([]byte{page[i]})
		if outermost == 0 || len(r.Scanner.open) > 0 {
			continue
		}
		tag := []byte(page[strings.LastIndexByte(page[:i], '<')+1 : i])
		if len(tag) == 0 || tag[0] != '/' {
			continue
		}
		name := tag[1 : 1+until(tag[1:], endsName)]
		if packed := pack(name); packed != outermost && elementNamed(packed, name) != elementP && packed != pack("br") {
			return true
		}
	}
	return false
}

// FuzzWithheld: nothing that loads from a denied host is left in the tree.
func FuzzWithheld(f *testing.F) {
	for _, seed := range fuzzSeeds {
		f.Add(seed, []byte{8})
	}
	f.Fuzz(func(t *testing.T, page string, recipe []byte) {
		page = assembled(page, recipe)
		if deviates(page) || isDoubtful(page) {
			return
		}
		rules := hazards()
		out, passed := scanned(t, Scanner{Rules: rules}, page, len(page)+1)
		if passed != (Passed{}) {
			return
		}
		if found := deniedIn(out, 0); found != "" {
			t.Fatalf("%q became %q with %q", page, out, found)
		}
	})
}
